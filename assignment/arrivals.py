"""Reps who join during a test: a variant by a rule that was recorded at launch.

The rule is drawn again like the split itself, so that joiners count in one and the same test.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from itertools import permutations
from math import lcm, perm, prod

import numpy as np
from numpy.typing import NDArray

from assignment.design import Design, Labels, check_listable
from assignment.variant import check_weights

# More slots than this in a block would let a variant run ahead of the others for long.
MOST_SLOTS = 40


class JoinRule(StrEnum):
    """How somebody who joins gets a variant."""

    BLOCKS = "blocks"  # in order of arrival, a block of shuffled variants at a time
    COIN = "coin"  # each by a draw of its own


@dataclass(frozen=True, slots=True)
class SlotBlock:
    """Units who each take another slot of a shuffled block; some slots may stay empty.

    Listed by slots every way is equally likely, also where variants have different weights.
    """

    units: tuple[str, ...]
    slots: tuple[int, ...]  # the variant's index of each

    def __post_init__(self) -> None:
        if len(self.units) > len(self.slots):
            raise ValueError(f"{len(self.units)} units do not fit into {len(self.slots)} slots")

    @property
    def draw_count(self) -> int:
        """Slots taken in order without putting back."""
        return perm(len(self.slots), len(self.units))

    def redraw(self, rng: np.random.Generator, draws: int) -> Labels:
        """Independent ways to take slots, shape (draws, G)."""
        count = len(self.slots)
        # Only the raw stream of PCG64 stays the same in every release of NumPy.
        keys = rng.bit_generator.random_raw(draws * count).reshape(draws, count)
        order = np.argsort(keys, axis=1, kind="stable")[:, : len(self.units)]
        return np.array(self.slots, dtype=np.int8)[order]

    def every_draw(self) -> Labels:
        """Every way to take slots, shape (draw_count, G)."""
        ways = list(permutations(self.slots, len(self.units)))
        return np.array(ways, dtype=np.int8).reshape(len(ways), len(self.units))

    def among(
        self, free: NDArray[np.bool_], labels: Labels, allowed: NDArray[np.int8]
    ) -> SlotBlock:
        """The free units, in the slots of the allowed variants that the others leave."""
        left = list(self.slots)
        for taken in labels[~free].tolist():
            left.remove(taken)
        units = tuple(unit for unit, keep in zip(self.units, free, strict=True) if keep)
        return SlotBlock(units, tuple(slot for slot in left if slot in allowed))


@dataclass(frozen=True, slots=True)
class Joined:
    """A split at launch, and those who joined since.

    The columns of a draw are those of the launch, then the joiners in order of arrival.
    """

    launch: Design
    arrivals: tuple[SlotBlock, ...]

    @property
    def units(self) -> tuple[str, ...]:
        """The units in the order of a draw's columns, G of them."""
        return (*self.launch.units, *(unit for block in self.arrivals for unit in block.units))

    @property
    def draw_count(self) -> int:
        """The product of the launch's ways and those of the arrivals."""
        return self.launch.draw_count * prod(block.draw_count for block in self.arrivals)

    def draw(self, rng: np.random.Generator) -> Labels:
        """One split, shape (G,)."""
        return self.redraw(rng, 1).reshape(-1)

    def redraw(self, rng: np.random.Generator, draws: int) -> Labels:
        """Independent splits, shape (draws, G)."""
        later = [block.redraw(rng, draws) for block in self.arrivals]
        return np.hstack([self.launch.redraw(rng, draws), *later])

    def every_draw(self) -> Labels:
        """Every split, each as often as it is likely, shape (draw_count, G).

        Raises:
            ValueError: if there are over `LISTABLE`.
        """
        check_listable(self.draw_count)
        listed = self.launch.every_draw()
        for block in self.arrivals:
            ways = block.every_draw()
            rows = np.repeat(listed, len(ways), axis=0)
            listed = np.hstack([rows, np.tile(ways, (len(listed), 1))])
        return listed

    def among(self, free: NDArray[np.bool_], labels: Labels) -> Joined:
        """The free units, given that the others keep their variant in `labels`.

        Among two variants a joiner may get either, though no other joiner was in one of them.
        """
        allowed = np.unique(labels[free])
        start = len(self.launch.units)
        launch = self.launch.among(free[:start], labels[:start])
        arrivals = []
        for block in self.arrivals:
            part = slice(start, start + len(block.units))
            arrivals.append(block.among(free[part], labels[part], allowed))
            start = part.stop
        return Joined(launch, tuple(arrivals))


def joined(
    launch: Design, joiners: Sequence[str], weights: Sequence[float], rule: JoinRule
) -> Joined:
    """A launched design and those who joined, in order of arrival.

    Args:
        weights: One per variant, in the plan's order.
    Raises:
        ValueError: for somebody who was split already, or by `slots_of`.
    """
    known = set(launch.units) & set(joiners)
    if known or len(set(joiners)) < len(joiners):
        raise ValueError("a joiner joins once, and was not split at launch")
    slots = slots_of(weights)
    size = len(slots) if rule is JoinRule.BLOCKS else 1
    parts = [tuple(joiners[start : start + size]) for start in range(0, len(joiners), size)]
    return Joined(launch, tuple(SlotBlock(part, slots) for part in parts))


def joiner_label(
    arrival: int, weights: Sequence[float], rule: JoinRule, rng: np.random.Generator
) -> int:
    """The variant of somebody who joins as the `arrival`-th, counted from 0.

    Args:
        rng: Of the plan's recorded seed for joiners, fresh each time: earlier arrivals are drawn
            again on the way, so that the same seed always gives the same.
    """
    slots = slots_of(weights)
    size = len(slots) if rule is JoinRule.BLOCKS else 1
    names = tuple(str(place) for place in range(size))
    for _ in range(arrival // size):
        SlotBlock(names, slots).redraw(rng, 1)
    return int(SlotBlock(names, slots).redraw(rng, 1)[0, arrival % size])


def slots_of(weights: Sequence[float]) -> tuple[int, ...]:
    """The smallest block in which each variant has its share of slots.

    Raises:
        ValueError: for weights that cannot split, or whose block has over `MOST_SLOTS`.
    """
    check_weights(weights)
    exact = [Fraction(str(float(weight))) for weight in weights]
    whole = lcm(*(weight.denominator for weight in exact))
    counts = [int(weight * whole) for weight in exact]
    smallest = int(np.gcd.reduce(counts))
    slots = tuple(at for at, count in enumerate(counts) for _ in range(count // smallest))
    if len(slots) > MOST_SLOTS:
        raise ValueError(f"these weights need blocks of {len(slots)}; {MOST_SLOTS} is the most")
    return slots
