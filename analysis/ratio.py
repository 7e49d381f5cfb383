"""Leads split: the ratio of two rates, by the score."""

from __future__ import annotations

import math

from analysis.bisection import crossing
from analysis.estimate import Estimate, NotEstimable, Why, check_level
from analysis.sufficient import Counts
from analysis.tails import p_of_z, z_of

# Far beyond any p-value that a float can hold.
_FARTHEST_Z = 40.0
# Ratios are searched on the scale r/(1 + r), which ends at 0 and 1.
_NEAREST = 1e-12


def score_ratio(
    control: Counts, treatment: Counts, *, level: float = 0.95
) -> Estimate | NotEstimable:
    """Ratio of two rates with the interval and p-value of Miettinen and Nurminen's score.

    Returns:
        Effect as the treatment's rate over the control's: 1 is no difference, and the p-value
        and the interval are about that; at a ratio of 1 it is the same score as that of the
        difference. Without a success in the control there is no finite ratio.
    References:
        Miettinen & Nurminen (1985), Statistics in Medicine 4:213; Koopman (1984), Biometrics
        40:513, without the correction n/(n − 1).
    """
    check_level(level)
    if control.reached == 0:
        return NotEstimable(Why.NO_FINITE_RATIO)
    ratio = treatment.rate / control.rate
    z = z_of(1 - level)
    place = ratio / (1 + ratio)

    def beyond(margin: float, low: float, high: float) -> float:
        def score(at: float) -> float:
            return _score(control, treatment, at / (1 - at)) - margin

        found = crossing(score, low, high)
        return found / (1 - found)

    low = beyond(z, _NEAREST, place) if treatment.reached else 0.0
    high = beyond(-z, max(place, _NEAREST), 1 - _NEAREST)
    return Estimate(
        effect=ratio,
        ci=(min(low, ratio), max(high, ratio)),
        p=p_of_z(_score(control, treatment, 1.0)),
        level=level,
        no_difference=1.0,
    )


def _score(control: Counts, treatment: Counts, ratio: float) -> float:
    """By how many standard deviations the treatment's rate exceeds so many times the control's."""
    rate0 = _restricted(control, treatment, ratio)
    rate1 = min(1.0, ratio * rate0)
    n = control.n + treatment.n
    variance = rate1 * (1 - rate1) / treatment.n + ratio**2 * rate0 * (1 - rate0) / control.n
    distance = treatment.rate - ratio * control.rate
    # n/(n − 1) is Miettinen and Nurminen's own correction.
    spread = math.sqrt(max(variance, 0.0) * n / (n - 1))
    if spread <= abs(distance) / _FARTHEST_Z:
        return math.copysign(_FARTHEST_Z, distance) if distance else 0.0
    return distance / spread


def _restricted(control: Counts, treatment: Counts, ratio: float) -> float:
    """The control's likeliest rate if the treatment's is so many times it: a quadratic's root."""
    a = (control.n + treatment.n) * ratio
    b = ratio * treatment.n + treatment.reached + control.n + ratio * control.reached
    c = control.reached + treatment.reached
    # This form of the smaller root does not cancel.
    return min(1.0, 2 * c / (b + math.sqrt(max(b * b - 4 * a * c, 0.0))))
