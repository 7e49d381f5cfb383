"""Checks of a test: whether its split, its leads and its gaps are as chance would have them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb

import numpy as np
from scipy.special import chdtrc

from analysis.estimate import Estimate
from analysis.proportion import score_difference
from analysis.rep_level import rep_welch
from analysis.sufficient import Bools, Counts, Floats

# A check that blocks the verdict may fail by chance once in a thousand tests, one that warns
# once in a hundred.
BLOCKING_ALPHA = 0.001
WARNING_ALPHA = 0.01
# Variants whose reps get so many times the leads of the control's are uneven, whatever p says.
UNEVEN_RATIO = 1.25

# The approximation by χ² needs so many units in every variant.
_FEWEST_EXPECTED = 5
# Of two tables that are as likely, floats must not make one the less likely.
_TIE = 1 + 1e-9
_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class Contrast:
    """A treatment's mean per unit beside the control's.

    Attributes:
        control: The control's mean; None without units.
        treatment: The treatment's mean; None without units.
        p: Two-sided; None where the units are too few, or all alike within each variant.
    """

    control: float | None
    treatment: float | None
    p: float | None

    @property
    def ratio(self) -> float | None:
        """The treatment's mean over the control's; None where either has nothing."""
        if not self.control or not self.treatment:
            return None
        return self.treatment / self.control

    def differs(self, alpha: float) -> bool:
        """Whether chance makes such a difference in at most a share `alpha` of tests."""
        return self.p is not None and self.p <= alpha


def ratio_p(sizes: Sequence[int], weights: Sequence[float]) -> float | None:
    """The p-value of units being split in the planned proportion, by χ².

    It is for units (leads, accounts, reps) that were each given a variant by themselves. Leads
    of split reps are none: they come in bunches, and fail it in about a third of sound tests.

    Args:
        sizes: Units of each variant.
        weights: Of the variants as planned, above 0.
    Returns:
        None where a variant should have fewer than five units.
    References:
        Pearson (1900), Philosophical Magazine 50:157; R's chisq.test(p =).
    """
    seen = np.asarray(sizes, dtype=np.float64)
    shares = np.asarray(weights, dtype=np.float64)
    expected = seen.sum() * shares / shares.sum()
    if expected.min() < _FEWEST_EXPECTED:
        return None
    statistic = float((np.square(seen - expected) / expected).sum())
    return float(chdtrc(len(seen) - 1, statistic))


def by_unit(control: Floats, treatment: Floats) -> Contrast:
    """A value of each unit that was split (a rep, an account), compared by Welch's t.

    Args:
        control: One per unit of the control.
        treatment: One per unit of the treatment.
    """
    values = np.concatenate([control, treatment])
    treated = np.arange(len(values)) >= len(control)
    result = rep_welch(values, treated) if len(control) and len(treatment) else None
    p = result.p if isinstance(result, Estimate) else None
    return Contrast(_mean(control), _mean(treatment), p)


def by_redraws(values: Floats, treated: Bools, redraws: Bools, *, exact: bool) -> Contrast:
    """A value of each unit, compared by the splits that the same design could have given.

    It is for designs that leave the variants alike by choice: their draws differ less in such a
    value than chance alone would let them.

    Args:
        values: One per unit, shape (G,).
        treated: Which units the split put into the treatment, shape (G,).
        redraws: The same of other draws, shape (B, G).
        exact: Whether these are all draws there are, the one that happened among them.
    References:
        Rosenbaum (2002), Observational Studies, ch. 2.
    """
    seen = abs(_gaps(values, treated[np.newaxis])[0])
    gaps = np.abs(_gaps(values, redraws))
    as_far = int(np.count_nonzero(gaps >= seen - _ROUNDING * np.abs(values).max()))
    p = as_far / len(gaps) if exact else (1 + as_far) / (1 + len(gaps))
    return Contrast(_mean(values[~treated]), _mean(values[treated]), p)


def by_lead(control: Counts | None, treatment: Counts | None) -> Contrast:
    """The share of leads with something, compared by the score; None stands for no leads."""
    p = score_difference(control, treatment).p if control and treatment else None
    return Contrast(control.rate if control else None, treatment.rate if treatment else None, p)


def split_p(control: Counts, treatment: Counts) -> float:
    """The p-value of so few units with something falling so unevenly, by Fisher's exact test.

    Args:
        control: Its units, and those that have it.
        treatment: The same.
    References:
        Fisher (1935), JRSS 98:39; R's fisher.test.
    """
    having = control.reached + treatment.reached
    least, most = max(0, having - treatment.n), min(control.n, having)
    ways = {n: comb(control.n, n) * comb(treatment.n, having - n) for n in range(least, most + 1)}
    seen = ways[control.reached] * _TIE
    return sum(each for each in ways.values() if each <= seen) / comb(
        control.n + treatment.n, having
    )


def uneven(contrast: Contrast) -> bool:
    """Whether one variant's reps got more leads than the other's: by p, or by their ratio.

    A treatment whose reps have no leads at all is not uneven but idle, which is another check.
    """
    ratio = contrast.ratio
    if ratio is None:
        return False
    return contrast.differs(WARNING_ALPHA) or max(ratio, 1 / ratio) > UNEVEN_RATIO


def _gaps(values: Floats, treated: Bools) -> Floats:
    """The treatment's mean minus the control's of each draw, shape (B,)."""
    sizes = np.count_nonzero(treated, axis=1)
    sums = treated @ values
    gaps: Floats = sums / sizes - (values.sum() - sums) / (len(values) - sizes)
    return gaps


def _mean(values: Floats) -> float | None:
    return float(values.mean()) if len(values) else None
