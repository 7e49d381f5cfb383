"""Crossover: who follows what when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from assignment.crossover import period_of, periods, variant_in

START, END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 3, 12, tzinfo=UTC)


def test_each_order_follows_both_variants() -> None:
    assert [variant_in(0, period) for period in (0, 1)] == [0, 1]
    assert [variant_in(1, period) for period in (0, 1)] == [1, 0]


def test_periods_are_equal_and_the_washout_lies_between() -> None:
    first, second = periods(START, END, timedelta(days=10))
    assert first == (START, START + timedelta(days=30))
    assert second == (START + timedelta(days=40), END)


def test_a_moment_is_in_one_period_or_in_none() -> None:
    both = periods(START, END, timedelta(days=10))
    days = [0, 29, 30, 39, 40, 69, 70]
    found = [period_of(START + timedelta(days=day), both) for day in days]
    assert found == [0, 0, None, None, 1, 1, None]


def test_a_washout_that_leaves_no_time_is_refused() -> None:
    with pytest.raises(ValueError, match="leaves no time"):
        periods(START, END, END - START)
    with pytest.raises(ValueError, match="leaves no time"):
        periods(START, END, timedelta(days=-1))
