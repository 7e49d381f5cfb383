"""Won value by month: expected, with an interval, and tried on the months that are over.

The mean of two guesses that err in different ways: what open leads and leads yet to come are
worth by how matured leads fared, and what the group won in a month of late. Both are moved by
how the month's place in the quarter does, drawn to none while few quarters are known. The
interval holds what single deals do by chance and what months do on top, learned from the errors
of the same forecast in earlier months.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import betaincinv

from analysis.estimate import check_level
from analysis.pipeline import Pipeline, chances, deal_value, pooled, quick_shares, standing
from analysis.sufficient import Floats, Ints
from analysis.tails import z_of

LATE_MONTHS = 6
ARRIVAL_MONTHS = 3
# Before any error is known months are taken to stray by this share, as if four had shown it.
USUAL_STRAY = 0.3
USUAL_WEIGHT = 4
LEAST_STRAY = 0.05
QUARTERS_BORROWED = 2


@dataclass(frozen=True, slots=True)
class MonthForecast:
    """A month ahead, in the value's own unit.

    Attributes:
        ahead: 1 for the first month after those that are over.
        from_open, from_new: What open leads and leads yet to come are worth by their chances;
            `expected` also weighs what was won of late.
    """

    ahead: int
    expected: float
    interval: tuple[float, float]
    from_open: float
    from_new: float


@dataclass(frozen=True, slots=True)
class Trial:
    """A month that is over, forecast with what was known the month before."""

    group: int
    month: int
    expected: float
    interval: tuple[float, float]
    happened: float
    last_month: float

    @property
    def covered(self) -> bool:
        """Whether the interval holds what happened."""
        return self.interval[0] <= self.happened <= self.interval[1]


@dataclass(frozen=True, slots=True)
class Score:
    """How the forecast did on the months that are over, against "last month again"."""

    trials: int
    covered: int
    coverage_interval: tuple[float, float]
    error: float
    naive_error: float

    @property
    def coverage(self) -> float:
        """The share of intervals that held."""
        return self.covered / self.trials


@dataclass(frozen=True, slots=True)
class _Guess:
    expected: float
    chance_variance: float  # of single deals, in squared units
    from_open: float
    from_new: float


class Forecaster:
    """Forecasts groups of one company; every figure for an origin uses months up to it only."""

    def __init__(
        self, groups: Sequence[Pipeline], *, first_place: int = 0, level: float = 0.8
    ) -> None:
        """Take the groups' months.

        Args:
            first_place: The place of month 0 in its quarter: 0, 1 or 2.
            level: Of the intervals.
        Raises:
            ValueError: without groups, or where their months differ.
        """
        check_level(level)
        self.groups, self.pool = groups, pooled(groups)
        self.first_place, self.z = first_place, z_of(1 - level)
        won = np.flatnonzero(self.pool.deals)
        self.since = int(won[0]) if len(won) else None
        self._guesses: dict[tuple[int, int], list[_Guess]] = {}

    def ahead(self, group: int, months: int) -> tuple[MonthForecast, ...]:
        """The months after the last, for one group; none before the company's first win."""
        origin = self.pool.months - 1
        if self.since is None:
            return ()
        return tuple(self._month(group, origin, ahead) for ahead in range(1, months + 1))

    def trials(self) -> tuple[Trial, ...]:
        """Every group's every month that has a month with wins before it."""
        if self.since is None:
            return ()
        return tuple(
            self._trial(group, origin)
            for origin in range(self.since, self.pool.months - 1)
            for group in range(len(self.groups))
        )

    def _trial(self, group: int, origin: int) -> Trial:
        found, values = self._month(group, origin, 1), self.groups[group].value
        return Trial(
            group,
            origin + 1,
            found.expected,
            found.interval,
            float(values[origin + 1]),
            float(values[origin]),
        )

    def _month(self, group: int, origin: int, ahead: int) -> MonthForecast:
        guess = self._guess(origin, ahead)[group]
        stray = self._stray(origin, ahead)
        interval = _interval(
            guess.expected, guess.chance_variance + (stray * guess.expected) ** 2, self.z
        )
        return MonthForecast(ahead, guess.expected, interval, guess.from_open, guess.from_new)

    def _stray(self, origin: int, ahead: int) -> float:
        """By which share months stray beyond the chance of single deals, from earlier errors."""
        squares, count = USUAL_WEIGHT * USUAL_STRAY**2, USUAL_WEIGHT
        for before in range(self.since or 0, origin - ahead + 1):
            for group, guess in zip(self.groups, self._guess(before, ahead), strict=True):
                if guess.expected > 0:
                    error = float(group.value[before + ahead]) - guess.expected
                    squares += (error**2 - guess.chance_variance) / guess.expected**2
                    count += 1
        return max(math.sqrt(max(squares / count, 0.0)), LEAST_STRAY)

    def _guess(self, origin: int, ahead: int) -> list[_Guess]:
        if (origin, ahead) not in self._guesses:
            self._guesses[origin, ahead] = self._guessed(origin, ahead)
        return self._guesses[origin, ahead]

    def _guessed(self, origin: int, ahead: int) -> list[_Guess]:
        since = self.since or 0
        by_cell = chances(self.pool, origin, ahead, since=since)
        quick = quick_shares(self.pool, origin, ahead, since=since)
        season = self._season(origin, origin + ahead)
        found = []
        for group in self.groups:
            mean, square = deal_value(group, self.pool, origin)
            cell, _won, leads = standing(group, origin)
            coming = _mean(group.begun, origin, ARRIVAL_MONTHS)
            from_open = season * mean * float(by_cell[cell] @ leads)
            from_new = season * mean * coming * float(quick.sum())
            weighed = min(LATE_MONTHS, origin - since + 1)
            late = season * _mean(group.value, origin, weighed)
            # A group that gets fewer leads than it did will not go on winning as it did.
            before = _mean(group.begun, origin, LATE_MONTHS)
            late *= min(coming / before, 1.0) if before else 0.0
            expected = (from_open + from_new + late) / 2
            variance = expected * square / mean if mean else 0.0
            found.append(_Guess(expected, variance, from_open, from_new))
        return found

    def _season(self, origin: int, month: int) -> float:
        """How a month of that place in the quarter does against all months known."""
        known = np.arange(self.since or 0, origin + 1)
        values: Floats = self.pool.value[known]
        if len(known) < 3 or not values.sum():
            return 1.0
        alike = values[(known + self.first_place) % 3 == (month + self.first_place) % 3]
        above = float(alike.sum() / values.mean())
        return (above + QUARTERS_BORROWED) / (len(alike) + QUARTERS_BORROWED)


