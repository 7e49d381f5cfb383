"""Reps split: planned looks at a running test, judged by re-drawing the split at all of them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from analysis.covariate import fitted
from analysis.estimate import Estimate, Interval, NotEstimable, check_level, rejects
from analysis.look_statistics import LookStatistics
from analysis.randomization import check_redraws
from analysis.rep_level import mean_difference, why_too_thin
from analysis.sequential import Spending, check_looks, spent
from analysis.splits import Splits
from analysis.standing import Standing
from analysis.sufficient import Bools, Floats

# A share of the draws that is a whole number may come out a little under it.
_COUNT = 1e-9
# Shifts are tested on a grid first, so that the hull is found also where the test is not
# monotone; it reaches as many widths of the rates' range to each side.
_GRID = (0.0, 0.125, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0, 100.0)
# Between two of them the end is looked for by halving so often: to a ten-millionth of a width.
_HALVINGS = 22
# Before these halvings, draws that no longer matter are left out.
_SIFTED = frozenset((0, 3, 8))
# An error rate is halved so often: to a billionth.
_FINER = 30


@dataclass(frozen=True, slots=True)
class LookPlan:
    """When looks were planned, and how alpha is spent.

    Attributes:
        information: The share of the final information at each look taken so far.
        spending: How alpha is spent as information comes in.
    """

    information: tuple[float, ...]
    spending: Spending

    def __post_init__(self) -> None:
        check_looks(self.information)

    def spent_by(self, alpha: float) -> tuple[float, ...]:
        """Two-sided alpha spent at each look and those before it."""
        return _spent_by(self, alpha)


# A p-value is looked for among the same error rates again and again.
@lru_cache(maxsize=1024)
def _spent_by(plan: LookPlan, alpha: float) -> tuple[float, ...]:
    return tuple(spent(share, alpha, plan.spending) for share in plan.information)


def look_test(
    rates: Floats,
    treated: Bools,
    redraws: Bools | Splits,
    *,
    exact: bool,
    plan: LookPlan,
    covariate: Floats | None = None,
    level: float = 0.95,
) -> Estimate | NotEstimable:
    """Difference of the average rep's rate at the latest look, with alpha spent over all.

    A re-drawn split has a statistic at every look, so the draws themselves say how the looks hang
    together: no normal theory, and a promise that holds for eight reps. At each look as many
    draws cross as its spending allows, those with the largest statistic (the difference over
    Welch's standard error, two-sided) that have not crossed before; what happened has to be among
    them. The interval repeats: over all looks together it errs with at most 1 − level. With one
    look of full information it is `randomization_test`, or with a covariate, on which every look
    is fitted anew at each shift that is tested, `randomization_ancova`.

    Args:
        rates: One per look and rep, NaN where a rep has no leads yet, shape (K, G); the latest
            look last, and there every rep has a rate.
        treated: The split that happened, True for treatment, shape (G,).
        redraws: What the same design could have given, shape (B, G).
        exact: Whether the redraws are every possible split, each once.
        plan: Of the K looks.
        covariate: A value of each rep from before the test, shape (G,).
    Returns:
        Effect in the outcome's unit, treatment minus control, at the latest look. `p` is the least
        error rate over all looks at which this one rejects.
    Raises:
        ValueError: if shapes differ, the latest rates or the covariate are not finite, or by
            `check_redraws`.
    References:
        Lan & DeMets (1983), Biometrika 70:659; Jennison & Turnbull (1989), JRSS B 51:305, for
        repeated intervals; Rosenbaum (2002), Observational Studies, ch. 2.
    """
    check_level(level)
    if rates.shape != (len(plan.information), len(treated)):
        raise ValueError(f"rates of shape {rates.shape} for {len(plan.information)} looks")
    if not np.isfinite(rates[-1]).all():
        raise ValueError("at the latest look every rep has a rate")
    effect = _effect(rates[-1], treated, covariate)
    if isinstance(effect, NotEstimable):
        return effect
    splits = Splits.of(redraws)
    check_redraws(splits, treated, exact=exact)
    parts = (rates, treated, *([] if covariate is None else [covariate]))
    statistics = splits.latest(
        b"".join(part.tobytes() for part in parts),
        lambda: LookStatistics.of(rates, treated, splits, exact=exact, covariate=covariate),
    )
    always = int(np.count_nonzero(splits.has_groups_of(treated))) + (not exact)
    return _Test(statistics, plan, always).estimate(
        effect, level=level, exact=exact, draws=len(splits)
    )


def _effect(rates: Floats, treated: Bools, covariate: Floats | None) -> float | NotEstimable:
    """The estimate at a look, or why there is none."""
    if covariate is not None:
        fit = fitted(rates, treated, covariate)
        return fit if isinstance(fit, NotEstimable) else fit.effect
    if too_thin := why_too_thin(rates, treated):
        return NotEstimable(too_thin)
    return mean_difference(rates, treated)


@dataclass(frozen=True, slots=True, eq=False)
class _Test:
    statistics: LookStatistics
    plan: LookPlan
    always: int  # draws with the same two groups as what happened

    def estimate(self, effect: float, *, level: float, exact: bool, draws: int) -> Estimate:
        """The answer at the latest look; p and interval from one and the same test."""
        alpha = 1 - level
        p, ci = self._p_of(self.statistics.unshifted, alpha), self._hull(effect, alpha)
        if not rejects(p, level=level):
            ci = _holding(ci, 0.0)
        elif _holds(ci, 0.0):
            # The test may keep a shift farther out though it rejects 0; then 0 is judged like it.
            p = self._p_of(self.statistics.at(self._beyond_zero(ci, effect)), alpha)
        return Estimate(
            effect=effect,
            ci=_holding(ci, effect),
            p=p,
            level=level,
            exact=exact,
            draws=draws,
            # Both are known to a billionth.
            smallest_p=min(self._smallest_p(), p),
        )

    def _totals(self, alpha: float) -> tuple[int, ...]:
        """How many draws may have crossed by each look."""
        draws = self.statistics.draws
        return tuple(_room(total, draws) for total in self.plan.spent_by(alpha))

    def _p_of(self, standing: Standing, alpha: float) -> float:
        """The least alpha that rejects a shift; on the side of the plan's where that lies."""
        known: dict[tuple[int, ...], bool] = {}

        def test(tried: float) -> bool:
            totals = self._totals(tried)
            if totals not in known:
                known[totals] = standing.rejects(totals)
            return known[totals]

        if test(alpha):
            return min(_first(test, 0.0, alpha), alpha)
        return _first(test, alpha, 1.0) if test(1.0) else 1.0

    def _smallest_p(self) -> float:
        """Of what happened, and its mirror image if it can be drawn, before all other draws."""

        def leaves_room(alpha: float) -> bool:
            return self._totals(alpha)[-1] >= self.always

        return _first(leaves_room, 0.0, 1.0)

    def _beyond_zero(self, ci: Interval, effect: float) -> float:
        """A shift that is kept, on the other side of 0 from the effect."""
        end = ci[0] if effect > 0 else ci[1]
        widest = _GRID[-1] * self.statistics.scale
        return effect - math.copysign(widest, effect) if end is None else end

    def _hull(self, effect: float, alpha: float) -> Interval:
        """The lowest and the highest shift that are kept.

        The latest look alone tells most: a shift is kept if more draws are as extreme than may
        have crossed, and rejected if that is so even with all that crossed before.
        """
        totals = self._totals(alpha)
        before = totals[-2] if len(totals) > 1 else 0
        latest = self.statistics.latest(effect)
        inner = latest.hull(totals[-1] + 1)
        if not before:
            return inner
        outer, width = latest.hull(totals[-1] - before + 1), self.statistics.scale
        low, high = (
            None if least is None else _last(self.statistics, totals, effect, step, least, most)
            for step, least, most in zip((-width, width), inner, outer, strict=True)
        )
        return low, high


def _room(share: float, draws: int) -> int:
    """How many draws make up no more than a share of them."""
    return math.floor(share * draws + _COUNT)


def _first(test: Callable[[float], bool], low: float, high: float) -> float:
    """The place where a test begins to hold, by halving; it holds at `high`."""
    for _ in range(_FINER):
        middle = (low + high) / 2
        low, high = (low, middle) if test(middle) else (middle, high)
    return high


def _last(
    statistics: LookStatistics,
    totals: tuple[int, ...],
    start: float,
    step: float,
    inner: float,
    outer: float | None,
) -> float | None:
    """The farthest shift that is kept from a start into the step's direction.

    It is at `inner` or beyond, and not beyond `outer` if that is given.
    """
    side = math.copysign(1.0, step)

    def kept(shift: float) -> bool:
        if side * (shift - inner) <= 0:
            return True
        is_far = outer is not None and side * (shift - outer) > 0
        return not (is_far or statistics.at(shift).rejects(totals))

    places = [start + step * share for share in _GRID]
    if kept(places[-1]):
        return None if side * (places[-1] - inner) > 0 else inner
    # From afar: the farthest that is kept is met first, whatever lies before it.
    last = next((at for at in range(len(places) - 2, 0, -1) if kept(places[at])), 0)
    low, high = places[last], places[last + 1]
    for done in range(_HALVINGS):
        if done in _SIFTED:
            near = max(low, inner, key=lambda end: side * end)
            far = high if outer is None else min(high, outer, key=lambda end: side * end)
            statistics = statistics.between(min(near, far), max(near, far), totals)
        middle = (low + high) / 2
        low, high = (middle, high) if kept(middle) else (low, middle)
    return max(low, inner, key=lambda end: side * end)


def _holds(ci: Interval, value: float) -> bool:
    low, high = ci
    return (low is None or low <= value) and (high is None or high >= value)


def _holding(ci: Interval, value: float) -> Interval:
    low, high = ci
    return (None if low is None else min(low, value), None if high is None else max(high, value))
