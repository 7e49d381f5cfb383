"""Leads split: the difference of two rates, by the score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from analysis.bisection import crossing
from analysis.estimate import Estimate, NotEstimable, Why, check_level
from analysis.sufficient import Counts, Floats
from analysis.tails import p_of_z, z_of

# Far beyond any p-value that a float can hold.
_FARTHEST_Z = 40.0


class Share(Protocol):
    """A rate and the number of leads that it is worth, which censoring makes no whole number."""

    @property
    def n(self) -> float:
        """Leads, above 0."""

    @property
    def rate(self) -> float:
        """In [0, 1]."""


@dataclass(frozen=True, slots=True)
class Stratum:
    """Leads of one rep, team or block, split over both variants."""

    control: Counts
    treatment: Counts


def wilson(counts: Counts, *, level: float = 0.95) -> tuple[float, float]:
    """Interval for a single rate, to be shown beside its count.

    References:
        Wilson (1927), JASA 22:209.
    """
    check_level(level)
    return _wilson(counts, z_of(1 - level))


def newcombe(control: Share, treatment: Share, *, level: float = 0.95) -> Estimate:
    """Difference of two rates with Newcombe's hybrid score interval.

    The p-value is the least alpha whose interval excludes 0.

    Returns:
        Effect in rate points as a fraction, treatment minus control; 0.02 means two points.
    References:
        Newcombe (1998), Statistics in Medicine 17:873, method 10.
    """
    check_level(level)
    return Estimate(
        effect=treatment.rate - control.rate,
        ci=_hybrid(control, treatment, z_of(1 - level)),
        p=_newcombe_p(control, treatment),
        level=level,
    )


def agresti_caffo(control: Counts, treatment: Counts, *, level: float = 0.95) -> Estimate:
    """Difference of two rates with Agresti and Caffo's interval: a reached and a not reached
    lead are added to each variant, then it is Wald's.

    Returns:
        Effect in rate points as a fraction, treatment minus control, of the leads as they are;
        interval and p-value are about the one with the leads that were added.
    References:
        Agresti & Caffo (2000), The American Statistician 54:280.
    """
    check_level(level)
    added = [Counts(each.n + 2, each.reached + 1) for each in (control, treatment)]
    middle = added[1].rate - added[0].rate
    se = sum(each.rate * (1 - each.rate) / each.n for each in added) ** 0.5
    half = z_of(1 - level) * se
    return Estimate(
        effect=treatment.rate - control.rate,
        ci=(max(-1.0, middle - half), min(1.0, middle + half)),
        p=p_of_z(middle / se),
        level=level,
    )


def score_difference(control: Counts, treatment: Counts, *, level: float = 0.95) -> Estimate:
    """Difference of two rates with the interval and p-value of Miettinen and Nurminen's score.

    Returns:
        Effect in rate points as a fraction, treatment minus control; 0.02 means two points.
    References:
        Miettinen & Nurminen (1985), Statistics in Medicine 4:213; the restricted estimate in
        closed form from Farrington & Manning (1990), Statistics in Medicine 9:1447.
    """
    return _by_score([Stratum(control, treatment)], level)


def mh_score(strata: Sequence[Stratum], *, level: float = 0.95) -> Estimate | NotEstimable:
    """Stratified difference of two rates: the score with Mantel and Haenszel's weights.

    Each stratum's difference counts by n₁n₀/(n₁ + n₀), so that leads are compared only with
    leads of the same rep, team or block.

    Returns:
        Effect in rate points as a fraction, treatment minus control; 0.02 means two points.
    References:
        Miettinen & Nurminen (1985), Statistics in Medicine 4:213; weights of Mantel & Haenszel
        (1959), Journal of the National Cancer Institute 22:719.
    """
    return _by_score(strata, level) if strata else NotEstimable(Why.NO_STRATUM)


def mh_p(strata: Sequence[Stratum]) -> float:
    """The p-value of `mh_score` without its interval, for families of many comparisons.

    Raises:
        ValueError: without any stratum.
    """
    if not strata:
        raise ValueError("a stratified score needs a stratum")
    return p_of_z(_Score(strata)(0.0))


def _by_score(strata: Sequence[Stratum], level: float) -> Estimate:
    check_level(level)
    score = _Score(strata)
    z = z_of(1 - level)
    return Estimate(
        effect=score.effect,
        ci=(score.where(z, -1.0, score.effect), score.where(-z, score.effect, 1.0)),
        p=p_of_z(score(0.0)),
        level=level,
    )


class _Score:
    """Miettinen and Nurminen's statistic as a function of the difference that is tested."""

    def __init__(self, strata: Sequence[Stratum]) -> None:
        self.n1 = np.array([float(each.treatment.n) for each in strata])
        self.n0 = np.array([float(each.control.n) for each in strata])
        self.rate1 = np.array([each.treatment.rate for each in strata])
        self.rate0 = np.array([each.control.rate for each in strata])
        weights = self.n1 * self.n0 / (self.n1 + self.n0)
        self.weights = weights / weights.sum()
        self.effect = float(self.weights @ (self.rate1 - self.rate0))

    def __call__(self, delta: float) -> float:
        """By how many standard deviations the observed difference exceeds `delta`."""
        p1 = self._restricted(delta)
        p0 = np.clip(p1 - delta, 0, 1)
        n = self.n1 + self.n0
        # n/(n − 1) is Miettinen and Nurminen's own correction.
        variance = (p1 * (1 - p1) / self.n1 + p0 * (1 - p0) / self.n0) * n / (n - 1)
        spread = float(np.sqrt(self.weights**2 @ variance))
        distance = self.effect - delta
        if spread == 0:
            return float(np.sign(distance)) * _FARTHEST_Z
        return distance / spread

    def where(self, z: float, low: float, high: float) -> float:
        """The tested difference in [low, high] at which the statistic, as it falls, is z."""
        return crossing(lambda delta: self(delta) - z, low, high)

    def _restricted(self, delta: float) -> Floats:
        """The treatment's likeliest rate per stratum if it is `delta` above the control's.

        The likelihood's derivative is a cubic; this is its only root inside the range.
        """
        theta = self.n0 / self.n1
        a = 1 + theta
        b = -(a + self.rate1 + theta * self.rate0 + delta * (theta + 2))
        c = delta**2 + delta * (2 * self.rate1 + a) + self.rate1 + theta * self.rate0
        d = -self.rate1 * delta * (1 + delta)
        v = (b / (3 * a)) ** 3 - b * c / (6 * a**2) + d / (2 * a)
        u = np.copysign(np.sqrt(np.maximum((b / (3 * a)) ** 2 - c / (3 * a), 0)), v)
        ratio = np.divide(v, u**3, out=np.ones_like(v), where=u != 0)
        angle = (np.pi + np.arccos(np.clip(ratio, -1, 1))) / 3
        root: Floats = 2 * u * np.cos(angle) - b / (3 * a)
        return np.clip(root, max(0.0, delta), min(1.0, 1 + delta))


def _wilson(share: Share, z: float) -> tuple[float, float]:
    n, rate = share.n, share.rate
    middle = (rate + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * (rate * (1 - rate) / n + z**2 / (4 * n**2)) ** 0.5
    # At the ends of the scale the two cancel but for float noise.
    low = 0.0 if rate == 0 else middle - half
    return low, 1.0 if rate == 1 else middle + half


def _hybrid(control: Share, treatment: Share, z: float) -> tuple[float, float]:
    effect = treatment.rate - control.rate
    low1, high1 = _wilson(treatment, z)
    low0, high0 = _wilson(control, z)
    down = np.hypot(treatment.rate - low1, high0 - control.rate)
    up = np.hypot(high1 - treatment.rate, control.rate - low0)
    return max(-1.0, effect - float(down)), min(1.0, effect + float(up))


def _newcombe_p(control: Share, treatment: Share) -> float:
    """The interval widens with z; where its nearer end meets 0 gives p."""
    rises = treatment.rate > control.rate

    def nearer_end(z: float) -> float:
        low, high = _hybrid(control, treatment, z)
        return low if rises else -high

    if treatment.rate == control.rate:
        return 1.0
    return p_of_z(crossing(nearer_end, 0.0, _FARTHEST_Z))
