"""Two variants' leads compared on what became of them by a horizon, open leads included."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from analysis.comparison import Comparison
from analysis.endings import Endings, Measure
from analysis.estimate import Estimate, NotEstimable, Result, Why, check_level
from analysis.incidence import Measured, jackknife_se, measured, rep_values
from analysis.methods import compared_by
from analysis.proportion import newcombe
from analysis.randomization import randomization_test
from analysis.rep_level import rep_t
from analysis.splits import Splits
from analysis.student import by_t, welch_df
from analysis.sufficient import Bools
from analysis.tails import p_of_z, z_of


@dataclass(frozen=True, slots=True, eq=False)
class LeadTimes:
    """Two variants between which leads were split, and what is asked of them."""

    control: Endings
    treatment: Endings
    measure: Measure
    horizon: float  # in the unit of the times


@dataclass(frozen=True, slots=True, eq=False)
class RepTimes:
    """Two variants between which reps were split, and what is asked of their leads.

    Attributes:
        endings: Of both variants, G reps.
        treated: True for the treatment's reps, shape (G,).
        redraws: What the design could have given for them, shape (B, G).
        exact: Whether the redraws are every possible split, each once.
    """

    endings: Endings
    treated: Bools
    redraws: Bools | Splits
    exact: bool
    measure: Measure
    horizon: float  # in the unit of the times


def score_hybrid(pair: LeadTimes, *, level: float = 0.95) -> Result:
    """Difference of two incidences with Newcombe's hybrid of their score intervals.

    An incidence F with the standard error s is worth F(1 − F)/s² leads; one of 0 or 1, as many
    leads as are known to have closed or to be open at the horizon. Where no lead is open before
    it, this is Newcombe's interval for the plain shares.

    References:
        Dorey & Korn (1987), Statistics in Medicine 6:679, for effective sizes; Newcombe (1998),
        Statistics in Medicine 17:873, method 10.
    """
    if pair.measure is Measure.TIME_TO_WON:
        raise ValueError("a score interval is of shares")
    shares = []
    for endings in (pair.control, pair.treatment):
        found = measured(endings, pair.measure, pair.horizon)
        if isinstance(found, NotEstimable):
            return found
        shares.append(_worth(found, endings.known(pair.horizon)))
    return newcombe(shares[0], shares[1], level=level)


def wald(pair: LeadTimes, *, level: float = 0.95) -> Result:
    """Difference of two measures with their standard errors, judged by the normal."""
    check_level(level)
    found = [measured(each, pair.measure, pair.horizon) for each in (pair.control, pair.treatment)]
    control, treatment = found
    if isinstance(control, NotEstimable):
        return control
    if isinstance(treatment, NotEstimable):
        return treatment
    se = math.hypot(control.se or 0.0, treatment.se or 0.0)
    if se == 0:
        return NotEstimable(Why.NO_VARIATION)
    effect, half = treatment.value - control.value, z_of(1 - level) * se
    ci = (effect - half, effect + half)
    return Estimate(effect=effect, se=se, ci=ci, p=p_of_z(effect / se), level=level)


def by_redraws(pair: RepTimes, *, level: float = 0.95) -> Result:
    """Difference of the average rep's measure by the randomisation test on `rep_values`."""
    rates = rep_values(pair.endings, pair.measure, pair.horizon)
    if isinstance(rates, NotEstimable):
        return rates
    return randomization_test(rates, pair.treated, pair.redraws, exact=pair.exact, level=level)


def by_rep_t(pair: RepTimes, *, level: float = 0.95) -> Result:
    """Difference of the average rep's measure by Student's t on `rep_values`."""
    rates = rep_values(pair.endings, pair.measure, pair.horizon)
    return rates if isinstance(rates, NotEstimable) else rep_t(rates, pair.treated, level=level)


def jackknife(pair: RepTimes, *, level: float = 0.95) -> Result:
    """Difference of the average lead's measure, with the jackknife over reps in each variant.

    Judged by Student's t with Welch and Satterthwaite's degrees of freedom.
    """
    check_level(level)
    values, noises, dfs = [], [], []
    for chosen in (~pair.treated, pair.treated):
        endings = pair.endings.of(chosen)
        if len(endings.reps) < 2:
            return NotEstimable(Why.TOO_FEW_REPS)
        found = measured(endings, pair.measure, pair.horizon)
        if isinstance(found, NotEstimable):
            return found
        se = jackknife_se(endings, pair.measure, pair.horizon)
        if isinstance(se, NotEstimable):
            if se.why is not Why.NO_VARIATION:
                return se
            se = 0.0
        values.append(found.value)
        noises.append(se**2)
        dfs.append(len(endings.reps) - 1)
    if not any(noises):
        return NotEstimable(Why.NO_VARIATION)
    df = welch_df(noises, dfs)
    return by_t(values[1] - values[0], se=math.sqrt(sum(noises)), df=df, level=level)


_WALD: dict[str, Callable[[LeadTimes, float], Result]] = {
    "wald": lambda pair, level: wald(pair, level=level),
}
_SHARES = {"newcombe": lambda pair, level: score_hybrid(pair, level=level)} | _WALD
_REPS: dict[str, Callable[[RepTimes, float], Result]] = {
    "randomization": lambda pair, level: by_redraws(pair, level=level),
    "rep_t": lambda pair, level: by_rep_t(pair, level=level),
    "jackknife": lambda pair, level: jackknife(pair, level=level),
}


def compare_rep_times(
    pairs: Mapping[str, RepTimes], *, level: float = 0.95
) -> dict[str, Comparison]:
    """Compare each treatment with the control, reps having been split.

    Args:
        pairs: By treatment; all of one measure and against the same control.
    Returns:
        By treatment, in the same order; corrected by Holm when there are several.
    """
    return compared_by(_REPS, pairs, primary="randomization", level=level)


def compare_lead_times(
    pairs: Mapping[str, LeadTimes], *, level: float = 0.95
) -> dict[str, Comparison]:
    """Compare each treatment with the control, leads having been split.

    Args:
        pairs: By treatment; all of one measure and against the same control.
    Returns:
        By treatment, in the same order; corrected by Holm when there are several.
    """
    if any(pair.measure is Measure.TIME_TO_WON for pair in pairs.values()):
        return compared_by(_WALD, pairs, primary="wald", level=level)
    return compared_by(_SHARES, pairs, primary="newcombe", level=level)


@dataclass(frozen=True, slots=True)
class _Worth:
    """A share and the leads that its uncertainty is worth."""

    n: float
    rate: float


def _worth(found: Measured, known: int) -> _Worth:
    rate = found.value
    return _Worth(float(known) if found.se is None else rate * (1 - rate) / found.se**2, rate)
