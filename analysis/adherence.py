"""Reps split, and not all follow: the effect of following, beside that of being assigned."""

from __future__ import annotations

import numpy as np

from analysis.estimate import Estimate, NotEstimable, Why, check_level
from analysis.randomization import check_redraws, judged
from analysis.rep_level import check_rates, mean_difference, why_too_thin
from analysis.shifts import Shifts
from analysis.splits import Splits
from analysis.sufficient import Bools, Floats

# Under this share of its own size, a difference is float noise.
_NOISE = 1e-12


def cace(
    rates: Floats,
    followed: Floats,
    treated: Bools,
    redraws: Bools | Splits,
    *,
    exact: bool,
    level: float = 0.95,
) -> Estimate | NotEstimable:
    """Effect of following, among reps who follow if they are assigned to it.

    The difference of the rates over that of the shares that followed (Wald). The interval holds
    every effect β at which the split cannot be told from the re-draws by rates less β times the
    share that followed (Anderson and Rubin's set): it has no end where following differed too
    little, and the p-value is that of no effect, as of being assigned.

    Args:
        rates: One per rep, shape (G,).
        followed: Share of each rep's leads that received the treatment's defining actions,
            measured alike in both variants, in [0, 1], shape (G,).
        treated: The split that happened, True for treatment, shape (G,).
        redraws: What the same design could have given, shape (B, G).
        exact: Whether the redraws are every possible split, each once.
    Returns:
        Effect in the outcome's unit for a lead that is followed up, every rep counting once.
    Raises:
        ValueError: as `randomization_test`, and for shares outside [0, 1].
    References:
        Anderson & Rubin (1949), Annals of Mathematical Statistics 20:46; Imbens & Rosenbaum
        (2005), JRSS A 168:109; Angrist, Imbens & Rubin (1996), JASA 91:444.
    """
    check_level(level)
    check_rates(rates, treated)
    check_rates(followed, treated)
    if followed.min() < 0 or followed.max() > 1:
        raise ValueError("shares that followed are from 0 to 1")
    if too_thin := why_too_thin(rates, treated):
        return NotEstimable(too_thin)
    splits = Splits.of(redraws)
    check_redraws(splits, treated, exact=exact)
    difference = mean_difference(followed, treated)
    if difference == 0:
        return NotEstimable(Why.SAME_FOLLOWING)
    effect = mean_difference(rates, treated) / difference
    left = rates - effect * followed
    residuals = left - left.mean()
    if float(np.abs(residuals).max()) <= _NOISE * float(np.abs(rates).max()):
        return NotEstimable(Why.NO_VARIATION)
    shifts = Shifts.adjusted(effect, residuals, followed - followed.mean(), treated, splits)
    return judged(shifts, len(splits), exact=exact, level=level)
