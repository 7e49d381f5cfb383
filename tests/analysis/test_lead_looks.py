"""Planned looks at split leads: a method judged by bounds that spend alpha."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.estimate import Estimate, NotEstimable, Result, Why
from analysis.lead_looks import lead_look
from analysis.planned_looks import LookPlan
from analysis.proportion import score_difference
from analysis.sequential import Spending, boundaries
from analysis.sufficient import Counts
from analysis.tails import p_of_z

EQUAL = (0.25, 0.5, 0.75, 1.0)


def _score(reached: int, n: int = 1000) -> Estimate:
    found = score_difference(Counts(n, 200), Counts(n, reached))
    assert isinstance(found, Estimate)
    return found


def _looked(reached: int, looks: int, spending: Spending) -> Estimate:
    def method(level: float) -> Result:
        return score_difference(Counts(1000, 200), Counts(1000, reached), level=level)

    shares = EQUAL[:looks]
    found = lead_look(method, shares, LookPlan(shares, spending))
    assert isinstance(found, Estimate)
    return found


@pytest.mark.parametrize("spending", Spending)
@pytest.mark.parametrize("looks", [1, 2, 3, 4])
def test_the_interval_is_the_methods_at_the_level_of_the_bound(
    looks: int, spending: Spending
) -> None:
    # `boundaries` itself is proved against rpact.
    bound = boundaries(EQUAL[:looks], alpha=0.05, spending=spending)[-1].critical_z
    nominal = score_difference(Counts(1000, 200), Counts(1000, 245), level=1 - p_of_z(bound))
    assert isinstance(nominal, Estimate)
    found = _looked(245, looks, spending)
    assert found.ci == pytest.approx(nominal.ci, abs=1e-9)
    assert found.level == 0.95


def test_one_look_at_everything_is_the_method_itself() -> None:
    def method(level: float) -> Result:
        return score_difference(Counts(1000, 200), Counts(1000, 245), level=level)

    found = lead_look(method, [7.0], LookPlan((1.0,), Spending.OBRIEN_FLEMING))
    assert isinstance(found, Estimate)
    assert found.p == pytest.approx(_score(245).p, rel=1e-7)
    assert found.ci == pytest.approx(_score(245).ci, abs=1e-9)


@settings(max_examples=25)
@given(st.integers(100, 320), st.integers(1, 4), st.sampled_from(Spending))
def test_interval_and_p_agree_on_both_sides_of_alpha(
    reached: int, looks: int, spending: Spending
) -> None:
    found = _looked(reached, looks, spending)
    low, high = found.ci
    assert (
        (low is not None and low > 0)
        or (high is not None and high < 0)
        or not (found.is_significant)
    )
    assert found.is_significant or ((low or 0) <= 0 <= (high or 0))


def test_the_p_is_the_error_rate_at_which_the_bound_is_just_met() -> None:
    found = _looked(245, 3, Spending.POCOCK)
    bound = boundaries(EQUAL[:3], alpha=found.p, spending=Spending.POCOCK)[-1].critical_z
    assert p_of_z(bound) == pytest.approx(_score(245).p, rel=1e-6)


@pytest.mark.parametrize(("reached", "p"), [(200, 1.0), (999, 1e-12)])
def test_none_and_a_huge_difference_have_a_p_too(reached: int, p: float) -> None:
    assert _looked(reached, 2, Spending.OBRIEN_FLEMING).p == pytest.approx(p, abs=1e-9)


def test_information_counts_by_what_was_there_not_by_what_was_planned() -> None:
    def method(level: float) -> Result:
        return score_difference(Counts(1000, 200), Counts(1000, 245), level=level)

    plan = LookPlan((0.5, 1.0), Spending.POCOCK)
    planned = lead_look(method, [1.0, 2.0], plan)
    late = lead_look(method, [1.9, 2.0], plan)
    assert isinstance(planned, Estimate)
    assert isinstance(late, Estimate)
    # Two looks at nearly the same leads spend nearly all at the first: the less for the second.
    assert late.p != planned.p


def test_a_method_without_an_answer_has_none_at_a_look_either() -> None:
    none = NotEstimable(Why.NO_LEADS)
    plan = LookPlan((1.0,), Spending.POCOCK)
    assert lead_look(lambda _: none, [1.0], plan) is none


def test_each_look_needs_its_information() -> None:
    plan = LookPlan((0.5, 1.0), Spending.POCOCK)
    with pytest.raises(ValueError, match="has its information"):
        lead_look(lambda _: NotEstimable(Why.NO_LEADS), [1.0], plan)
