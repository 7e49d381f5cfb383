"""Crossover: who follows what when."""

from __future__ import annotations

import pytest

from assignment.crossover import period_of, periods, variant_in


def test_each_order_follows_both_variants() -> None:
    assert [variant_in(0, period) for period in (0, 1)] == [0, 1]
    assert [variant_in(1, period) for period in (0, 1)] == [1, 0]


def test_periods_are_equal_and_the_washout_lies_between() -> None:
    assert periods(100, 170, 10) == ((100, 130), (140, 170))
    assert periods(0, 11, 2) == ((0, 4), (7, 11))


def test_a_moment_is_in_one_period_or_in_none() -> None:
    both = periods(0, 70, 10)
    found = [period_of(at, both) for at in (-1, 0, 29, 30, 39, 40, 69, 70)]
    assert found == [None, 0, 0, None, None, 1, 1, None]


@pytest.mark.parametrize("washout", [70, 69, -1])
def test_a_washout_that_leaves_no_time_is_refused(washout: int) -> None:
    with pytest.raises(ValueError, match="leaves no time"):
        periods(0, 70, washout)
