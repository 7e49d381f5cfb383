"""Complete randomisation of a team, and its re-draws.

A design is what a plan records: who takes part and how many go to each variant. `draw` splits
the team once; `redraw` and `every_draw` give the other ways in which the same plan could have
fallen out. Column i of every draw belongs to `units[i]`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain, combinations
from math import comb, floor, prod
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from assignment.variant import check_weights

Labels = NDArray[np.int8]
"""The variant's index per unit, shape (G,), or per draw and unit, shape (B, G)."""

MOST_VARIANTS = int(np.iinfo(np.int8).max)

LISTABLE = 200_000
"""Up to so many ways to fall out, all are listed and the test is exact."""

SAMPLED = 20_000
"""How many re-draws stand for all when there are too many to list."""

# Keys made at a time: so few that they stay in a processor's cache, which draws twice as fast.
_KEYS_AT_ONCE = 2**16


class Design(Protocol):
    """A way of splitting units, as an analysis needs it: drawn once, then drawn again."""

    @property
    def units(self) -> tuple[str, ...]:
        """The units in the order of a draw's columns, G of them."""

    @property
    def draw_count(self) -> int:
        """In how many ways the split can fall out."""

    def draw(self, rng: np.random.Generator) -> Labels:
        """One split, shape (G,)."""

    def redraw(self, rng: np.random.Generator, draws: int) -> Labels:
        """Independent splits, shape (draws, G)."""

    def every_draw(self) -> Labels:
        """Every split once, shape (draw_count, G)."""

    def among(self, free: NDArray[np.bool_], labels: Labels) -> Design:
        """The design of the free units, given that the others keep their variant in `labels`."""


