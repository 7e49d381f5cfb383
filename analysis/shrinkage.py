"""Reps' own rates, drawn towards their variant's: a rep of few leads says little of itself."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.estimate import Interval, check_level
from analysis.icc import anova
from analysis.sufficient import RepTotals
from analysis.tails import z_of


@dataclass(frozen=True, slots=True)
class ShrunkenRate:
    """One rep's rate as it is best guessed, never to be ranked by the raw one.

    Attributes:
        raw: The mean of the rep's own leads.
        shrunken: Between that and the variant's mean.
        weight: How much of it is the rep's own, in [0, 1].
        interval: Of the rep's true rate.
    """

    rep: str
    n: int
    raw: float
    shrunken: float
    weight: float
    interval: Interval


def shrunken_rates(
    variants: Sequence[RepTotals], *, level: float = 0.95
) -> tuple[tuple[ShrunkenRate, ...], ...] | None:
    """Each rep's rate by empirical Bayes, within the own variant.

    A rep's weight is τ²/(τ² + σ²/n): τ² is how much true rates vary between reps, σ² how much
    leads vary within one, both from the analysis of variance of all variants. Where reps differ
    no more than chance makes them, all rates are their variant's.

    Args:
        variants: The totals of each variant's reps; those without leads are left out.
    Returns:
        A variant's reps in their order; `None` where the variances cannot be told.
    References:
        Morris (1983), JASA 78:47; Efron & Morris (1975), JASA 70:311.
    """
    check_level(level)
    found = anova(variants)
    if found is None:
        return None
    between = max((found.between - found.within) / found.size, 0.0) if found.size > 0 else 0.0
    return tuple(
        _shrunken(totals.of(totals.has_leads), between, found.within, level) for totals in variants
    )


def _shrunken(
    totals: RepTotals, between: float, within: float, level: float
) -> tuple[ShrunkenRate, ...]:
    noise = within / totals.n
    spread = between + noise
    raw = totals.total / totals.n
    # Reps are averaged by how well each is known; where nothing varies, alike.
    known = np.where(spread > 0, 1 / np.where(spread > 0, spread, 1.0), 1.0)
    mean = float(known @ raw / known.sum()) if len(raw) else 0.0
    weights = np.where(spread > 0, between / np.where(spread > 0, spread, 1.0), 0.0)
    z = z_of(1 - level)
    of_mean = 1 / float(known.sum()) if len(raw) and between > 0 else 0.0
    return tuple(
        _rate(rep, int(n), float(own), mean, float(weight), between, of_mean, z)
        for rep, n, own, weight in zip(totals.reps, totals.n, raw, weights, strict=True)
    )


def _rate(
    rep: str,
    n: int,
    raw: float,
    mean: float,
    weight: float,
    between: float,
    of_mean: float,
    z: float,
) -> ShrunkenRate:
    shrunken = weight * raw + (1 - weight) * mean
    # What stays unknown of the rep, and of the mean that is borrowed from.
    error = math.sqrt(between * (1 - weight) + (1 - weight) ** 2 * of_mean)
    return ShrunkenRate(
        rep, n, raw, shrunken, weight, (shrunken - z * error, shrunken + z * error)
    )
