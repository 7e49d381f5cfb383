"""Reps split: planned looks at a running test, judged by re-drawing the split at all of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.estimate import Estimate, Interval, NotEstimable, Why, check_level, rejects
from analysis.randomization import check_redraws
from analysis.rep_level import mean_difference
from analysis.sequential import Spending, check_looks, spent
from analysis.shifts import Terms
from analysis.splits import Splits
from analysis.sufficient import Bools, Floats

# As in `Shifts`: squared statistics that differ by less, relative to their size, are ties.
_TIE = 1e-9
# Under these shares of what the rates themselves are, a variance or a difference is float noise.
_NO_SPREAD = 1e-13
_NO_DIFFERENCE = 1e-12
# A share of the draws that is a whole number may come out a little under it.
_COUNT = 1e-9
# Shifts are tested on a grid first, so that the hull is found also where the test is not
# monotone; it reaches as many widths of the rates' range to each side.
_GRID = (0.0, 0.125, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 30.0, 100.0)
# Between two of them the end is looked for by halving so often: to a ten-millionth of a width.
_HALVINGS = 22
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

    def spent_by(self, alpha: float) -> list[float]:
        """Two-sided alpha spent at each look and those before it."""
        return [spent(share, alpha, self.spending) for share in self.information]


def look_test(
    rates: Floats,
    treated: Bools,
    redraws: Bools | Splits,
    *,
    exact: bool,
    plan: LookPlan,
    level: float = 0.95,
) -> Estimate | NotEstimable:
    """Difference of the average rep's rate at the latest look, with alpha spent over all.

    A re-drawn split has a statistic at every look, so the draws themselves say how the looks hang
    together: no normal theory, and a promise that holds for eight reps. At each look as many
    draws cross as its spending allows, those with the largest statistic (the difference over
    Welch's standard error, two-sided) that have not crossed before; what happened has to be among
    them. The interval repeats: over all looks together it errs with at most 1 − level. With one
    look of full information it is `randomization_test`.

    Args:
        rates: One per look and rep, NaN where a rep has no leads yet, shape (K, G); the latest
            look last, and there every rep has a rate.
        treated: The split that happened, True for treatment, shape (G,).
        redraws: What the same design could have given, shape (B, G).
        exact: Whether the redraws are every possible split, each once.
        plan: Of the K looks.
    Returns:
        Effect in the outcome's unit, treatment minus control, at the latest look. `p` is the least
        error rate over all looks at which this one rejects.
    Raises:
        ValueError: if shapes differ, the latest rates are not finite, or by `check_redraws`.
    References:
        Lan & DeMets (1983), Biometrika 70:659; Jennison & Turnbull (1989), JRSS B 51:305, for
        repeated intervals; Rosenbaum (2002), Observational Studies, ch. 2.
    """
    check_level(level)
    if rates.shape != (len(plan.information), len(treated)):
        raise ValueError(f"rates of shape {rates.shape} for {len(plan.information)} looks")
    if not np.isfinite(rates[-1]).all():
        raise ValueError("at the latest look every rep has a rate")
    sizes = int(np.count_nonzero(treated)), int(np.count_nonzero(~treated))
    if min(sizes) < 2:
        return NotEstimable(Why.TOO_FEW_REPS)
    splits = Splits.of(redraws)
    check_redraws(splits, treated, exact=exact)
    noise = _NO_DIFFERENCE * float(np.abs(rates[-1]).max())
    if all(np.ptp(rates[-1][arm]) <= noise for arm in (treated, ~treated)):
        return NotEstimable(Why.NO_VARIATION)
    draws = _with_what_happened(treated, splits.labels, exact=exact)
    looks = [_Look.of(each, treated, draws) for each in rates]
    together = (draws == treated).sum(axis=1)
    always = int(np.count_nonzero((together == 0) | (together == len(treated))))
    return _Test(looks, plan, len(draws), always).estimate(
        mean_difference(rates[-1], treated), level=level, exact=exact, draws=len(splits)
    )


def _with_what_happened(treated: Bools, redraws: Bools, *, exact: bool) -> Bools:
    """All draws, what happened as the first of them and once."""
    if exact:
        others = np.flatnonzero((redraws == treated).all(axis=1))[0]
        redraws = np.delete(redraws, others, axis=0)
    return np.vstack([treated[np.newaxis], redraws])


@dataclass(frozen=True, slots=True, eq=False)
class _Look:
    """The squared statistics of all draws at one look, as functions of the shift."""

    scale: float  # of the rates
    terms: Terms  # of the draws that leave each variant two reps with leads
    is_defined: Bools  # shape (N,)
    whole: tuple[float, float, float]  # Σu², Σuq, Σq²

    @classmethod
    def of(cls, rates: Floats, treated: Bools, draws: Bools) -> _Look:
        known = np.isfinite(rates)
        seen, splits = rates[known], draws[:, known]
        centred = seen - seen.mean() if seen.size else seen
        scale = float(np.abs(centred).max(initial=0.0)) or 1.0
        u = centred / scale
        q = treated[known] - (treated[known].mean() if seen.size else 0.0)
        sizes = np.count_nonzero(splits, axis=1)
        defined = (sizes >= 2) & (sizes <= len(u) - 2)
        whole = float(u @ u), float(u @ q), float(q @ q)
        return cls(scale, Terms.of(u, q, Splits(splits[defined])), defined, whole)

    def statistics(self, shift: float) -> Floats:
        """Squared, shape (N,); 0 where a variant has too few reps with leads to tell."""
        v, terms = shift / self.scale, self.terms
        uu, uq, qq = self.whole
        size = max(uu - 2 * v * uq + v**2 * qq, 0.0)
        difference = (terms.a - v * terms.c) ** 2
        variance = terms.s0 - 2 * v * terms.s1 + v**2 * terms.s2
        differs, varies = difference > _NO_DIFFERENCE**2 * size, variance > _NO_SPREAD * size
        found = np.zeros(len(self.is_defined))
        some = np.where(differs, np.inf, 0.0)
        np.divide(difference, variance, out=some, where=varies & differs)
        found[self.is_defined] = some
        return found


@dataclass(frozen=True, slots=True, eq=False)
class _Test:
    looks: Sequence[_Look]
    plan: LookPlan
    draws: int  # with what happened, which is the first
    always: int  # draws with the same two groups as what happened

    def estimate(self, effect: float, *, level: float, exact: bool, draws: int) -> Estimate:
        """The answer at the latest look; p and interval from one and the same test."""
        alpha = 1 - level
        p, ci = self._p_at(0.0, alpha), self._hull(effect, alpha)
        if not rejects(p, level=level):
            ci = _holding(ci, 0.0)
        elif _holds(ci, 0.0):
            # The test may keep a shift farther out though it rejects 0; then 0 is judged like it.
            p = self._p_at(self._beyond_zero(ci, effect), alpha)
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

    def rejected(self, statistics: Callable[[_Look], Floats], alpha: float) -> bool:
        """Whether what happened crosses at the latest look.

        Args:
            statistics: Of a look; it is not asked where alpha leaves no room for a draw.
        """
        alive = np.ones(self.draws, dtype=np.bool_)
        crossed, rejected = 0, False
        for look, total in zip(self.looks, self.plan.spent_by(alpha), strict=True):
            room, rejected = _room(total, self.draws) - crossed, False
            if room < 1:
                continue
            found = statistics(look)
            beyond = alive & (found > _edge(found[alive], room))
            rejected = bool(beyond[0])
            # What happened is followed to the latest look, whatever an earlier one said.
            beyond[0] = False
            crossed += int(np.count_nonzero(beyond))
            alive &= ~beyond
        return rejected

    def _p_at(self, shift: float, alpha: float) -> float:
        """The least alpha that rejects a shift; on the side of the plan's where that lies."""
        known = {id(look): look.statistics(shift) for look in self.looks}

        def test(tried: float) -> bool:
            return self.rejected(lambda look: known[id(look)], tried)

        if test(alpha):
            return min(_first(test, 0.0, alpha), alpha)
        return _first(test, alpha, 1.0) if test(1.0) else 1.0

    def _smallest_p(self) -> float:
        """Of what happened, and its mirror image if it can be drawn, before all other draws."""

        def leaves_room(alpha: float) -> bool:
            return _room(self.plan.spent_by(alpha)[-1], self.draws) >= self.always

        return _first(leaves_room, 0.0, 1.0)

    def _beyond_zero(self, ci: Interval, effect: float) -> float:
        """A shift that is kept, on the other side of 0 from the effect."""
        end = ci[0] if effect > 0 else ci[1]
        widest = _GRID[-1] * max(look.scale for look in self.looks)
        return effect - math.copysign(widest, effect) if end is None else end

    def _hull(self, effect: float, alpha: float) -> Interval:
        width = max(look.scale for look in self.looks)

        def kept(shift: float) -> bool:
            return not self.rejected(lambda look: look.statistics(shift), alpha)

        low, high = (_last(kept, effect, side * width) for side in (-1.0, 1.0))
        return low, high


def _room(share: float, draws: int) -> int:
    """How many draws make up no more than a share of them."""
    return math.floor(share * draws + _COUNT)


def _edge(found: Floats, room: int) -> float:
    """What a statistic must exceed for no more than `room` of them to do so; at least one."""
    if room >= len(found):
        return -1.0
    place = len(found) - room - 1
    return float(np.partition(found, place)[place]) * (1 + _TIE)


def _first(test: Callable[[float], bool], low: float, high: float) -> float:
    """The place where a test begins to hold, by halving; it holds at `high`."""
    for _ in range(_FINER):
        middle = (low + high) / 2
        low, high = (low, middle) if test(middle) else (middle, high)
    return high


def _last(kept: Callable[[float], bool], start: float, width: float) -> float | None:
    """The farthest shift that is kept, from a start into one direction."""
    if kept(start + width * _GRID[-1]):
        return None
    # From afar: the farthest that is kept is met first, whatever lies before it.
    place = next((at for at in range(len(_GRID) - 2, 0, -1) if kept(start + width * _GRID[at])), 0)
    inner, outer = start + width * _GRID[place], start + width * _GRID[place + 1]
    for _ in range(_HALVINGS):
        middle = (inner + outer) / 2
        inner, outer = (middle, outer) if kept(middle) else (inner, middle)
    return inner


def _holds(ci: Interval, value: float) -> bool:
    low, high = ci
    return (low is None or low <= value) and (high is None or high >= value)


def _holding(ci: Interval, value: float) -> Interval:
    low, high = ci
    return (None if low is None else min(low, value), None if high is None else max(high, value))