def score(trials: Sequence[Trial], *, level: float = 0.95) -> Score | None:
    """Coverage and mean absolute error of the trials; None without any.

    The interval is Clopper and Pearson's, as if trials were independent. Groups share their
    months, so in truth it is wider.

    References:
        Clopper & Pearson (1934), Biometrika 26:404.
    """
    check_level(level)
    if not trials:
        return None
    covered, count = sum(each.covered for each in trials), len(trials)
    tail = (1 - level) / 2
    low = float(betaincinv(covered, count - covered + 1, tail)) if covered else 0.0
    high = 1.0 if covered == count else float(betaincinv(covered + 1, count - covered, 1 - tail))
    errors = [abs(each.happened - each.expected) for each in trials]
    naive = [abs(each.happened - each.last_month) for each in trials]
    return Score(count, covered, (low, high), sum(errors) / count, sum(naive) / count)


def _interval(expected: float, variance: float, z: float) -> tuple[float, float]:
    """Of a log-normal with this mean and variance, as a sum of deals is never below 0."""
    if expected <= 0:
        return 0.0, 0.0
    spread = math.sqrt(math.log1p(variance / expected**2))
    middle = math.log(expected) - spread**2 / 2
    return math.exp(middle - z * spread), math.exp(middle + z * spread)


def _mean(values: Floats | Ints, month: int, count: int) -> float:
    """Over so many months, the given one the last, as far back as there are any."""
    return float(values[max(month - count + 1, 0) : month + 1].mean())
