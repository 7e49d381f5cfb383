"""Randomisation within strata: teams, regions or experience split separately."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise, product
from math import floor, prod

import numpy as np
from numpy.typing import NDArray

from assignment.design import Complete, Labels, check_listable
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
    """How many of each block go to each variant; the draws then keep to these sizes.

    One variant after another gets its part of what the variants before left of each block,
    rounded down or up so that odd blocks do not pile up in one variant, and so that every unit's
    chance of a variant is the variant's share, however uneven the shares are.
    """
    # A stream of its own, so that plans without odd blocks draw what they always drew.
    chance = rng.bit_generator.random_raw(len(counts) * len(weights)).tolist()
    rng = np.random.Generator(np.random.PCG64(chance))
    # As written, 0.1 is a tenth; its nearest binary fraction would break a tie.
    exact = [Fraction(str(float(weight))) for weight in weights]
    left, sizes = list(counts), []
    for variant, weight in enumerate(exact[:-1]):
        part = weight / sum(exact[variant:])
        sizes.append(_rounded([count * part for count in left], rng))
        left = [count - own for count, own in zip(left, sizes[-1], strict=True)]
    return list(zip(*sizes, left, strict=True))


def _rounded(quotas: Sequence[Fraction], rng: np.random.Generator) -> list[int]:
    """Each quota rounded down or up, on average itself, and their sum likewise.

    Systematic rounding: the quotas lie end to end from a random start, and each gets the whole
    numbers that it holds. They come in a random order, so that no name decides who is odd.

    References:
        Madow (1949), Annals of Mathematical Statistics 20:333.
    """
    order = np.argsort(rng.bit_generator.random_raw(len(quotas)), kind="stable").tolist()
    end = Fraction(int(rng.bit_generator.random_raw()), 2**64)
    rounded = [0] * len(quotas)
    for at in order:
        begin, end = end, end + quotas[at]
        rounded[at] = floor(end) - floor(begin)
    return rounded
