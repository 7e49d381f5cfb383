"""Time to close: how many leads are won, and how many lost, within so many days.

Leads that are still open are neither lost nor left out, and won and lost compete: a lost lead will
not be won later. Taking lost for "not seen any longer", as 1 − Kaplan–Meier does, counts as if it
could be, and overstates the wins.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.endings import Endings, Measure
from analysis.estimate import NotEstimable, Why
from analysis.risk_sets import RiskSets
from analysis.sufficient import Floats

# Influences smaller than this share of the whole are float noise: all leads are alike.
_NOISE = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """A measure of some leads, and how each of them pulls at it."""

    value: float
    influence: Floats  # the derivative by one lead's weight, an entry an ending, shape (M,)
    se: float | None  # taking leads for independent; `None` where all are alike


def measured(endings: Endings, measure: Measure, horizon: float) -> Measured | NotEstimable:
    """The Aalen–Johansen incidence at a horizon, or the restricted mean under its curve.

    Leads that close at some time are still there for those last seen open at the same time. The
    variance is the infinitesimal jackknife's: the influences' squares, added up over the leads.

    Args:
        horizon: In the unit of the times, above 0; what happens at it still counts.
    Returns:
        A share in [0, 1]; for `TIME_TO_WON` the area under 1 − incidence, in [0, horizon]: the
        mean of the time until won, a lead that is not won by the horizon counting as it.
    References:
        Aalen & Johansen (1978), Scandinavian Journal of Statistics 5:141; R's
        survival::survfit, whose standard error this is; Andersen (2013), Statistics in Medicine
        32:5278, for the area.
    """
    if too_thin := _why_not(endings, horizon):
        return NotEstimable(too_thin)
    risk = RiskSets.of(endings)
    value = risk.value(measure, horizon)
    influence = risk.influence(measure, horizon)[endings.event, risk.place]
    # A time is measured by the horizon, a share by 1.
    noise = _NOISE * (horizon if measure is Measure.TIME_TO_WON else 1.0) / endings.leads
    if np.abs(influence).max() <= noise:
        alike = value if measure is Measure.TIME_TO_WON else float(round(value))
        return Measured(alike, np.zeros_like(influence), None)
    return Measured(value, influence, math.sqrt(float(endings.n @ influence**2)))


def jackknife_se(endings: Endings, measure: Measure, horizon: float) -> float | NotEstimable:
    """The standard error of the same measure when reps, not leads, are independent.

    The measure is taken again without each rep in turn.

    Returns:
        `NotEstimable` with fewer than two reps, where all are alike, or where without some rep
        nobody is followed to the horizon.
    References:
        Efron & Tibshirani (1993), An Introduction to the Bootstrap, ch. 11; Lipsitz, Dear &
        Zhao (1994), Biometrics 50:842, for leaving out clusters of survival times.
    """
    count = len(endings.reps)
    if count < 2:
        return NotEstimable(Why.TOO_FEW_REPS)
    whole = RiskSets.of(endings)
    without = []
    for rep in range(count):
        rest = whole.without(endings, endings.rep == rep)
        if not rest.is_followed(horizon):
            return NotEstimable(Why.NOT_FOLLOWED)
        without.append(rest.value(measure, horizon))
    squares = float(np.square(np.array(without) - np.mean(without)).sum())
    se = math.sqrt((count - 1) / count * squares)
    scale = horizon if measure is Measure.TIME_TO_WON else 1.0
    return se if se > _NOISE * scale else NotEstimable(Why.NO_VARIATION)


def rep_values(endings: Endings, measure: Measure, horizon: float) -> Floats | NotEstimable:
    """Each rep's own measure, shape (G,): the mean of its leads' pseudo-values.

    A rep with few leads may have none that is followed to the horizon, and then no curve of its
    own. A pseudo-value says what a lead adds to the measure of all leads together; its mean is
    the rep's incidence, exactly so where no lead is open before the horizon.

    Args:
        endings: Of all reps that are compared, whatever their variant: which lead was followed
            for how long must not depend on the variant.
    Returns:
        Not kept within [0, 1]: that is what makes their mean right.
    References:
        Andersen, Klein & Rosthøj (2003), Biometrika 90:15; R's survival::pseudo, which takes
        them by the infinitesimal jackknife too.
    """
    found = measured(endings, measure, horizon)
    if isinstance(found, NotEstimable):
        return found
    weights = endings.n * found.influence
    sums = np.bincount(endings.rep, weights, minlength=len(endings.reps))
    leads = np.bincount(endings.rep, endings.n, minlength=len(endings.reps))
    return found.value + endings.leads * sums / leads


@dataclass(frozen=True, slots=True)
class Point:
    """A measure at one time of its curve."""

    time: float
    value: float
    se: float | None  # `None` where it cannot be told


def curve(
    endings: Endings, measure: Measure, times: Sequence[float], *, by_rep: bool
) -> tuple[Point, ...]:
    """A measure at each of some times, as far as leads are followed.

    Args:
        times: Above 0.
        by_rep: Whether reps were split, so that their jackknife gives the standard errors.
    """
    found = [(time, measured(endings, measure, time)) for time in times]
    return tuple(
        Point(time, each.value, standard_error(endings, measure, time, by_rep=by_rep))
        for time, each in found
        if isinstance(each, Measured)
    )


def standard_error(
    endings: Endings, measure: Measure, horizon: float, *, by_rep: bool
) -> float | None:
    """The measure's, by what was split; `None` where it cannot be told, for whatever reason."""
    if by_rep:
        se = jackknife_se(endings, measure, horizon)
        return None if isinstance(se, NotEstimable) else se
    found = measured(endings, measure, horizon)
    return None if isinstance(found, NotEstimable) else found.se


def _why_not(endings: Endings, horizon: float) -> Why | None:
    if not 0 < horizon < math.inf:
        raise ValueError(f"a horizon is above 0, not {horizon!r}")
    if not len(endings.time):
        return Why.NO_LEADS
    return None if endings.is_followed(horizon) else Why.NOT_FOLLOWED
