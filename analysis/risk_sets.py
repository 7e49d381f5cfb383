"""At each time, which leads are still there and what becomes of them: sums, influences."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from analysis.endings import Ending, Endings, Measure
from analysis.sufficient import Bools, Floats, Ints


@dataclass(frozen=True, slots=True, eq=False)
class RiskSets:
    """At each time, how many leads end how."""

    times: Floats  # rising, shape (T,)
    ends: Floats  # by `Ending` and time, shape (3, T)
    place: Ints  # the time of each entry of the endings, shape (M,)

    @classmethod
    def of(cls, endings: Endings) -> RiskSets:
        """Count the endings by time."""
        times, place = np.unique(endings.time, return_inverse=True)
        return cls(times, _ends(endings.event, place, endings.n, len(times)), place)

    def without(self, endings: Endings, dropped: Bools) -> RiskSets:
        """The same but for some entries of the endings that it was made of."""
        place, size = self.place[dropped], len(self.times)
        fewer = _ends(endings.event[dropped], place, endings.n[dropped], size)
        return RiskSets(self.times, self.ends - fewer, self.place[~dropped])

    def is_followed(self, horizon: float) -> bool:
        """As `Endings.is_followed`; there are leads."""
        last = np.flatnonzero(self.ends.sum(axis=0))[-1]
        return bool(self.times[last] >= horizon or self.ends[Ending.OPEN, last] == 0)

    @property
    def at_risk(self) -> Floats:
        """Leads not yet closed and still seen, just before each time."""
        return np.cumsum(self.ends.sum(axis=0)[::-1])[::-1]

    def value(self, measure: Measure, horizon: float) -> float:
        """The measure at a horizon, to which the leads are followed."""
        steps = _steps(self.ends, self.at_risk)
        gains = _gains(self.times, measure, horizon)
        total = float((gains * steps.before * steps.of(measure)).sum())
        return horizon - total if measure is Measure.TIME_TO_WON else min(total, 1.0)

    def influence(self, measure: Measure, horizon: float) -> Floats:
        """By `Ending` and time, shape (3, T), the influence of a lead that ends so and then.

        With S the share still open, Y those at risk, h the share of them that close, h₁ that
        close as is measured, and g what such a close is worth, the measure is Σ g·S·h₁. A lead
        moves h₁ and h at each time while it is there: through h₁ this time's own part, through
        h all later ones, which are in proportion to 1 − h.
        """
        at_risk = self.at_risk
        steps = _steps(self.ends, at_risk)
        own = _gains(self.times, measure, horizon) * steps.before
        parts = own * steps.of(measure)
        stays = 1 - steps.closing
        # Where all close there is nothing later.
        later = (parts.sum() - np.cumsum(parts)) / np.where(stays > 0, stays, math.inf)
        there = np.maximum(at_risk, 1.0)
        gain, loss = own / there, later / there
        # What being at risk costs, up to and at each time.
        drift = np.cumsum(gain * steps.of(measure) - loss * steps.closing)
        influence = np.tile(-drift, (len(Ending), 1))
        influence[Ending.WON :] -= loss
        influence[_counted(measure)] += gain
        return -influence if measure is Measure.TIME_TO_WON else influence


@dataclass(frozen=True, slots=True, eq=False)
class _Steps:
    """Shares of the leads at risk at each time, shape (T,) each."""

    before: Floats  # still open just before, of all leads
    closing: Floats
    won: Floats
    lost: Floats

    def of(self, measure: Measure) -> Floats:
        return self.won if _counted(measure) is Ending.WON else self.lost


def _steps(ends: Floats, at_risk: Floats) -> _Steps:
    # Without a rep, the last times may have nobody.
    there = np.maximum(at_risk, 1.0)
    won, lost = ends[Ending.WON] / there, ends[Ending.LOST] / there
    closing = (ends[Ending.WON] + ends[Ending.LOST]) / there
    before = np.concatenate([[1.0], np.cumprod(1 - closing)[:-1]])
    return _Steps(before, closing, won, lost)


def _ends(event: Ints, place: Ints, n: Ints, size: int) -> Floats:
    cells = np.bincount(event * size + place, n.astype(np.float64), minlength=len(Ending) * size)
    found: Floats = cells.astype(np.float64).reshape(len(Ending), size)
    return found


def _counted(measure: Measure) -> Ending:
    return Ending.LOST if measure is Measure.LOST else Ending.WON


def _gains(times: Floats, measure: Measure, horizon: float) -> Floats:
    """What a close at each time adds: 1 by the horizon, or the time that it leaves."""
    if measure is Measure.TIME_TO_WON:
        return np.maximum(horizon - times, 0.0)
    return (times <= horizon).astype(np.float64)
