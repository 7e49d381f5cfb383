"""Randomisation within strata: teams, regions or experience split separately."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise, product
from math import floor, prod

import numpy as np
from numpy.typing import NDArray

from assignment.design import Complete, Labels, check_listable, largest_remainder
from assignment.variant import check_weights


@dataclass(frozen=True, slots=True)
class Stratified:
    """Complete randomisation within each block, independently of the others.

    The columns of a draw are the first block's units, then the second's, and so on.
    """

    blocks: tuple[Complete, ...]

    def __post_init__(self) -> None:
        if not self.blocks or len({len(block.sizes) for block in self.blocks}) > 1:
            raise ValueError("a stratified design has blocks, all with the same variants")
        if len(set(self.units)) < len(self.units):
            raise ValueError("a unit stands in one block")

    @property
    def units(self) -> tuple[str, ...]:
        """The units in the order of a draw's columns, G of them."""
        return tuple(unit for block in self.blocks for unit in block.units)

    @property
    def draw_count(self) -> int:
        """The product of the blocks' own."""
        return prod(block.draw_count for block in self.blocks)

    def draw(self, rng: np.random.Generator) -> Labels:
        """One split, shape (G,)."""
        return self.redraw(rng, 1).reshape(-1)

    def redraw(self, rng: np.random.Generator, draws: int) -> Labels:
        """Independent splits, shape (draws, G)."""
        return np.hstack([block.redraw(rng, draws) for block in self.blocks])

    def every_draw(self) -> Labels:
        """Every split once, shape (draw_count, G).

        Raises:
            ValueError: if there are over `LISTABLE`.
        """
        check_listable(self.draw_count)
        listed = [block.every_draw() for block in self.blocks]
        rows = np.array(list(product(*(range(len(each)) for each in listed))), dtype=np.intp)
        return np.hstack([each[rows[:, place]] for place, each in enumerate(listed)])

    def among(self, free: NDArray[np.bool_], labels: Labels) -> Stratified:
        """The free units of each block, with the sizes that they have in `labels`."""
        ends = np.cumsum([0, *(len(block.units) for block in self.blocks)]).tolist()
        parts = [slice(start, end) for start, end in pairwise(ends)]
        return Stratified(
            tuple(
                block.among(free[part], labels[part])
                for block, part in zip(self.blocks, parts, strict=True)
            )
        )


def stratified(
    strata: Mapping[str, str], weights: Sequence[float], rng: np.random.Generator
) -> Stratified:
    """Plan a randomisation within strata.

    Args:
        strata: The stratum of each unit; neither the order of units nor that of strata counts.
        weights: One per variant, in the plan's order; only their proportions count.
        rng: Of the plan's recorded seed; the draw that follows continues it.
    Raises:
        ValueError: for fewer than two units, weights that cannot split, or a variant that would
            get nobody in any stratum.
    """
    check_weights(weights)
    if len(strata) < 2:
        raise ValueError(f"a split needs two units or more, not {len(strata)}")
    members: dict[str, list[str]] = {name: [] for name in sorted(set(strata.values()))}
    for unit in sorted(strata):
        members[strata[unit]].append(unit)
    sizes = _block_sizes([len(units) for units in members.values()], weights, rng)
    for variant, total in enumerate(np.sum(sizes, axis=0)):
        if not total:
            raise ValueError(f"variant {variant + 1} would get none of {len(strata)} units")
    return Stratified(
        tuple(
            Complete(tuple(units), own) for units, own in zip(members.values(), sizes, strict=True)
        )
    )


def _block_sizes(
    counts: Sequence[int], weights: Sequence[float], rng: np.random.Generator
) -> list[tuple[int, ...]]:
    """How many of each block go to each variant.

    Every block gives each variant the whole part of its share. The seats left over are dealt
    out over all blocks together, so that odd blocks do not pile up in one variant: all units
    together are shared out as if there were no blocks. Which block's odd seat goes where is
    chance; the draws then keep to these sizes.
    """
    # A stream of its own, so that plans without odd blocks draw what they always drew.
    chance = rng.bit_generator.random_raw(len(counts) * len(weights)).tolist()
    rng = np.random.Generator(np.random.PCG64(chance))
    exact = [Fraction(str(float(weight))) for weight in weights]
    whole = [[floor(count * weight / sum(exact)) for weight in exact] for count in counts]
    totals = largest_remainder(sum(counts), weights, rng)
    left = [total - sum(own) for total, own in zip(totals, zip(*whole, strict=True), strict=True)]
    seats = iter(_dealt(left, rng))
    # Blocks come in a random order, so that a name does not decide who gets which seat.
    for block in np.argsort(rng.bit_generator.random_raw(len(counts)), kind="stable").tolist():
        for _ in range(counts[block] - sum(whole[block])):
            whole[block][next(seats)] += 1
    return [tuple(own) for own in whole]


def _dealt(seats: Sequence[int], rng: np.random.Generator) -> list[int]:
    """So many seats of each variant, each variant's spread evenly over the whole row."""
    starts = (rng.bit_generator.random_raw(len(seats)) / 2**64).tolist()
    places = [
        ((seat + start) / count, variant)
        for variant, (count, start) in enumerate(zip(seats, starts, strict=True))
        for seat in range(count)
    ]
    return [variant for _, variant in sorted(places)]
