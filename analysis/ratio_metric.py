"""Ratios of two sums, such as value per win: a description with its interval, never a test."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from analysis.estimate import Interval, NotEstimable, Why, check_level
from analysis.student import welch_df
from analysis.sufficient import Floats
from analysis.tails import t_of

# Under this share of the sums' own size, a spread is float noise.
_NOISE = 1e-12


@dataclass(frozen=True, slots=True)
class Ratio:
    """A ratio of sums, and its interval; of a difference of two, treatment minus control.

    It carries no p: its denominator, such as the wins, is itself an outcome of the test, so the
    two variants' ratios compare selected leads.
    """

    value: float
    se: float
    df: float
    ci: Interval
    level: float


def ratio(above: Floats, below: Floats, *, level: float = 0.95) -> Ratio | NotEstimable:
    """A variant's ratio of two sums over its reps.

    Args:
        above, below: Each rep's sums, such as money and wins, shape (G,).
    Returns:
        Σabove/Σbelow, in their units; the interval by Student's t on linearised reps, df = G − 1.
    References:
        Cochran (1977), Sampling Techniques, ch. 6; Deng, Knoblich & Lu (2018), KDD, for the delta
        method.
    """
    check_level(level)
    found = _linear(above, below)
    if isinstance(found, NotEstimable):
        return found
    value, variance = found
    return _by_t(value, variance, float(len(above) - 1), level)


def ratio_difference(
    control: tuple[Floats, Floats], treatment: tuple[Floats, Floats], *, level: float = 0.95
) -> Ratio | NotEstimable:
    """The treatment's ratio less the control's, each variant with its own variance.

    Args:
        control, treatment: Each rep's two sums, as `ratio` takes them.
    References:
        Deng, Knoblich & Lu (2018), KDD; Welch (1947), Biometrika 34:28.
    """
    check_level(level)
    found = [_linear(*each) for each in (control, treatment)]
    for each in found:
        if isinstance(each, NotEstimable):
            return each
    values, variances = zip(
        *(each for each in found if not isinstance(each, NotEstimable)), strict=True
    )
    df = welch_df(list(variances), [len(each[0]) - 1 for each in (control, treatment)])
    return _by_t(values[1] - values[0], sum(variances), df, level)


def _linear(above: Floats, below: Floats) -> tuple[float, float] | NotEstimable:
    """The ratio, and the variance of its linear part."""
    if above.shape != below.shape or above.ndim != 1:
        raise ValueError("each rep has both sums")
    if not (np.isfinite(above).all() and np.isfinite(below).all()):
        raise ValueError("sums are finite numbers")
    if len(above) < 2:
        return NotEstimable(Why.TOO_FEW_REPS)
    total = float(below.sum())
    if total <= 0:
        return NotEstimable(Why.NO_FINITE_RATIO)
    value = float(above.sum()) / total
    count = len(above)
    residuals = (above - value * below) / (total / count)
    scale = float(np.abs(residuals).max())
    if scale <= _NOISE * max(abs(value), float(np.abs(above).max()) / (total / count)):
        return NotEstimable(Why.NO_VARIATION)
    squares = float(np.square(residuals / scale).sum())
    return value, scale**2 * squares / (count - 1) / count


def _by_t(value: float, variance: float, df: float, level: float) -> Ratio:
    se = math.sqrt(variance)
    reach = t_of(1 - level, df) * se
    return Ratio(value, se, df, (value - reach, value + reach), level)
