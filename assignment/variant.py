"""From a place in [0, 1) and the variants' weights to a variant."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from fractions import Fraction
from itertools import accumulate

from assignment.bucket import bucket, edge_at, salted


def choose(place: float, weights: Sequence[float]) -> int:
    """The variant whose part of [0, 1) holds this place.

    The variants lie one after another, each as wide as its share. Raising the first one's
    weight therefore moves units into it and none out of it.

    Args:
        place: A unit's bucket, in [0, 1).
        weights: One per variant, in the plan's order; only their proportions count.
    Returns:
        The variant's index in `weights`.
    Raises:
        ValueError: if the place is outside [0, 1), or by `check_weights`.
    """
    check_weights(weights)
    if not 0 <= place < 1:
        raise ValueError(f"a place is in [0, 1), not {place!r}")
    # Fractions are exact: rounded sums could push a unit at an edge out of a growing variant.
    *edges, total = accumulate(map(Fraction, weights))
    mark = Fraction(place) * total
    return sum(mark >= edge for edge in edges)


def variant_of(salt: str, unit: str, weights: Sequence[float]) -> int:
    """The variant of a unit split by hash; `bucket` and `choose` in one."""
    return choose(bucket(salt, unit), weights)


def variants_of(salt: str, units: Iterable[str], weights: Sequence[float]) -> list[int]:
    """What `variant_of` gives each of many units, to the last one.

    A digest is never made a number: the variants' edges are written as the digests that they
    begin with, and digests are put in order as they are.

    Args:
        units: Ids in any order.
        weights: One per variant, in the plan's order; only their proportions count.
    Raises:
        ValueError: by `check_weights`.
    """
    check_weights(weights)
    *edges, total = accumulate(map(Fraction, weights))
    begins = [edge_at(edge / total) for edge in edges]
    begun, found = salted(salt).copy, []
    for unit in units:
        # A copy of what the salt alone gave: it is hashed once for all units.
        place = begun()
        place.update(unit.encode())
        found.append(bisect_right(begins, place.digest()))
    return found


def check_weights(weights: Sequence[float]) -> None:
    """Refuse weights that cannot split anything.

    Raises:
        ValueError: if there are fewer than two, or one is not a finite number above zero.
    """
    if len(weights) < 2:
        raise ValueError(f"a split needs two variants or more, not {len(weights)}")
    for index, weight in enumerate(weights):
        if not (math.isfinite(weight) and weight > 0):
            raise ValueError(f"weight {index + 1} must be a finite number above 0, not {weight!r}")
