"""Ratios of two sums over reps, by their linear part."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import t as student

from analysis.estimate import NotEstimable, Why
from analysis.ratio_metric import Ratio, ratio, ratio_difference

ABOVE, BELOW = np.array([10.0, 20, 30]), np.array([1.0, 2, 2])


def test_a_ratio_and_its_error_by_hand() -> None:
    found = ratio(ABOVE, BELOW)
    assert isinstance(found, Ratio)
    assert found.value == pytest.approx(12)
    # Residuals −2, −4, 6 of reps with 5/3 wins on average: 56/2/3/(5/3)² = 3.36.
    assert found.se == pytest.approx(3.36**0.5)
    assert found.df == 2
    reach = float(student.ppf(0.975, 2)) * 3.36**0.5
    assert found.ci == pytest.approx((12 - reach, 12 + reach))


def test_a_mean_is_the_ratio_to_ones() -> None:
    values = np.array([3.0, 5, 9, 1])
    found = ratio(values, np.ones(4))
    assert isinstance(found, Ratio)
    assert found.se == pytest.approx(values.std(ddof=1) / 2)


def test_two_variants_differ_by_welch() -> None:
    treatment = (np.array([40.0, 10, 60, 20]), np.array([2.0, 1, 4, 1]))
    found = ratio_difference((ABOVE, BELOW), treatment)
    own, other = ratio(ABOVE, BELOW), ratio(*treatment)
    assert isinstance(found, Ratio)
    assert isinstance(own, Ratio)
    assert isinstance(other, Ratio)
    assert found.value == pytest.approx(other.value - own.value)
    assert found.se == pytest.approx((own.se**2 + other.se**2) ** 0.5)
    squares = own.se**4 / 2 + other.se**4 / 3
    assert found.df == pytest.approx((own.se**2 + other.se**2) ** 2 / squares)
    turned = ratio_difference(treatment, (ABOVE, BELOW))
    assert isinstance(turned, Ratio)
    assert turned.value == pytest.approx(-found.value)


def test_the_unit_of_money_scales_all_of_it() -> None:
    small, large = ratio(ABOVE, BELOW), ratio(ABOVE * 1e12, BELOW)
    assert isinstance(small, Ratio)
    assert isinstance(large, Ratio)
    assert large.se == pytest.approx(small.se * 1e12)


def test_what_has_no_ratio_says_why() -> None:
    nobody = ratio(ABOVE, np.zeros(3))
    assert nobody == NotEstimable(Why.NO_FINITE_RATIO)
    assert ratio(ABOVE[:1], BELOW[:1]) == NotEstimable(Why.TOO_FEW_REPS)
    assert ratio(BELOW * 7, BELOW) == NotEstimable(Why.NO_VARIATION)
    assert ratio_difference((ABOVE, np.zeros(3)), (ABOVE, BELOW)) == nobody
    with pytest.raises(ValueError, match="both sums"):
        ratio(ABOVE, BELOW[:2])
    with pytest.raises(ValueError, match="finite"):
        ratio(ABOVE, np.array([1.0, np.nan, 2]))