@dataclass(frozen=True, slots=True)
class Complete:
    """Complete randomisation: every split with these sizes is equally likely.

    A size may be 0 here, for a variant that the units at hand cannot fall into; `complete`,
    which makes a plan's own design, leaves no variant empty.
    """

    units: tuple[str, ...]
    sizes: tuple[int, ...]

    def __post_init__(self) -> None:
        if list(self.units) != sorted(set(self.units)):
            raise ValueError("a design's units are sorted, and each is named once")
        if min(self.sizes, default=-1) < 0 or sum(self.sizes) != len(self.units):
            raise ValueError(f"sizes {self.sizes} do not make up {len(self.units)} units")
        if len(self.sizes) > MOST_VARIANTS:
            raise ValueError(f"{len(self.sizes)} variants are over the limit of {MOST_VARIANTS}")

    @property
    def draw_count(self) -> int:
        """The multinomial coefficient, G! over the product of the sizes' factorials."""
        ends = np.cumsum(self.sizes).tolist()
        return prod(comb(end, size) for end, size in zip(ends, self.sizes, strict=True))

    def draw(self, rng: np.random.Generator) -> Labels:
        """One split, shape (G,)."""
        return self.redraw(rng, 1).reshape(-1)

    def redraw(self, rng: np.random.Generator, draws: int) -> Labels:
        """Independent splits, shape (draws, G)."""
        count = len(self.units)
        labels = np.zeros((draws, count), dtype=np.int8)
        rows = max(1, _KEYS_AT_ONCE // max(1, count))
        for start in range(0, draws, rows):
            part = labels[start : start + rows]
            _cut(part, _random_keys(rng, *part.shape), self.sizes)
        return labels

    def every_draw(self) -> Labels:
        """Every split once, shape (draw_count, G).

        Raises:
            ValueError: if there are over `LISTABLE`.
        """
        check_listable(self.draw_count)
        return _every_split(self.sizes)

    def among(self, free: NDArray[np.bool_], labels: Labels) -> Complete:
        """The free units with the sizes that they have in `labels`.

        Given where the others went, every split of the free units is still equally likely.
        """
        units = tuple(unit for unit, keep in zip(self.units, free, strict=True) if keep)
        sizes = np.bincount(labels[free], minlength=len(self.sizes))
        return Complete(units, tuple(sizes.tolist()))


@dataclass(frozen=True, slots=True, eq=False)
class Redraws:
    """What the same design could have given."""

    labels: Labels  # (B, G)
    exact: bool  # every way to fall out is listed, the one that happened among them


def complete(units: Sequence[str], weights: Sequence[float], rng: np.random.Generator) -> Complete:
    """Plan a complete randomisation: how many of these units go to each variant.

    Sizes follow the weights by largest remainder; equal remainders are settled by chance, so
    that an odd rep does not always go to the same variant.

    Args:
        units: Ids, in any order: the order changes nothing.
        weights: One per variant, in the plan's order; only their proportions count.
        rng: Of the plan's recorded seed; the draw that follows continues it.
    Raises:
        ValueError: for fewer than two units, a unit named twice, weights that cannot split, or
            a variant that would get nobody.
    """
    check_weights(weights)
    if len(units) < 2:
        raise ValueError(f"a split needs two units or more, not {len(units)}")
    repeated = sorted(unit for unit, times in Counter(units).items() if times > 1)
    if repeated:
        raise ValueError(f"a unit is named twice: {', '.join(repeated)}")
    sizes = largest_remainder(len(units), weights, rng)
    if 0 in sizes:
        raise ValueError(f"variant {sizes.index(0) + 1} would get none of {len(units)} units")
    return Complete(tuple(sorted(units)), sizes)


def largest_remainder(
    count: int, weights: Sequence[float], rng: np.random.Generator
) -> tuple[int, ...]:
    """Whole numbers in proportion to the weights, adding up to `count`; ties go by chance."""
    # As written, 0.1 is a tenth; its nearest binary fraction would break a tie.
    exact = [Fraction(str(float(weight))) for weight in weights]
    quotas = [count * weight / sum(exact) for weight in exact]
    sizes = [floor(quota) for quota in quotas]
    chance = rng.bit_generator.random_raw(len(quotas)).tolist()
    order = sorted(range(len(quotas)), key=lambda i: (sizes[i] - quotas[i], chance[i]))
    for index in order[: count - sum(sizes)]:
        sizes[index] += 1
    return tuple(sizes)


def redraws(
    design: Design, rng: np.random.Generator, *, listable: int = LISTABLE, sampled: int = SAMPLED
) -> Redraws:
    """All the ways in which a design falls out if they can be listed, else a sample of them."""
    if design.draw_count <= listable:
        return Redraws(design.every_draw(), exact=True)
    return Redraws(design.redraw(rng, sampled), exact=False)


def seeded(seed: int) -> np.random.Generator:
    """The generator that a recorded seed stands for, the same on every machine."""
    return np.random.Generator(np.random.PCG64(seed))


def check_listable(draw_count: int) -> None:
    """Refuse to list more splits than fit into the memory.

    Raises:
        ValueError: if there are over `LISTABLE`.
    """
    if draw_count > LISTABLE:
        raise ValueError(f"{draw_count} splits are too many to list; {LISTABLE} is the most")


def _random_keys(rng: np.random.Generator, draws: int, count: int) -> NDArray[np.uint64]:
    """Different random numbers within each row, shape (draws, count)."""
    # NumPy keeps PCG64's raw stream for ever, but not what Generator.permutation makes of it.
    raw = rng.bit_generator.random_raw(draws * count).reshape(draws, count)
    # The column in the lowest bits settles the rare tie.
    bits = np.uint64(count.bit_length())
    keys: NDArray[np.uint64] = (raw >> bits << bits) | np.arange(count, dtype=np.uint64)
    return keys


def _cut(labels: Labels, keys: NDArray[np.uint64], sizes: Sequence[int]) -> None:
    """Give the lowest keys of each row to the first variant, the next to the second, and so on."""
    cuts = np.cumsum(sizes)[:-1]
    cuts = cuts[cuts < keys.shape[1]]
    if cuts.size:
        edges = np.partition(keys, np.unique(cuts), axis=1)[:, cuts]
        for column in range(cuts.size):
            labels += keys >= edges[:, [column]]


def _every_split(sizes: Sequence[int]) -> Labels:
    """Every way to share out sum(sizes) places, in lexicographic order of the first variants."""
    count, first = sum(sizes), sizes[0]
    if len(sizes) == 1:
        return np.zeros((1, count), dtype=np.int8)
    later = _every_split(sizes[1:]) + np.int8(1)
    ways = comb(count, first)
    chosen = np.fromiter(chain.from_iterable(combinations(range(count), first)), dtype=np.intp)
    is_free = np.ones((ways, count), dtype=np.bool_)
    np.put_along_axis(is_free, chosen.reshape(ways, first), values=False, axis=1)
    free = np.nonzero(is_free)[1].reshape(ways, 1, count - first)
    splits = np.zeros((ways, len(later), count), dtype=np.int8)
    np.put_along_axis(splits, np.broadcast_to(free, (*splits.shape[:2], count - first)), later, 2)
    return splits.reshape(ways * len(later), count)
