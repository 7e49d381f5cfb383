"""Won value by month: what it uses, what it promises, and how it is tried."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from analysis.forecast import Forecaster, Trial, score
from analysis.pipeline import Pipeline, chances, deal_value, pooled, quick_shares, standing
from analysis.sufficient import Ints


def company(
    months: int, *, seed: int, arrivals: float = 60.0, deal: float = 1000.0, swing: float = 0.0
) -> Pipeline:
    """Leads of one stage that win or lose by the same chances every month, but for a swing."""
    rng = np.random.default_rng(seed)
    rows, won = [], np.zeros((months, months), dtype=np.int64)
    begun = rng.poisson(arrivals, months)
    value, squares = np.zeros(months), np.zeros(months)
    luck = np.exp(rng.normal(0, swing, months)) if swing else np.ones(months)
    for start in range(months):
        for _ in range(begun[start]):
            left, end = months, months
            for month in range(start, months):
                fate = rng.random()
                if fate < 0.2 * luck[month]:
                    left = end = month
                    break
                if fate > 0.7:
                    left = month
                    break
            rows.append((0, start, left, end))
            if end < months:
                amount = deal * rng.lognormal(0, 0.5)
                won[start, end] += 1
                value[end] += amount
                squares[end] += amount**2
    kinds, counts = np.unique(np.array(rows), axis=0, return_counts=True)
    return Pipeline(np.column_stack([kinds, counts]), begun, won, won.sum(axis=0), value, squares)


def until(pipeline: Pipeline, months: int) -> Pipeline:
    """The same as it was known when so many months were over."""
    known = pipeline.stays[pipeline.stays[:, 1] < months].copy()
    known[:, 2:4] = np.minimum(known[:, 2:4], months)
    return Pipeline(
        known,
        pipeline.begun[:months],
        pipeline.begun_won[:months, :months],
        pipeline.deals[:months],
        pipeline.value[:months],
        pipeline.squares[:months],
    )


SMALL = Pipeline(
    # Entered in month 0: ten left and won in month 1, ten stay; in month 1: four stay.
    np.array([[0, 0, 1, 1, 10], [0, 0, 3, 3, 10], [0, 1, 3, 3, 4]]),
    np.array([20, 4, 0]),
    np.array([[0, 10, 0], [0, 0, 0], [0, 0, 0]]),
    np.array([0, 10, 0]),
    np.array([0.0, 5000.0, 0.0]),
    np.array([0.0, 2_500_000.0, 0.0]),
)


def test_open_leads_are_told_apart_by_stage_and_age() -> None:
    cells, won_in, leads = standing(SMALL, 0)
    assert (cells.tolist(), won_in.tolist(), leads.tolist()) == ([0, 0], [1, 3], [10, 10])
    cells, _won_in, leads = standing(SMALL, 1)
    assert (cells.tolist(), leads.tolist()) == ([1, 0], [10, 4])


def test_the_chance_of_a_cell_is_the_share_won_drawn_to_the_mean() -> None:
    # Known through month 1: 20 leads stood at the end of month 0, and half were won after it.
    found = chances(SMALL, 1, 1, since=1)
    assert found[0] == (10 + 10 * 0.5) / (20 + 10)
    # Nothing is known of leads a month older: they have the mean of all.
    assert found[1] == 0.5


def test_the_chance_two_months_ahead_waits_for_two_months() -> None:
    assert chances(SMALL, 1, 2, since=1).tolist() == [0.0] * 4
    assert chances(SMALL, 2, 2, since=1)[0] == 0.0


def test_leads_yet_to_come_win_as_quickly_as_those_that_came() -> None:
    found = quick_shares(SMALL, 2, 2, since=1)
    assert found.tolist() == [0.0, 10 / 24]
    assert quick_shares(SMALL, 0, 1, since=1).tolist() == [0.0]


def test_a_deal_is_worth_what_the_company_s_are_until_a_group_has_its_own() -> None:
    nobody = replace(SMALL, value=np.zeros(3), squares=np.zeros(3), deals=np.zeros(3, dtype=int))
    assert deal_value(SMALL, SMALL, 1) == (500.0, 250_000.0)
    assert deal_value(nobody, SMALL, 1) == (500.0, 250_000.0)
    assert deal_value(SMALL, SMALL, 0) == (0.0, 0.0)


def test_groups_pool_over_the_same_months_only() -> None:
    both = pooled([SMALL, SMALL])
    assert both.begun.tolist() == [40, 8, 0]
    assert len(both.stays) == 6
    with pytest.raises(ValueError, match="same months"):
        pooled([SMALL, until(SMALL, 2)])
    with pytest.raises(ValueError, match="same months"):
        pooled([])


@given(st.integers(min_value=0, max_value=30), st.integers(min_value=3, max_value=8))
def test_a_past_month_s_forecast_uses_nothing_that_came_later(seed: int, months: int) -> None:
    whole = company(9, seed=seed, arrivals=15)
    then = until(whole, months)
    since_then = [each for each in Forecaster([whole]).trials() if each.month == months]
    ahead = Forecaster([then]).ahead(0, 1)
    if since_then and ahead:
        assert since_then[0].expected == pytest.approx(ahead[0].expected)
        assert since_then[0].interval == pytest.approx(ahead[0].interval)


@given(st.integers(min_value=0, max_value=30), st.floats(min_value=0.01, max_value=1e6))
def test_the_unit_of_money_does_not_matter(seed: int, unit: float) -> None:
    whole = company(7, seed=seed, arrivals=15)
    other = replace(whole, value=whole.value * unit, squares=whole.squares * unit**2)
    for mine, theirs in zip(
        Forecaster([whole]).ahead(0, 3), Forecaster([other]).ahead(0, 3), strict=True
    ):
        assert theirs.expected == pytest.approx(mine.expected * unit)
        assert theirs.interval == pytest.approx([end * unit for end in mine.interval])


def test_nothing_is_forecast_before_the_first_win() -> None:
    no_wins = replace(
        SMALL,
        begun_won=np.zeros((3, 3), dtype=int),
        deals=np.zeros(3, dtype=int),
        value=np.zeros(3),
        squares=np.zeros(3),
    )
    forecaster = Forecaster([no_wins])
    assert forecaster.ahead(0, 3) == ()
    assert forecaster.trials() == ()
    assert score(()) is None


def test_a_group_without_leads_or_wins_is_worth_nothing() -> None:
    empty = Pipeline(
        np.zeros((0, 5), dtype=np.int64),
        np.zeros(3, dtype=np.int64),
        np.zeros((3, 3), dtype=np.int64),
        np.zeros(3, dtype=np.int64),
        np.zeros(3),
        np.zeros(3),
    )
    (month,) = Forecaster([SMALL, empty]).ahead(1, 1)
    assert (month.expected, month.interval) == (0.0, (0.0, 0.0))


def test_a_group_whose_leads_no_longer_come_is_not_expected_to_go_on() -> None:
    steady = company(9, seed=3)
    ended = replace(steady, begun=np.where(np.arange(9) < 5, steady.begun, 0))
    going, gone = Forecaster([steady, ended]).ahead(0, 1), Forecaster([steady, ended]).ahead(1, 1)
    assert gone[0].expected < 0.6 * going[0].expected


def test_a_month_that_does_well_in_every_quarter_is_expected_to() -> None:
    flat = company(12, seed=4)
    above: Ints = np.where(np.arange(12) % 3 == 2, 2, 1)
    swinging = replace(flat, value=flat.value * above)
    third = Forecaster([until(swinging, 11)]).ahead(0, 1)[0].expected
    first = Forecaster([swinging]).ahead(0, 1)[0].expected
    assert third > 1.2 * first
    moved = Forecaster([until(swinging, 11)], first_place=1).ahead(0, 1)[0].expected
    assert moved == pytest.approx(third)  # places are told apart, whichever comes first


def test_months_that_stray_widen_the_interval() -> None:
    def width(swing: float) -> float:
        (month,) = Forecaster([company(14, seed=5, arrivals=300, swing=swing)]).ahead(0, 1)
        return (month.interval[1] - month.interval[0]) / month.expected

    assert width(0.5) > 1.5 * width(0.0)


def test_the_score_counts_and_has_clopper_and_pearson_s_interval() -> None:
    trials = [Trial(0, at, 10.0, (8.0, 12.0), 9.0 if at < 21 else 20.0, 15.0) for at in range(27)]
    found = score(trials)
    assert found is not None
    assert (found.trials, found.covered, found.coverage) == (27, 21, 21 / 27)
    expected = binomtest(21, 27).proportion_ci(method="exact")
    assert found.coverage_interval == pytest.approx((expected.low, expected.high))
    assert found.error == pytest.approx((21 * 1 + 6 * 10) / 27)
    assert found.naive_error == pytest.approx((21 * 6 + 6 * 5) / 27)
    all_hit, none_hit = score(trials[:3]), score(trials[-3:])
    assert all_hit is not None
    assert none_hit is not None
    assert all_hit.coverage_interval[1] == 1.0
    assert none_hit.coverage_interval[0] == 0.0


@pytest.mark.slow
def test_intervals_hold_about_as_often_as_they_promise() -> None:
    trials = [
        each
        for seed in range(60)
        for each in Forecaster(
            [company(16, seed=1000 * seed + at, swing=0.25) for at in range(3)]
        ).trials()
        if each.month >= 6  # once leads of every age are there
    ]
    found = score(trials)
    assert found is not None
    # Months of one company go together, so that 60 companies say it to some three points.
    assert 0.72 <= found.coverage <= 0.92
    assert found.error < found.naive_error
