"""Reps who follow both variants: against least squares, and every order."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.regression.linear_model import OLS

from analysis.crossover import (
    CrossoverPair,
    crossover_look,
    crossover_t,
    crossover_test,
    within_t,
)
from analysis.estimate import Estimate, NotEstimable, Why
from analysis.methods import compare_crossover
from analysis.pairs import RepLooks
from analysis.planned_looks import LookPlan
from analysis.sequential import Spending
from analysis.splits import Splits
from tests.analysis.conftest import every_split


@st.composite
def pairs(draw: st.DrawFn) -> CrossoverPair:
    """A small team that followed both variants, with a second period of its own."""
    first = draw(st.integers(2, 4))
    count = first + draw(st.integers(2, 4))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    later = rng.permutation(np.arange(count) < first)
    talent = rng.random(count)
    lift = draw(st.sampled_from([0.0, 0.5]))
    control = talent + rng.random(count) / 5 + np.where(later, 0, lift)
    treatment = talent + rng.random(count) / 5 + np.where(later, lift, 0)
    return CrossoverPair(control, treatment, later, every_split(count, first), exact=True)


def judged(pair: CrossoverPair) -> Estimate:
    found = crossover_test(pair)
    assert isinstance(found, Estimate)
    return found


@given(pairs())
def test_the_t_is_that_of_least_squares_with_reps_and_periods(pair: CrossoverPair) -> None:
    count = len(pair.control)
    rep = np.tile(np.arange(count), 2)
    treated = np.repeat([0.0, 1.0], count)
    second = np.where(treated == 1, np.tile(pair.later, 2), ~np.tile(pair.later, 2))
    dummies = (rep[:, None] == np.arange(count)).astype(float)
    design = np.column_stack([treated, second, dummies])
    fitted = OLS(np.concatenate([pair.control, pair.treatment]), design).fit()
    found = crossover_t(pair)
    assert isinstance(found, Estimate)
    assert found.effect == pytest.approx(fitted.params[0])
    assert found.se == pytest.approx(fitted.bse[0])
    assert found.df == fitted.df_resid
    assert found.p == pytest.approx(fitted.pvalues[0], abs=1e-9)


@given(pairs(), st.floats(-3, 3))
def test_what_a_period_does_to_all_changes_nothing(pair: CrossoverPair, lift: float) -> None:
    lifted = CrossoverPair(
        pair.control + np.where(pair.later, 0, lift),
        pair.treatment + np.where(pair.later, lift, 0),
        pair.later,
        pair.redraws,
        exact=True,
    )
    one, other = judged(pair), judged(lifted)
    assert other.effect == pytest.approx(one.effect, abs=1e-9)
    assert other.p == pytest.approx(one.p)


@given(pairs())
def test_swapping_the_variants_flips_the_sign(pair: CrossoverPair) -> None:
    redraws = ~Splits.of(pair.redraws).labels
    swapped = CrossoverPair(pair.treatment, pair.control, ~pair.later, redraws, exact=True)
    one, other = judged(pair), judged(swapped)
    assert one.effect == pytest.approx(-other.effect)
    assert one.p == pytest.approx(other.p)


def test_within_reps_ignores_the_periods() -> None:
    later = np.arange(6) < 3
    control, treatment = np.arange(6) / 10, np.arange(6) / 10 + np.array([2, 3, 2, 3, 2, 3]) / 10
    found = within_t(CrossoverPair(control, treatment, later, every_split(6, 3), exact=True))
    assert isinstance(found, Estimate)
    assert found.effect == pytest.approx(0.25)
    assert found.df == 5


def test_one_rep_of_an_order_says_nothing() -> None:
    later = np.arange(5) < 1
    pair = CrossoverPair(np.arange(5.0), np.arange(5.0) ** 2, later, every_split(5, 2), exact=True)
    assert crossover_test(pair) == NotEstimable(Why.TOO_FEW_REPS)


def test_the_order_s_own_test_decides() -> None:
    rng = np.random.default_rng(1)
    later = np.arange(8) < 4
    pair = CrossoverPair(rng.random(8), rng.random(8), later, every_split(8, 4), exact=True)
    found = compare_crossover(pair)
    assert found.primary == "randomization"
    assert list(found.estimates) == ["randomization", "rep_t", "paired_t"]
    assert found.result == crossover_test(pair)


@given(pairs())
def test_one_look_at_everything_is_the_order_s_own_test(pair: CrossoverPair) -> None:
    plan = LookPlan((1.0,), Spending.POCOCK)
    found = crossover_look(replace(pair, looks=RepLooks(plan, pair.changes[np.newaxis])))
    alone = judged(pair)
    assert isinstance(found, Estimate)
    assert found.effect == alone.effect
    assert found.p == pytest.approx(alone.p, abs=1e-8)
    assert crossover_look(pair) == NotEstimable(Why.NO_LOOKS)


def test_over_all_looks_of_all_orders_it_errs_as_seldom_as_promised() -> None:
    # Every order that could have been drawn is taken for the one that was: no simulation.
    orders, rng = every_split(8, 4), np.random.default_rng(6)
    # Half of the change from first to second period, as leads of the second come in.
    changes = np.cumsum(rng.normal(0.05, 0.1, (3, 8)), axis=0) / np.array([[1], [2], [3]])
    shares, alpha = (0.5, 0.75, 1.0), 0.2
    ever = np.zeros(len(orders), dtype=np.bool_)
    for look in (1, 2, 3):
        looks = RepLooks(LookPlan(shares[:look], Spending.POCOCK), changes[:look])
        for at, later in enumerate(orders):
            control = np.where(later, 0, 2 * changes[look - 1])
            treatment = np.where(later, 2 * changes[look - 1], 0)
            pair = CrossoverPair(control, treatment, later, orders, exact=True, looks=looks)
            found = compare_crossover(pair, level=1 - alpha)
            assert found.primary == "group_sequential"
            ever[at] |= isinstance(found.result, Estimate) and found.result.is_significant
    assert alpha - 4 / len(orders) < ever.mean() <= alpha


def test_means_without_an_order_are_refused() -> None:
    with pytest.raises(ValueError, match="both variants"):
        CrossoverPair(np.zeros(3), np.zeros(4), np.zeros(3, dtype=bool), every_split(4, 2), True)
