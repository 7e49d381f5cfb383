"""Leads split: the difference of mean amounts, such as deal value per enrolled lead."""

from __future__ import annotations

import math
from collections.abc import Sequence

from analysis.estimate import Estimate, NotEstimable, Why, check_level
from analysis.student import by_t, welch_df
from analysis.sufficient import Amounts

# Under this share of the amounts' own size, a spread is float noise.
_NOISE = 1e-12


def welch(control: Amounts, treatment: Amounts, *, level: float = 0.95) -> Estimate | NotEstimable:
    """Difference of mean amounts by Welch's t, each variant with its own variance.

    Returns:
        Effect in the amount's unit per lead, treatment minus control.
    References:
        Welch (1947), Biometrika 34:28; R's t.test.
    """
    check_level(level)
    if min(control.n, treatment.n) < 2:
        return NotEstimable(Why.TOO_FEW_LEADS)
    noises = [each.squares / (each.n - 1) / each.n for each in (control, treatment)]
    size = max(abs(control.mean), abs(treatment.mean))
    se = math.sqrt(sum(noises))
    if se <= _NOISE * size:
        return NotEstimable(Why.NO_VARIATION)
    df = welch_df(noises, [control.n - 1, treatment.n - 1])
    return by_t(treatment.mean - control.mean, se=se, df=df, level=level)


def blocked_difference(
    strata: Sequence[tuple[Amounts, Amounts]], *, level: float = 0.95
) -> Estimate | NotEstimable:
    """Difference of mean amounts within strata, each weighed by its leads.

    Args:
        strata: The control's and the treatment's leads of each.
    Returns:
        Effect in the amount's unit per lead, treatment minus control; by Student's t with as many
        degrees of freedom as there are leads, less two a stratum.
    References:
        Neyman (1923); Gerber & Green (2012), Field Experiments, ch. 3; R's
        estimatr::difference_in_means with blocks.
    """
    check_level(level)
    if not strata:
        return NotEstimable(Why.NO_STRATUM)
    arms = [arm for stratum in strata for arm in stratum]
    if min(arm.n for arm in arms) < 2:
        return NotEstimable(Why.TOO_FEW_LEADS)
    leads = sum(arm.n for arm in arms)
    effect = variance = 0.0
    for control, treatment in strata:
        weight = (control.n + treatment.n) / leads
        effect += weight * (treatment.mean - control.mean)
        noises = (each.squares / (each.n - 1) / each.n for each in (control, treatment))
        variance += weight**2 * sum(noises)
    if math.sqrt(variance) <= _NOISE * max(abs(arm.mean) for arm in arms):
        return NotEstimable(Why.NO_VARIATION)
    df = float(leads - len(arms))
    return by_t(effect, se=math.sqrt(variance), df=df, level=level)
