"""Whether a treatment does as much everywhere: one test over teams or segments."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc

from analysis.estimate import NotEstimable, Result, Why, check_level
from analysis.proportion import Stratum, score_difference
from analysis.randomization import Tails, check_redraws
from analysis.rep_level import check_rates, rep_welch
from analysis.splits import Splits
from analysis.sufficient import Bools, Floats, Ints

# Statistics that differ by less, relative to their size, are ties.
_TIE = 1e-9
# Under this share of the rates' own, a variance is what rounding leaves of none.
_NOISE = 1e-13


@dataclass(frozen=True, slots=True)
class Heterogeneity:
    """One test of whether segments differ in the effect.

    Attributes:
        effects: Each segment's own difference, treatment minus control, with its interval: a
            description, as none of them was planned to decide.
        statistic: How far they lie apart, in units of their variances.
        p: Of the one test.
        df: Of the chi-square distribution, where leads were split.
        draws: Re-draws compared, where reps were.
    """

    effects: tuple[Result, ...]
    statistic: float
    p: float
    df: int | None = None
    draws: int | None = None


def rep_heterogeneity(
    rates: Floats,
    treated: Bools,
    segments: Ints,
    redraws: Bools | Splits,
    *,
    exact: bool,
    level: float = 0.95,
) -> Heterogeneity | NotEstimable:
    """Whether the difference of the average rep's rate is the same in every segment.

    The common difference is taken off the treatment's rates, and the split is drawn again within
    the recorded design: were it the same everywhere, the segments' differences would lie as far
    apart in the re-draws. The statistic is Cochran's, Σ(dₛ − d)²/vₛ with Welch's variances.

    Args:
        rates: One per rep, shape (G,).
        treated: The split that happened, shape (G,).
        segments: Each rep's, numbered from 0, shape (G,).
        redraws: What the same design could have given, shape (B, G).
        exact: Whether the redraws are every possible split, each once.
    Raises:
        ValueError: if shapes do not fit.
    References:
        Ding, Feller & Miratrix (2016), JRSS B 78:655, with the common effect estimated; Cochran
        (1954), Biometrics 10:101.
    """
    check_level(level)
    check_rates(rates, treated)
    if segments.shape != rates.shape:
        raise ValueError("each rep has a segment")
    count = int(segments.max()) + 1
    if count < 2:
        return NotEstimable(Why.ONE_SEGMENT)
    splits = Splits.of(redraws)
    check_redraws(splits, treated, exact=exact)
    shift = _common(rates, treated, segments)
    left = rates - (shift or 0.0) * treated
    happened = _statistics(left, Splits(treated[np.newaxis]), segments)[0]
    if shift is None or not math.isfinite(happened):
        return NotEstimable(Why.TOO_FEW_REPS)
    again = _statistics(left, splits, segments)
    # A re-draw that leaves a segment too few reps of a variant says nothing.
    said = again[np.isfinite(again)]
    extreme = int(np.count_nonzero(said >= happened * (1 - _TIE)))
    effects = tuple(
        rep_welch(rates[segments == each], treated[segments == each], level=level)
        for each in range(count)
    )
    p = Tails(len(said), exact).p_of(extreme)
    return Heterogeneity(effects, happened, p, draws=len(said))


def lead_heterogeneity(
    segments: Sequence[Stratum], *, level: float = 0.95
) -> Heterogeneity | NotEstimable:
    """Whether the difference of the rates is the same in every segment, leads having been split.

    Args:
        segments: Both variants' counts in each.
    Returns:
        Cochran's Q, judged by chi-square with one degree of freedom less than segments.
    References:
        Cochran (1954), Biometrics 10:101; R's metafor::rma(measure = "RD", method = "FE").
    """
    check_level(level)
    if len(segments) < 2:
        return NotEstimable(Why.ONE_SEGMENT)
    differences = np.array([each.treatment.rate - each.control.rate for each in segments])
    variances = np.array(
        [
            sum(arm.rate * (1 - arm.rate) / arm.n for arm in (each.control, each.treatment))
            for each in segments
        ]
    )
    if (variances <= 0).any():
        return NotEstimable(Why.NO_VARIATION)
    statistic = _cochran(differences, variances)
    effects = tuple(
        score_difference(each.control, each.treatment, level=level) for each in segments
    )
    df = len(segments) - 1
    return Heterogeneity(effects, statistic, float(chdtrc(df, statistic)), df=df)


def _cochran(differences: Floats, variances: Floats) -> float:
    weights = 1 / variances
    mean = float(weights @ differences / weights.sum())
    return float(weights @ (differences - mean) ** 2)


def _common(rates: Floats, treated: Bools, segments: Ints) -> float | None:
    """The difference within segments, each weighted as a regression would."""
    total = weight = 0.0
    for each in range(int(segments.max()) + 1):
        arms = rates[(segments == each) & treated], rates[(segments == each) & ~treated]
        if min(map(len, arms)) < 2:
            return None
        share = len(arms[0]) * len(arms[1]) / (len(arms[0]) + len(arms[1]))
        total += share * float(arms[0].mean() - arms[1].mean())
        weight += share
    return total / weight


def _statistics(rates: Floats, splits: Splits, segments: Ints) -> Floats:
    """Cochran's statistic of every split, shape (B,); infinite where it cannot be told."""
    parts = [_differences(rates, splits, segments == each) for each in range(segments.max() + 1)]
    differences, variances = (np.stack(each) for each in zip(*parts, strict=True))
    size = _NOISE * float(np.square(rates - rates.mean()).sum())
    known = (variances > size).all(axis=0) & np.isfinite(variances).all(axis=0)
    weights = 1 / np.where(known, variances, 1.0)
    mean = (weights * differences).sum(axis=0) / weights.sum(axis=0)
    found: Floats = (weights * (differences - mean) ** 2).sum(axis=0)
    return np.where(known, found, np.inf)


def _differences(rates: Floats, splits: Splits, mine: Bools) -> tuple[Floats, Floats]:
    """One segment's differences and their variances in every split, shape (B,) each."""
    columns = np.column_stack([mine, mine * rates, mine * rates**2]).astype(np.float64)
    treated = splits.sums(columns).T
    control = columns.sum(axis=0)[:, np.newaxis] - treated
    known = (treated[0] >= 2) & (control[0] >= 2)
    means, variances = [], []
    for n, total, squares in (treated, control):
        n = np.where(known, n, 2.0)
        means.append(total / n)
        variances.append(np.maximum(squares - total**2 / n, 0) / (n * (n - 1)))
    return means[0] - means[1], np.where(known, variances[0] + variances[1], np.inf)
