"""Reps split: each rep is one observation, the rate of its own leads."""

from __future__ import annotations

import math

import numpy as np

from analysis.estimate import Estimate, NotEstimable, Why, check_level
from analysis.student import by_t, welch_df
from analysis.sufficient import Bools, Floats, Ints, RepTotals

# Under this share of the outcome's own size, a spread is float noise.
_NOISE = 1e-12


def rep_rates(totals: RepTotals) -> Floats:
    """Each rep's mean outcome, shape (G,); for a 0/1 outcome its rate, in [0, 1].

    Raises:
        ValueError: if a rep has no leads, and so no rate.
    """
    if not totals.has_leads.all():
        raise ValueError("a rep without leads has no rate")
    return totals.total / totals.n


def rep_t(rates: Floats, treated: Bools, *, level: float = 0.95) -> Estimate | NotEstimable:
    """Difference of the average rep's rate by Student's t on the rates, df = G − 2.

    Args:
        rates: One per rep, shape (G,).
        treated: True for the treatment's reps, shape (G,).
    Returns:
        Effect in the outcome's unit, treatment minus control; every rep counts once.
    References:
        Student (1908), Biometrika 6:1; R's t.test(var.equal = TRUE).
    """
    check_level(level)
    check_rates(rates, treated)
    if too_thin := why_too_thin(rates, treated):
        return NotEstimable(too_thin)
    sizes = int(np.count_nonzero(~treated)), int(np.count_nonzero(treated))
    effect = mean_difference(rates, treated)
    deviations, scale = scaled_deviations(rates, treated)
    df = len(rates) - 2
    se = scale * math.sqrt(float(deviations @ deviations) / df * (1 / sizes[0] + 1 / sizes[1]))
    return by_t(effect, se=se, df=float(df), level=level)


def rep_welch(rates: Floats, treated: Bools, *, level: float = 0.95) -> Estimate | NotEstimable:
    """Difference of the average rep's rate by Welch's t: each variant has its own variance.

    Args:
        rates: One per rep, shape (G,).
        treated: True for the treatment's reps, shape (G,).
    Returns:
        Effect in the outcome's unit, treatment minus control; every rep counts once.
    References:
        Welch (1947), Biometrika 34:28; R's t.test.
    """
    check_level(level)
    check_rates(rates, treated)
    if too_thin := why_too_thin(rates, treated):
        return NotEstimable(too_thin)
    deviations, scale = scaled_deviations(rates, treated)
    arms = deviations[~treated], deviations[treated]
    noises = [float(arm @ arm) / (len(arm) - 1) / len(arm) for arm in arms]
    se = scale * math.sqrt(sum(noises))
    df = welch_df(noises, [len(arm) - 1 for arm in arms])
    return by_t(mean_difference(rates, treated), se=se, df=df, level=level)


def paired_t(
    rates: Floats, treated: Bools, pairs: Ints, *, level: float = 0.95
) -> Estimate | NotEstimable:
    """Mean difference within pairs of reps by Student's t, df = pairs − 1.

    Args:
        rates: One per rep, shape (G,).
        treated: True for the treatment's reps, shape (G,).
        pairs: Which pair a rep is of, shape (G,). A pair that is not one rep of each variant,
            because a rep had no leads, is left out.
    Returns:
        Effect in the outcome's unit, treatment minus control; every pair counts once.
    References:
        Student (1908), Biometrika 6:1; R's t.test(paired = TRUE).
    """
    check_level(level)
    check_rates(rates, treated)
    control = dict(zip(pairs[~treated].tolist(), rates[~treated].tolist(), strict=True))
    treatment = dict(zip(pairs[treated].tolist(), rates[treated].tolist(), strict=True))
    whole = sorted(control.keys() & treatment.keys())
    differences = np.array([treatment[each] - control[each] for each in whole])
    if len(differences) < 2:
        return NotEstimable(Why.TOO_FEW_PAIRS)
    effect = float(differences.mean())
    deviations = differences - effect
    scale = float(np.abs(deviations).max())
    if scale <= _NOISE * float(np.abs(rates).max()):
        return NotEstimable(Why.NO_VARIATION)
    df = len(differences) - 1
    squares = float(np.square(deviations / scale).sum())
    se = scale * math.sqrt(squares / df / len(differences))
    return by_t(effect, se=se, df=float(df), level=level)


def mean_difference(rates: Floats, treated: Bools) -> float:
    """The treatment's mean less the control's; float noise alone is a difference of 0."""
    effect = float(rates[treated].mean() - rates[~treated].mean())
    return effect if abs(effect) > _NOISE * float(np.abs(rates).max()) else 0.0


def scaled_deviations(rates: Floats, treated: Bools) -> tuple[Floats, float]:
    """Each rate less the mean of its variant, over the largest of these, and that one.

    In units of their own spread no amount of money is too large or too small to be squared.
    """
    means = np.where(treated, rates[treated].mean(), rates[~treated].mean())
    scale = float(np.abs(rates - means).max())
    return (rates - means) / scale, scale


def why_too_thin(rates: Floats, treated: Bools) -> Why | None:
    """Why these rates cannot be compared at all, or `None` if they can."""
    arms = rates[~treated], rates[treated]
    if min(map(len, arms)) < 2:
        return Why.TOO_FEW_REPS
    noise = _NOISE * float(np.abs(rates).max())
    if all(float(np.ptp(arm)) <= noise for arm in arms):
        return Why.NO_VARIATION
    return None


def check_rates(rates: Floats, treated: Bools) -> None:
    """Refuse rates that do not fit their labels, or are not numbers.

    Raises:
        ValueError: saying which.
    """
    if rates.ndim != 1 or rates.shape != treated.shape:
        raise ValueError(f"rates of shape {rates.shape} with labels of shape {treated.shape}")
    if not np.isfinite(rates).all():
        raise ValueError("rates are finite numbers")
