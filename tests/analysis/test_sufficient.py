"""Sums that contradict themselves do not come into being."""

import math

import numpy as np
import pytest

from analysis.sufficient import Counts, RepTotals


def totals(n: list[int], total: list[float], squares: list[float], centre: float = 0) -> RepTotals:
    reps = tuple(f"rep {number}" for number in range(len(n)))
    return RepTotals(reps, np.array(n), np.array(total), np.array(squares), centre)


@pytest.mark.parametrize(("n", "reached"), [(0, 0), (5, 6), (5, -1), (-2, -3)])
def test_counts_that_cannot_be_are_refused(n: int, reached: int) -> None:
    with pytest.raises(ValueError, match=f"of {n} leads, {reached}"):
        Counts(n, reached)


def test_a_rate_is_a_share_of_the_leads() -> None:
    assert Counts(8, 2).rate == 0.25


@pytest.mark.parametrize(
    ("n", "total", "squares", "message"),
    [
        ([1, 2], [0.0], [0.0, 0.0], "2 entries in every array"),
        ([1], [0.0], [0.0, 0.0], "1 entries in every array"),
        ([-1], [0.0], [0.0], "not negative"),
        ([1], [0.0], [-1.0], "not negative"),
        ([1], [math.nan], [0.0], "finite"),
        ([1], [0.0], [math.inf], "finite"),
        ([0], [1.0], [0.0], "without leads has no total"),
    ],
)
def test_totals_that_cannot_be_are_refused(
    n: list[int], total: list[float], squares: list[float], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        totals(n, total, squares)


def test_a_rep_named_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="stands once"):
        RepTotals.of_counts(["a", "a"], [1, 1], [0, 1])


@pytest.mark.parametrize("reached", [[3], [-1]])
def test_a_rep_with_more_wins_than_leads_is_refused(reached: list[int]) -> None:
    with pytest.raises(ValueError, match="between none and all"):
        RepTotals.of_counts(["a"], [2], reached)


def test_counts_of_another_length_than_the_reps_are_refused() -> None:
    with pytest.raises(ValueError, match="entries in every array"):
        RepTotals.of_counts(["a"], [2], [1, 1])


def test_chosen_reps_keep_their_own_numbers() -> None:
    chosen = RepTotals.of_counts("abc", [4, 0, 2], [3, 0, 1]).of(np.array([True, False, True]))
    assert chosen.reps == ("a", "c")
    assert (chosen.n.tolist(), chosen.total.tolist()) == ([4, 2], [3.0, 1.0])
    assert chosen.squares.tolist() == [3.0, 1.0]


def test_reps_stand_in_the_order_asked_for_and_absent_ones_have_no_leads() -> None:
    ordered = RepTotals.of_counts("cb", [4, 2], [3, 1]).in_order("abc")
    assert ordered.reps == ("a", "b", "c")
    assert ordered.n.tolist() == [0, 2, 4]
    assert ordered.has_leads.tolist() == [False, True, True]
    with pytest.raises(ValueError, match="takes no part: c"):
        ordered.in_order("ab")
