"""Leads split: the difference of mean amounts, such as deal value per enrolled lead."""

from __future__ import annotations

import math

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
