"""Reps or accounts split: the average lead, with a variance that knows their leads are alike."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from analysis.estimate import Estimate, NotEstimable, Why, check_level
from analysis.student import by_t
from analysis.sufficient import Bools, RepTotals

# Under this share of the outcome's own size, a spread is float noise.
_NOISE = 1e-12


def cr2(
    totals: RepTotals,
    treated: Bools,
    *,
    level: float = 0.95,
    too_few: Why = Why.TOO_FEW_REPS,
) -> Estimate | NotEstimable:
    """Difference of the average lead's outcome, bias-reduced cluster-robust (CR2).

    The least-squares regression of the outcome on the variant, clustered by rep, with
    Satterthwaite's degrees of freedom. With one 0/1 regressor all of it has a closed form in
    each rep's number of leads and their total.

    Args:
        totals: Of reps who have leads, G of them.
        treated: True for the treatment's reps, shape (G,).
        too_few: What to say of a variant with fewer than two: clusters need not be reps.
    Returns:
        Effect in the outcome's unit, treatment minus control; every lead counts once.
    References:
        Bell & McCaffrey (2002), Survey Methodology 28:169; Pustejovsky & Tipton (2018), Journal
        of Business & Economic Statistics 36:672.
    """
    check_level(level)
    if treated.shape != totals.n.shape or not totals.has_leads.all():
        raise ValueError("a label for each rep, and leads for each")
    if min(np.count_nonzero(treated), np.count_nonzero(~treated)) < 2:
        return NotEstimable(too_few)
    arms = [_Arm.of(totals.of(chosen)) for chosen in (~treated, treated)]
    se = math.hypot(*(arm.se for arm in arms))
    if se <= _NOISE * max(abs(arm.mean) for arm in arms):
        return NotEstimable(Why.NO_VARIATION)
    df = sum(arm.trace for arm in arms) ** 2 / sum(arm.trace_of_square for arm in arms)
    return by_t(arms[1].mean - arms[0].mean, se=se, df=df, level=level)


@dataclass(frozen=True, slots=True)
class _Arm:
    """One variant's mean, and its part in the variance and in the degrees of freedom."""

    mean: float
    se: float
    trace: float
    trace_of_square: float

    @classmethod
    def of(cls, totals: RepTotals) -> _Arm:
        n = totals.n.astype(np.float64)
        leads = float(n.sum())
        mean = float(totals.total.sum()) / leads
        share = n / leads
        # What CR2 does to a rep's residuals: (I − H)^(−1/2), where H has the one eigenvalue
        # `share`.
        weights = 1 / (leads * np.sqrt(1 - share))
        residuals = totals.total - n * mean
        # Under independent leads of equal variance the products of the contributions are
        # diag(own) − joint·jointᵀ / leads; a matrix of 100,000 accounts would fill no memory.
        own, joint = weights**2 * n, weights * n
        return cls(
            mean=mean,
            se=math.hypot(*(weights * residuals)),
            trace=float(own.sum() - joint @ joint / leads),
            trace_of_square=float(
                own @ own - 2 * (own @ joint**2) / leads + (joint @ joint / leads) ** 2
            ),
        )
