"""What the past says of a team: its rate, how its reps differ, how far it foretells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.icc import anova, anova_icc
from analysis.spread import variation, variation_interval
from analysis.sufficient import Bools, Floats, Ints, RepTotals
from analysis.teams import Team
from experiments.feasibility.past_worlds import MOST_WEEKS_BEFORE, known_reps
from experiments.feasibility.tried_splits import FEWEST_REPS, KnownReps
from experiments.problem import Refused, problem
from experiments.sales_history import SalesHistory

# Either half of the past must be as long for the halves to say whether reps stay as they are.
FEWEST_WEEKS_A_HALF = 8
# Shares that differ by less are the same.
_NOISE = 1e-12


@dataclass(frozen=True, slots=True)
class Spread:
    """How much reps differed in some weeks of the past.

    Args:
        rate: The average rep's.
        icc: How alike one rep's leads were; `None` where that cannot be told.
        icc_interval: Its 95% interval.
        cv: Of leads per rep: standard deviation over mean.
        cv_interval: Its 95% interval; the upper end `None` where there is no bound.
    """

    rate: float
    icc: float | None
    icc_interval: tuple[float, float] | None
    cv: float
    cv_interval: tuple[float, float | None]


def spread_of(history: SalesHistory, weeks: int) -> Spread:
    """How much the reps differed in the latest weeks, of which two or more had leads."""
    leads, reached = history.latest(weeks)
    some = leads > 0
    leads, reached = leads[some], reached[some]
    names = [name for name, has in zip(history.reps, some, strict=True) if has]
    totals = [RepTotals.of_counts(names, leads, reached)]
    table = anova(totals)
    return Spread(
        rate=float(np.mean(reached / leads)),
        icc=anova_icc(totals),
        icc_interval=None if table is None else table.interval(),
        cv=variation(leads),
        cv_interval=variation_interval(leads),
    )


@dataclass(frozen=True, slots=True, eq=False)
class Outlook:
    """What the past lets expect of a test that begins now.

    Args:
        reps: Who have had leads lately, and what is known of them.
        weekly: New leads of each in a week, shape (G,).
        weeks: Of the past from which this is told.
        steadiness: How far reps' true rates stay as they are from one half of the past to the
            other: their correlation, in [0, 1]; `None` where the past is too short to tell.
    """

    reps: KnownReps
    weekly: Floats
    weeks: int
    horizon_days: int
    spread: Spread
    steadiness: float | None

    @property
    def icc(self) -> float:
        """As plans take it: reps who differ by less than chance alone are alike."""
        return max(self.spread.icc or 0.0, 0.0)

    @property
    def foresight(self) -> float:
        """Correlation of the share won before with the rep's true rate in the test."""
        if self.icc == 0 or self.steadiness is None:
            return 0.0
        leads = np.maximum(self.weekly * self.weeks, 1)
        reliability = self.icc / (self.icc + (1 - self.icc) * float(np.mean(1 / leads)))
        return self.steadiness * float(np.sqrt(reliability))

    def team(self) -> Team:
        """The team with one week's leads, as simulations take it."""
        shares = self.reps.before[:, 0]
        spread = float(shares.std()) if np.ptp(shares) > _NOISE else 0.0
        known = (shares - shares.mean()) / spread if spread > 0 else np.zeros(len(shares))
        return Team(
            leads=self.weekly,
            known=known,
            rate=self.spread.rate,
            icc=self.icc,
            foresight=self.foresight if spread > 0 else 0.0,
            steadiness=self.steadiness or 0.0,
        )


def outlook(history: SalesHistory) -> Outlook:
    """What the latest half year of a past says.

    Raises:
        Refused: for a past without leads that have matured, or of too few reps.
    """
    weeks = min(history.weeks, MOST_WEEKS_BEFORE)
    if not weeks:
        text = "No leads of the past have had {days} days yet: there is nothing to tell from."
        raise Refused(problem("horizon", text, days=history.horizon_days))
    leads, _reached = history.latest(weeks)
    some: Bools = leads > 0
    if some.sum() < FEWEST_REPS:
        text = "Only {count} reps had leads in the latest {weeks} weeks; {least} are needed."
        values = {"count": int(some.sum()), "weeks": weeks, "least": FEWEST_REPS}
        raise Refused(problem("team", text, **values))
    spread = spread_of(history, weeks)
    if not 0 < spread.rate < 1:
        text = "All leads of the past ended alike: there is nothing to compare."
        raise Refused(problem("milestone", text))
    return Outlook(
        reps=known_reps(history, some, latest=0, gap=0),
        weekly=leads[some] / weeks,
        weeks=weeks,
        horizon_days=history.horizon_days,
        spread=spread,
        steadiness=_steadiness(history),
    )


def _steadiness(history: SalesHistory) -> float | None:
    """Covariance of reps' rates in two halves of the past over their true rates' variance."""
    half = min(history.weeks, 2 * MOST_WEEKS_BEFORE) // 2
    if half < FEWEST_WEEKS_A_HALF:
        return None
    parts = [slice(-2 * half, -half), slice(-half, None)]
    leads = np.stack([history.leads[:, part].sum(axis=1) for part in parts])
    reached = np.stack([history.reached[:, part].sum(axis=1) for part in parts])
    some = leads.min(axis=0) > 0
    if some.sum() < FEWEST_REPS:
        return None
    rates = reached[:, some] / leads[:, some]
    variances = [_true_variance(n[some], won[some]) for n, won in zip(leads, reached, strict=True)]
    # Of both together: one half alone may seem to have no differences at all.
    variance = float(np.mean(variances))
    if variance <= 0:
        return None
    return min(max(float(np.cov(rates)[0, 1]) / variance, 0.0), 1.0)


def _true_variance(leads: Ints, reached: Ints) -> float:
    """Of reps' true rates: that of the leads of all reps, times the ICC."""
    names = [str(place) for place in range(len(leads))]
    icc = anova_icc([RepTotals.of_counts(names, leads, reached)]) or 0.0
    rate = float((reached / leads).mean())
    return icc * rate * (1 - rate)
