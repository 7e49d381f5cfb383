"""Reps split, with a value of each from before the test: less noise, the same promise."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from analysis.estimate import Estimate, NotEstimable, Why, check_level
from analysis.randomization import check_redraws, judged
from analysis.rep_level import check_rates, why_too_thin
from analysis.shifts import Shifts
from analysis.splits import Splits
from analysis.student import by_t
from analysis.sufficient import Bools, Floats

# Under this share of its own size, what a fit leaves is float noise.
_NOISE = 1e-10


def rep_ancova(
    rates: Floats, treated: Bools, covariate: Floats, *, level: float = 0.95
) -> Estimate | NotEstimable:
    """Difference of the average rep's rate among reps alike before, by least squares.

    Rates are fitted on the split and the covariate, without an interaction (which with few reps
    does harm); df = G − 3.

    Args:
        rates: One per rep, shape (G,).
        treated: True for the treatment's reps, shape (G,).
        covariate: A value from before the test, shape (G,).
    Returns:
        Effect in the outcome's unit, treatment minus control; every rep counts once.
    References:
        Fisher (1932), Statistical Methods for Research Workers, §49.1; R's lm.
    """
    check_level(level)
    fit = fitted(rates, treated, covariate)
    if isinstance(fit, NotEstimable):
        return fit
    df = len(rates) - 3
    # In units of their own size no amount of money is too large or too small to be squared.
    scale = float(np.abs(fit.residuals).max())
    deviations = fit.residuals / scale
    se = scale * math.sqrt(float(deviations @ deviations) / df / float(fit.q @ fit.q))
    return by_t(fit.effect, se=se, df=float(df), level=level)


def randomization_ancova(
    rates: Floats,
    treated: Bools,
    covariate: Floats,
    redraws: Bools | Splits,
    *,
    exact: bool,
    level: float = 0.95,
) -> Estimate | NotEstimable:
    """The randomisation test among reps alike before.

    For each shift that is tested the rates, less the shift for the treated, are fitted on the
    covariate anew, and the split is judged on what is left: residuals fitted only once would
    pull the estimate towards none. The statistic is their difference over Welch's standard
    error; the estimate is `rep_ancova`'s.

    Args:
        rates: One per rep, shape (G,).
        treated: The split that happened, True for treatment, shape (G,).
        covariate: A value from before the test, shape (G,).
        redraws: What the same design could have given, shape (B, G).
        exact: Whether the redraws are every possible split, each once.
    Returns:
        Effect in the outcome's unit, treatment minus control; every rep counts once.
    Raises:
        ValueError: as `randomization_test`, and for a covariate that is not finite.
    References:
        Rosenbaum (2002), Statistical Science 17:286.
    """
    check_level(level)
    fit = fitted(rates, treated, covariate)
    if isinstance(fit, NotEstimable):
        return fit
    splits = Splits.of(redraws)
    check_redraws(splits, treated, exact=exact)
    shifts = Shifts.adjusted(fit.effect, fit.residuals, fit.q, treated, splits)
    return judged(shifts, len(splits), exact=exact, level=level)


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """Rates fitted on the split and on a value from before."""

    effect: float
    residuals: Floats  # of the rates less the effect for the treated, fitted on the covariate
    q: Floats  # what the covariate leaves of having been treated


def fitted(rates: Floats, treated: Bools, covariate: Floats) -> Fit | NotEstimable:
    """Fit them by least squares, or say why that cannot be.

    Raises:
        ValueError: if a rate or a value is not finite, or shapes differ.
    """
    check_rates(rates, treated)
    if covariate.shape != rates.shape or not np.isfinite(covariate).all():
        raise ValueError("a covariate is a finite number for each rep")
    if too_thin := why_too_thin(rates, treated):
        return NotEstimable(too_thin)
    if _in_own_units(covariate) is None:
        return NotEstimable(Why.CONSTANT_COVARIATE)
    q, y = left_by(covariate, treated.astype(np.float64)), left_by(covariate, rates)
    if float(q @ q) <= _NOISE:
        return NotEstimable(Why.COVARIATE_IS_SPLIT)
    effect = float(q @ y / (q @ q))
    residuals = y - effect * q
    if float(np.abs(residuals).max()) <= _NOISE * float(np.abs(rates).max()):
        return NotEstimable(Why.NO_VARIATION)
    size = float(np.abs(rates).max())
    return Fit(effect if abs(effect) > _NOISE * size else 0.0, residuals, q)


def left_by(covariate: Floats | None, values: Floats) -> Floats:
    """The residuals of values fitted on a constant and on a covariate, if that varies.

    Args:
        covariate, values: Shape (G,).
    """
    centred: Floats = values - values.mean()
    x = None if covariate is None else _in_own_units(covariate)
    if x is None:
        return centred
    left: Floats = centred - x * float(x @ centred) / float(x @ x)
    is_noise = float(np.abs(left).max()) <= _NOISE * float(np.abs(values).max())
    return np.zeros(len(values)) if is_noise else left


def _in_own_units(covariate: Floats) -> Floats | None:
    """The covariate about its mean, 1 at the most; `None` if it does not vary."""
    x = covariate - covariate.mean()
    widest = float(np.abs(x).max())
    if widest <= _NOISE * float(np.abs(covariate).max()):
        return None
    scaled: Floats = x / widest
    return scaled
