"""What a split of reps can detect, before it is launched."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

import numpy as np
from scipy.special import gammaincinv, ndtr

from analysis.bisection import crossing
from analysis.sufficient import Floats
from analysis.tails import t_of

USUAL_POWER = 0.8

# Enough quantiles of the leads per rep for five digits of their mean inverse.
_QUANTILES = 2_000
_NODES = 120


class Estimand(StrEnum):
    """Whose average is compared."""

    REP = "rep"  # each rep counts once
    LEAD = "lead"  # each lead counts once


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A split of reps into two variants of one size.

    Leads per rep vary like a gamma distribution of this mean and cv, with one lead at least.
    """

    reps_per_variant: int  # at least 2
    leads_per_rep: float  # mean, at least 1
    baseline: float  # the control's rate, in (0, 1)
    icc: float  # likeness of one rep's leads, in [0, 1]
    cv: float = 0.0  # standard deviation of leads per rep over their mean
    estimand: Estimand = Estimand.REP
    level: float = 0.95

    def __post_init__(self) -> None:
        for name, value, holds, rule in (
            ("reps_per_variant", self.reps_per_variant, self.reps_per_variant >= 2, "2 or more"),
            ("leads_per_rep", self.leads_per_rep, 1 <= self.leads_per_rep < math.inf, "1 or more"),
            ("baseline", self.baseline, 0 < self.baseline < 1, "between 0 and 1"),
            ("icc", self.icc, 0 <= self.icc <= 1, "from 0 to 1"),
            ("cv", self.cv, 0 <= self.cv < math.inf, "0 or more"),
            ("level", self.level, 0 < self.level < 1, "between 0 and 1"),
        ):
            if not holds:
                raise ValueError(f"{name} is {rule}, not {value}")

    @property
    def design_effect(self) -> float:
        """By how much splitting reps multiplies the variance that as many single leads have."""
        if self.estimand is Estimand.LEAD:
            return 1 + ((1 + self.cv**2) * self.leads_per_rep - 1) * self.icc
        return self.leads_per_rep * (self.icc + (1 - self.icc) * self._mean_inverse_leads)

    @property
    def _mean_inverse_leads(self) -> float:
        if self.cv == 0:
            return 1 / self.leads_per_rep
        shape = self.cv**-2
        places = (np.arange(_QUANTILES) + 0.5) / _QUANTILES
        leads = gammaincinv(shape, places) * self.leads_per_rep / shape
        return float(np.mean(1 / np.maximum(leads, 1)))

    def power(self, effect: float) -> float:
        """The probability that a t test on the reps, df = 2(k − 1), finds a difference.

        Args:
            effect: The true difference in rate points as a fraction, treatment minus control.
        Raises:
            ValueError: if the treatment's rate would leave [0, 1].
        References:
            Hayes & Moulton (2017), Cluster Randomised Trials, ch. 7; R's power.t.test with
            strict = TRUE.
        """
        return self._power(effect, self.design_effect)

    def detectable(self, *, falls: bool = False, power: float = USUAL_POWER) -> float | None:
        """The least difference that is found with this power.

        Args:
            falls: Look for a fall from the baseline instead of a rise.
        Returns:
            With its sign; `None` if not even the largest possible one is found so often.
        """
        farthest = -self.baseline if falls else 1 - self.baseline
        design_effect = self.design_effect
        if self._power(farthest, design_effect) < power:
            return None

        def lacking(share: float) -> float:
            return power - self._power(share * farthest, design_effect)

        return crossing(lacking, 0.0, 1.0) * farthest

    def check_effect(self, effect: float) -> None:
        """Refuse an effect that leads out of [0, 1].

        Raises:
            ValueError: naming the rate.
        """
        rate = self.baseline + effect
        # What float noise adds to a rate of 1 is no error.
        if not -1e-12 <= rate <= 1 + 1e-12:
            raise ValueError(f"effect leads from {self.baseline} to {rate:.4g}, which is no rate")

    def _power(self, effect: float, design_effect: float) -> float:
        self.check_effect(effect)
        rate = self.baseline + effect
        variance = self.baseline * (1 - self.baseline) + rate * (1 - rate)
        se = math.sqrt(variance * design_effect / (self.reps_per_variant * self.leads_per_rep))
        df = 2 * (self.reps_per_variant - 1)
        edge = t_of(1 - self.level, df)
        return _noncentral_tails(edge, df, effect / se)


def _noncentral_tails(edge: float, df: int, shift: float) -> float:
    """The probability that |T| exceeds the edge, T noncentral t with this shift.

    Averaged over the estimated standard deviation, a chi over its root df: SciPy's `nctdtr`
    gives NaN far out.
    """
    nodes, weights = _rule()
    reach = 12 / math.sqrt(2 * df)
    low, high = max(0.0, 1 - reach), 1 + reach
    spreads = low + (nodes + 1) / 2 * (high - low)
    half = df / 2
    logs = half * math.log(half) - math.lgamma(half) + math.log(2)
    density = np.exp(logs + (df - 1) * np.log(spreads) - half * spreads**2)
    tails = ndtr(shift - edge * spreads) + ndtr(-shift - edge * spreads)
    return min(1.0, float(weights @ (tails * density)) * (high - low) / 2)


@cache
def _rule() -> tuple[Floats, Floats]:
    return np.polynomial.legendre.leggauss(_NODES)
