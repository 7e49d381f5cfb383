"""The counts without the one deal that is worth most, to see how much rests on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from experiments.counting import RepCount


def without_largest(counts: Sequence[RepCount]) -> list[RepCount] | None:
    """The counts but for the won value of the largest deal; None where nothing was won.

    Of several that are worth the same one is left out, that of the first rep.
    """
    largest = max((row.value.largest for row in counts if row.value), default=0.0)
    if largest <= 0:
        return None
    left = list(counts)
    at = next(at for at, row in enumerate(left) if row.value and row.value.largest == largest)
    value = left[at].value
    assert value  # noqa: S101 - it holds the largest
    left[at] = replace(left[at], value=value.without_largest())
    return left
