"""How alike the leads of one rep are: the intracluster correlation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import fdtri

from analysis.estimate import check_level
from analysis.sufficient import Ints, RepTotals


@dataclass(frozen=True, slots=True)
class Anova:
    """One-way analysis of variance of leads by rep, within variants.

    Attributes:
        between, within: Mean squares.
        df_between, df_within: Their degrees of freedom, at least 1 each.
        size: Leads of a rep, averaged as unequal reps have to be (n₀).
    """

    between: float
    within: float
    df_between: int
    df_within: int
    size: float

    @property
    def icc(self) -> float | None:
        """The intracluster correlation, at most 1; `None` where nothing varies."""
        spread = self.between + (self.size - 1) * self.within
        return (self.between - self.within) / spread if spread > 0 else None

    def interval(self, level: float = 0.95) -> tuple[float, float] | None:
        """Searle's interval: exact for normal outcomes and reps of equal size.

        Returns:
            Ends within [−1/(n₀ − 1), 1]; `None` where nothing varies.
        References:
            Searle (1971), Linear Models, ch. 9; Thomas & Hultquist (1978), Annals of Statistics
            6:582, for reps of unequal size. R's ICC::ICCest(CI.type = "THD").
        """
        check_level(level)
        if self.icc is None:
            return None
        tail = (1 - level) / 2
        # Ratios of mean squares by which a true one would be exceeded as seldom as the tails say.
        ends = (
            self._at(float(fdtri(self.df_between, self.df_within, p))) for p in (1 - tail, tail)
        )
        low, high = ends
        return low, high

    def _at(self, quantile: float) -> float:
        spread = self.between + (self.size - 1) * quantile * self.within
        return (self.between - quantile * self.within) / spread


def anova(variants: Sequence[RepTotals]) -> Anova | None:
    """Analyse reps' leads within variants.

    Reps are compared with reps of their own variant only: pooled over variants the likeness would
    contain the effect.

    Args:
        variants: The totals of each variant's reps; those without leads do not count.
    Returns:
        `None` where no variant has two reps, or no rep two leads.
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
    return Anova(
        between=sum(_between(totals) for totals in groups) / df_between,
        within=sum(_within(totals) for totals in groups) / df_within,
        df_between=df_between,
        df_within=df_within,
        size=(leads - sum(float(np.sum(t.n**2) / t.n.sum()) for t in groups)) / df_between,
    )


def anova_icc(variants: Sequence[RepTotals]) -> float | None:
    """Intracluster correlation within variants, by one-way analysis of variance.

    It can come out a little below 0, where reps differ less than chance alone makes them differ.

    Args:
        variants: The totals of each variant's reps; those without leads do not count.
    Returns:
        At most 1; `None` where no variant has two reps, no rep two leads, or nothing varies.
    """
    found = anova(variants)
    return None if found is None else found.icc


def design_effect(icc: float, leads: Sequence[int] | Ints) -> float:
    """By how much splitting reps multiplies the variance of as many leads split singly.

    It is 1 + ((1 + cv²)·m̄ − 1)·ICC, and never under 1: a likeness below 0 is chance.

    Args:
        leads: Of each rep, at least one rep with leads.
    References:
        Eldridge, Ashby & Kerry (2006), International Journal of Epidemiology 35:1292.
    """
    sizes = np.asarray(leads, dtype=np.float64)
    return 1 + max(float(np.square(sizes).sum() / sizes.sum()) - 1, 0.0) * max(icc, 0.0)


def _between(totals: RepTotals) -> float:
    """Σ n(rep's mean − variant's mean)²."""
    off_centre = totals.total / totals.n - totals.centre
    mean = np.average(off_centre, weights=totals.n)
    return float(totals.n @ (off_centre - mean) ** 2)


def _within(totals: RepTotals) -> float:
    """Σ(y − rep's mean)², which rounding must not push below 0."""
    off_centre = totals.total / totals.n - totals.centre
    return float(np.maximum(totals.squares - totals.n * off_centre**2, 0).sum())
