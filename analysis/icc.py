"""How alike the leads of one rep are: the intracluster correlation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analysis.sufficient import RepTotals


def anova_icc(variants: Sequence[RepTotals]) -> float | None:
    """Intracluster correlation within variants, by one-way analysis of variance.

    Reps are compared with reps of their own variant only: pooled over variants it would contain
    the effect. It can come out a little below 0, where reps differ less than chance alone makes
    them differ.

    Args:
        variants: The totals of each variant's reps; those without leads do not count.
    Returns:
        At most 1; `None` where no variant has two reps, no rep two leads, or nothing varies.
    References:
        Donner & Klar (2000), Design and Analysis of Cluster Randomization Trials, ch. 1.
    """
    seen = [totals.of(totals.has_leads) for totals in variants]
    groups = [totals for totals in seen if len(totals.reps) > 0]
    leads = sum(int(totals.n.sum()) for totals in groups)
    reps = sum(len(totals.reps) for totals in groups)
    df_between, df_within = reps - len(groups), leads - reps
    if df_between < 1 or df_within < 1:
        return None
    between = sum(_between(totals) for totals in groups) / df_between
    within = sum(_within(totals) for totals in groups) / df_within
    size = (leads - sum(float(np.sum(t.n**2) / t.n.sum()) for t in groups)) / df_between
    spread = between + (size - 1) * within
    return (between - within) / spread if spread > 0 else None


def _between(totals: RepTotals) -> float:
    """Σ n(rep's mean − variant's mean)²."""
    off_centre = totals.total / totals.n - totals.centre
    mean = np.average(off_centre, weights=totals.n)
    return float(totals.n @ (off_centre - mean) ** 2)


def _within(totals: RepTotals) -> float:
    """Σ(y − rep's mean)², which rounding must not push below 0."""
    off_centre = totals.total / totals.n - totals.centre
    return float(np.maximum(totals.squares - totals.n * off_centre**2, 0).sum())
