"""What a planned split can detect, before it is launched."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache

import numpy as np
from scipy.special import gammaincinv, ndtr

from analysis.bisection import crossing
from analysis.noncentral import tails_beyond
from analysis.planned_design import Design, kept
from analysis.sufficient import Floats
from analysis.tails import t_of, z_of

USUAL_POWER = 0.8

# Enough quantiles of the leads per rep for five digits of their mean inverse.
_QUANTILES = 2_000


class Estimand(StrEnum):
    """Whose average is compared."""

    REP = "rep"  # each rep counts once
    LEAD = "lead"  # each lead counts once


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A team of reps, and how they or their leads are split into two variants of one size.

    Leads per rep vary like a gamma distribution of this mean and cv, with one lead at least.
    Where leads are split, or each rep follows both variants, there are twice as many reps as
    `reps_per_variant`, and each has that many leads over both.
    """

    reps_per_variant: int  # at least 2
    leads_per_rep: float  # mean, at least 1
    baseline: float  # the control's rate, in (0, 1)
    icc: float  # likeness of one rep's leads, in [0, 1]
    cv: float = 0.0  # standard deviation of leads per rep over their mean
    estimand: Estimand = Estimand.REP
    level: float = 0.95
    design: Design = Design.COMPLETE
    adjusted: bool = False  # whether the value from before is a covariate of the test
    strata: int = 2  # teams, where each is split by itself
    correlation: float | None = None
    """Of a rep's rate in the test with what is known from before it (the past rate, or the team);
    in a crossover with the same rep's rate in the other period, by default as high as the ICC
    makes it for reps who stay as they are."""

    def __post_init__(self) -> None:
        for name, value, holds, rule in (
            ("reps_per_variant", self.reps_per_variant, self.reps_per_variant >= 2, "2 or more"),
            ("leads_per_rep", self.leads_per_rep, 1 <= self.leads_per_rep < math.inf, "1 or more"),
            ("baseline", self.baseline, 0 < self.baseline < 1, "between 0 and 1"),
            ("icc", self.icc, 0 <= self.icc <= 1, "from 0 to 1"),
            ("cv", self.cv, 0 <= self.cv < math.inf, "0 or more"),
            ("level", self.level, 0 < self.level < 1, "between 0 and 1"),
            ("strata", self.strata, 1 <= self.strata <= self.reps_per_variant, "1 to the reps"),
        ):
            if not holds:
                raise ValueError(f"{name} is {rule}, not {value}")
        self._check_design()

    def _check_design(self) -> None:
        plain = self.design is Design.COMPLETE and not self.adjusted and not self.correlation
        if self.estimand is Estimand.LEAD and not plain:
            raise ValueError("estimand lead goes with a complete split and no covariate only")
        if self.design.splits_leads and self.leads_per_rep < 2:
            raise ValueError(f"leads_per_rep is 2 or more to be split, not {self.leads_per_rep}")
        if self.adjusted and not self.design.splits_reps:
            raise ValueError("adjusted goes with a split of reps only")
        if self.correlation is not None and self.design is Design.LEADS:
            raise ValueError("correlation of reps says nothing where leads are split")
        most = self._most_correlation
        if not 0 <= (self.correlation or 0) <= most + 1e-9:
            said = f"from 0 to {most:.3f} with so few and so alike leads"
            raise ValueError(f"correlation is {said}, not {self.correlation}")
        # Whatever the design refuses is told when it is planned.
        if self.design.splits_reps:
            self._kept()

    @property
    def design_effect(self) -> float:
        """By how much the plan multiplies the variance that as many leads split singly have."""
        if self.design is Design.LEADS:
            # A rep's leads fall to the variants by chance: one of them settles only how many.
            return (1 - self.icc) * self.leads_per_rep / (self.leads_per_rep - 1)
        if self.design is Design.CROSSOVER:
            return self.leads_per_rep * self._rep_variance(0.5) * (1 - self.likeness) / 2
        if self.estimand is Estimand.LEAD:
            return 1 + ((1 + self.cv**2) * self.leads_per_rep - 1) * self.icc
        return self.leads_per_rep * self._rep_variance() * self._kept()[0]

    @property
    def df(self) -> int | None:
        """Degrees of freedom; `None` where leads are split, and the normal holds."""
        if self.design is Design.LEADS:
            return None
        return 2 * (self.reps_per_variant - 1) if not self.design.splits_reps else self._kept()[1]

    @property
    def likeness(self) -> float:
        """The correlation that the plan reckons with."""
        if self.correlation is None:
            return self._most_correlation if self.design is Design.CROSSOVER else 0.0
        return self.correlation

    @property
    def foresight(self) -> float:
        """The part of the likeness that does not depend on how many leads there are.

        Of what was known before with the rep's true rate; in a crossover of the true rates in
        both periods.
        """
        most = self._most_correlation
        return min(self.likeness / most, 1.0) if most > 0 else 0.0

    def with_leads(self, leads_per_rep: float) -> Plan:
        """The same reps and design with more or fewer leads."""
        more = replace(self, leads_per_rep=leads_per_rep, correlation=None)
        return more if self.correlation is None else more.foreseeing(self.foresight)

    def foreseeing(self, foresight: float) -> Plan:
        """The same where that much is known of the reps' true rates."""
        return replace(self, correlation=foresight * self._most_correlation)

    def power(self, effect: float) -> float:
        """The probability that a t test on the reps finds a difference; on split leads a z test.

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
        if se == 0:
            return float(effect != 0)
        df, alpha = self.df, 1 - self.level
        if df is None:
            edge = z_of(alpha)
            return float(ndtr(effect / se - edge) + ndtr(-effect / se - edge))
        return tails_beyond(t_of(alpha, df), df, effect / se)

    def _kept(self) -> tuple[float, int]:
        """The share of a complete split's variance that the design keeps, and its df."""
        return kept(
            self.design,
            self.reps_per_variant,
            self.likeness,
            adjusted=self.adjusted,
            strata=self.strata,
        )

    @property
    def _most_correlation(self) -> float:
        """The likeness of reps who stay as they are, and of whom all is known."""
        if self.icc == 0:
            return 0.0
        if self.design is Design.CROSSOVER:
            return self.icc / self._rep_variance(0.5)
        return math.sqrt(self.icc / self._rep_variance())

    def _rep_variance(self, part: float = 1.0) -> float:
        """Of a rep's rate in that part of the leads, over that of a single lead."""
        return self.icc + (1 - self.icc) * self._mean_inverse_leads(part)

    def _mean_inverse_leads(self, part: float) -> float:
        mean = max(self.leads_per_rep * part, 1.0)
        if self.cv == 0:
            return 1 / mean
        leads = _gamma_quantiles(self.cv**-2) * mean
        return float(np.mean(1 / np.maximum(leads, 1)))


# A page that answers while somebody types asks for hundreds of lengths of one spread.
@lru_cache(maxsize=64)
def _gamma_quantiles(shape: float) -> Floats:
    """Of a gamma distribution of this shape, and of mean 1."""
    places = (np.arange(_QUANTILES) + 0.5) / _QUANTILES
    return np.asarray(gammaincinv(shape, places) / shape, dtype=np.float64)
