"""The exact test of two rates: every table of few leads listed, and what was promised of them."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from analysis.estimate import Estimate, NotEstimable, Why
from analysis.exact_table import MOST_LISTED, exact
from analysis.sufficient import Counts

SIZES = [(4, 5), (6, 6)]
RATES = np.linspace(0, 1, 21)


@cache
def judged(n0: int, reached0: int, n1: int, reached1: int, level: float = 0.95) -> Estimate:
    found = exact(Counts(n0, reached0), Counts(n1, reached1), level=level)
    assert isinstance(found, Estimate)
    return found


def chance(n0: int, n1: int, rate0: float, rate1: float) -> np.ndarray:
    """The chance of every table, shape (n0 + 1, n1 + 1)."""
    table: np.ndarray = np.outer(
        binom.pmf(np.arange(n0 + 1), n0, rate0), binom.pmf(np.arange(n1 + 1), n1, rate1)
    )
    return table


@pytest.mark.parametrize(("n0", "n1"), SIZES)
def test_no_difference_is_rejected_at_most_as_often_as_promised(n0: int, n1: int) -> None:
    rejected = np.array(
        [[judged(n0, a, n1, b).p <= 0.05 for b in range(n1 + 1)] for a in range(n0 + 1)]
    )
    worst = max(float(chance(n0, n1, rate, rate)[rejected].sum()) for rate in RATES)
    assert 0 < worst <= 0.05


@pytest.mark.parametrize(("n0", "n1"), SIZES)
def test_no_true_rates_are_covered_less_often_than_promised(n0: int, n1: int) -> None:
    every = [[judged(n0, a, n1, b).ci for b in range(n1 + 1)] for a in range(n0 + 1)]
    low = np.array([[float(ci[0] or 0) for ci in row] for row in every])
    high = np.array([[float(ci[1] or 0) for ci in row] for row in every])
    for rate0 in RATES:
        for rate1 in RATES:
            held = (low - 1e-9 <= rate1 - rate0) & (rate1 - rate0 <= high + 1e-9)
            assert chance(n0, n1, rate0, rate1)[held].sum() >= 0.95 - 1e-9


def test_it_is_suissa_and_shusters_p_doubled() -> None:
    # By its definition: the greatest chance, over all rates, of a pooled score as high.
    n, a, b = 7, 1, 5
    reached = np.arange(n + 1)
    pooled = (reached[:, None] + reached) / (2 * n)
    with np.errstate(invalid="ignore", divide="ignore"):
        scores = (reached - reached[:, None]) / np.sqrt(pooled * (1 - pooled))
    scores[np.isnan(scores)] = 0
    as_high = scores >= scores[a, b] - 1e-9
    greatest = max(chance(n, n, rate, rate)[as_high].sum() for rate in np.linspace(0, 1, 2001))
    assert judged(n, a, n, b).p == pytest.approx(2 * greatest, rel=1e-5)


@given(st.integers(1, 8), st.integers(1, 8), st.data(), st.sampled_from([0.8, 0.95]))
def test_interval_and_p_agree_and_swapping_flips_the_sign(
    n0: int, n1: int, data: st.DataObject, level: float
) -> None:
    a, b = data.draw(st.integers(0, n0)), data.draw(st.integers(0, n1))
    one, other = judged(n0, a, n1, b, level), judged(n1, b, n0, a, level)
    low, high = one.ci
    assert low is not None
    assert high is not None
    assert one.ci == pytest.approx((-(other.ci[1] or 0), -(other.ci[0] or 0)), abs=1e-6)
    assert one.p == pytest.approx(other.p)
    assert low - 1e-9 <= one.effect <= high + 1e-9
    if abs(one.p - (1 - level)) > 1e-6:
        assert one.is_significant == (not low <= 0 <= high)


def test_of_many_leads_the_score_is_as_good() -> None:
    many = Counts(MOST_LISTED, 3)
    assert exact(many, Counts(1, 0)) == NotEstimable(Why.TOO_MANY_LEADS)
