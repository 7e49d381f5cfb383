"""Which of many differences between reps are more than noise."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis.estimate import Estimate, NotEstimable, Why
from analysis.patterns import Sides, patterns
from analysis.sufficient import RepTotals


def totals(rates: list[float], *, leads: int = 20, first: int = 0) -> RepTotals:
    reps = [f"r{first + at}" for at in range(len(rates))]
    n = np.full(len(rates), leads)
    return RepTotals(tuple(reps), n, np.array(rates) * leads, np.zeros(len(rates)), 0.0)


LOW, HIGH = [0.20, 0.25, 0.30, 0.22], [0.60, 0.65, 0.72, 0.61]


def test_two_teams_are_compared_by_welch_s_t_on_reps() -> None:
    (found,) = patterns([Sides(totals(HIGH), totals(LOW, first=9), within_reps=False)])
    expected = stats.ttest_ind(HIGH, LOW, equal_var=False)
    assert isinstance(found.result, Estimate)
    assert found.result.p == pytest.approx(expected.pvalue)
    assert found.adjusted_p == found.result.p
    assert found.mine == pytest.approx(0.645)
    assert found.other == pytest.approx(0.2425)
    assert found.claimed


def test_two_periods_are_compared_within_reps_who_have_leads_in_both() -> None:
    now, then = totals([*HIGH, 0.9]), totals(LOW)
    (found,) = patterns([Sides(now, then, within_reps=True)])
    expected = stats.ttest_rel(HIGH, LOW)
    assert isinstance(found.result, Estimate)
    assert found.result.p == pytest.approx(expected.pvalue)


def test_thin_comparisons_are_not_judged_and_cost_nothing() -> None:
    clear = Sides(totals(HIGH), totals(LOW, first=9), within_reps=False)
    few_leads = Sides(totals(HIGH, leads=4), totals(LOW, first=9), within_reps=False)
    few_reps = Sides(totals(HIGH[:2]), totals(LOW, first=9), within_reps=False)
    other_reps = Sides(totals(HIGH), totals(LOW, first=2), within_reps=True)
    nobody = Sides(totals([]), totals(LOW), within_reps=False)
    alike = Sides(totals([0.5] * 4), totals([0.5] * 4, first=9), within_reps=False)
    found = patterns([clear, few_leads, few_reps, other_reps, nobody, alike])
    assert found[0].adjusted_p == patterns([clear])[0].adjusted_p
    assert [each.result for each in found[1:]] == [
        NotEstimable(Why.TOO_FEW_LEADS),
        NotEstimable(Why.TOO_FEW_REPS),
        NotEstimable(Why.TOO_FEW_REPS),
        NotEstimable(Why.TOO_FEW_LEADS),
        NotEstimable(Why.NO_VARIATION),
    ]
    assert not any(each.claimed for each in found[1:])
    assert found[4].mine is None


@given(st.integers(min_value=0, max_value=200), st.integers(min_value=1, max_value=12))
def test_a_claim_is_an_interval_without_zero(seed: int, family: int) -> None:
    rng = np.random.default_rng(seed)
    found = patterns(
        [
            Sides(
                totals((0.5 + rng.normal(0.1, 0.1, 6)).tolist()),
                totals((0.5 + rng.normal(0, 0.1, 6)).tolist(), first=9),
                within_reps=False,
            )
            for _ in range(family)
        ]
    )
    for each in found:
        assert isinstance(each.result, Estimate)
        low, high = each.result.ci
        assert low is not None
        assert high is not None
        assert each.claimed == (low > 0 or high < 0)


def test_noise_is_seldom_called_a_pattern_though_reps_differ() -> None:
    false = 0
    for stream in np.random.default_rng(11).spawn(200):
        skill = stream.normal(0.4, 0.1, (2, 10))
        family = []
        for _ in range(20):
            mine, other = (stream.binomial(30, np.clip(each, 0, 1)) / 30 for each in skill)
            family.append(
                Sides(totals(mine.tolist()), totals(other.tolist(), first=10), within_reps=False)
            )
        false += any(each.claimed for each in patterns(family))
    # 10 of 200 are promised at most, four standard errors above that is 22.
    assert false <= 22
