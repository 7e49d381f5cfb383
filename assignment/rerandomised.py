"""Re-randomisation: draw until the variants were alike before the test, by a stated criterion."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assignment.design import LISTABLE, SAMPLED, Design, Labels
from assignment.paired import Floats, standardised

FEWEST_ACCEPTABLE = 1000
"""Fewer acceptable splits than this would leave the test too few to judge by."""

# Values whose part in the others' spread is under this share say nothing new.
_REDUNDANT = 1e-9
# Splits drawn before giving up on finding one that is accepted.
_MOST_TRIED = 1_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Rerandomised:
    """The splits of another design that leave the variants alike enough.

    Attributes:
        base: Draws the units that are free.
        places: Where those stand among all units, shape (len(base.units),).
        around: The variant of every unit; those of the free ones do not matter, shape (G,).
        directions: All units' values in uncorrelated units of spread, shape (G, k).
        limit: The largest imbalance that is accepted.
    """

    base: Design
    places: NDArray[np.intp]
    around: Labels
    directions: Floats
    limit: float

    @property
    def units(self) -> tuple[str, ...]:
        """The units in the order of a draw's columns."""
        return self.base.units

    @property
    def draw_count(self) -> int:
        """How many splits are accepted; where they are too many to list, of all that could be."""
        if self.base.draw_count > LISTABLE:
            return self.base.draw_count
        return len(self.every_draw())

    def draw(self, rng: np.random.Generator) -> Labels:
        """The first split that is accepted, shape (G,)."""
        return self.tried(rng)[0]

    def tried(self, rng: np.random.Generator) -> tuple[Labels, int]:
        """The first split that is accepted, and how many were drawn up to it.

        Raises:
            ValueError: if none is among a million.
        """
        for count in range(1, _MOST_TRIED + 1):
            labels = self.base.draw(rng)
            if self.accepts(labels[np.newaxis])[0]:
                return labels, count
        raise ValueError("no split is accepted by this criterion")

    def redraw(self, rng: np.random.Generator, draws: int) -> Labels:
        """Independent splits of those accepted, shape (draws, G).

        Raises:
            ValueError: if they are too rare to be found.
        """
        found, kept, tried = [], 0, 0
        while kept < draws:
            drawn = self.base.redraw(rng, max(draws, 1000))
            accepted = drawn[self.accepts(drawn)]
            found.append(accepted)
            kept, tried = kept + len(accepted), tried + len(drawn)
            if tried >= _MOST_TRIED and kept < tried / 1000:
                raise ValueError("hardly any split is accepted by this criterion")
        return np.concatenate(found)[:draws]

    def every_draw(self) -> Labels:
        """Every split that is accepted, once."""
        listed = self.base.every_draw()
        return listed[self.accepts(listed)]

    def among(self, free: NDArray[np.bool_], labels: Labels) -> Rerandomised:
        """The free units' splits that are accepted beside the others in `labels`."""
        around = self.around.copy()
        around[self.places] = labels
        base = self.base.among(free, labels)
        return Rerandomised(base, self.places[free], around, self.directions, self.limit)

    def accepts(self, drawn: Labels) -> NDArray[np.bool_]:
        """Which draws are alike enough, shape (B,)."""
        whole = np.tile(self.around, (len(drawn), 1))
        whole[:, self.places] = drawn
        accepted: NDArray[np.bool_] = imbalance(self.directions, whole) <= self.limit
        return accepted


def rerandomised(
    base: Design,
    baseline: Mapping[str, Sequence[float]],
    *,
    share: float = 0.1,
    rng: np.random.Generator,
) -> Rerandomised:
    """Plan to accept the best balanced share of a design's splits.

    Args:
        base: The design that is drawn from.
        baseline: The values of each unit from before the test.
        share: Of the splits that are accepted, in (0, 1]; more where that many would be under
            `FEWEST_ACCEPTABLE`.
        rng: Only to find the limit where the splits cannot be listed.
    Raises:
        ValueError: if the design itself has fewer ways to fall out than must be acceptable, no
            value varies, or a share is none.
    References:
        Morgan & Rubin (2012), Annals of Statistics 40:1263.
    """
    if not 0 < share <= 1:
        raise ValueError(f"the share of accepted splits is above 0 and at most 1, not {share}")
    if base.draw_count < FEWEST_ACCEPTABLE:
        text = f"{base.draw_count} ways to split are too few to choose among"
        raise ValueError(f"{text}: {FEWEST_ACCEPTABLE} must be acceptable")
    directions = directions_of([baseline[unit] for unit in base.units])
    listed = base.draw_count <= LISTABLE
    seen = base.every_draw() if listed else base.redraw(rng, SAMPLED)
    share = max(share, FEWEST_ACCEPTABLE / base.draw_count)
    limit = _limit(imbalance(directions, seen), share)
    return restored(base, directions, limit)


def restored(base: Design, directions: Floats, limit: float) -> Rerandomised:
    """The design with a recorded limit.

    Args:
        directions: Of `directions_of`, in the order of the base's units.
    """
    count = len(base.units)
    around = np.zeros(count, dtype=np.int8)
    return Rerandomised(base, np.arange(count), around, directions, limit)


def directions_of(values: Sequence[Sequence[float]]) -> Floats:
    """Values as uncorrelated directions of unit spread, shape (G, rank).

    Raises:
        ValueError: if no value varies between units.
    """
    points = standardised(values)
    u, spread, _ = np.linalg.svd(points, full_matrices=False)
    kept = spread > _REDUNDANT * max(float(spread.max(initial=0.0)), 1.0)
    if not kept.any():
        raise ValueError("nothing from before the test varies between the units")
    directions: Floats = u[:, kept] * math.sqrt(len(points))
    return directions


def imbalance(directions: Floats, labels: Labels) -> Floats:
    """How unlike the variants were: Mahalanobis' squared distance of their means, shape (B,).

    With several variants, the distances of each one's means from everybody's, each times its
    share of the units. It is 0 where all are alike, and swapping variants changes nothing.
    """
    total = np.zeros(len(labels))
    for variant in range(int(labels.max(initial=0)) + 1):
        mine = (labels == variant).astype(np.float64)
        sizes = mine.sum(axis=1)
        sums = mine @ directions
        squares = np.divide(
            (sums**2).sum(axis=1), sizes, out=np.zeros(len(labels)), where=sizes > 0
        )
        total += squares / labels.shape[1]
    return total


def _limit(seen: Floats, share: float) -> float:
    """The imbalance below which that share lies, rounded up."""
    edge = float(np.sort(seen)[math.ceil(share * len(seen)) - 1])
    # Rounded well above float noise, so that every machine accepts the same splits.
    digits = 6 - math.ceil(math.log10(edge)) if edge > 1e-12 else 12
    return round(edge + 0.5 * 10.0**-digits, digits)
