"""Planned looks at split reps: exact over all looks, by listing every split that could be."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.estimate import Estimate, NotEstimable, Why
from analysis.planned_looks import LookPlan, look_test
from analysis.randomization import randomization_test
from analysis.sequential import Spending
from analysis.sufficient import Bools, Floats
from assignment.design import Complete, complete, redraws, seeded

FIVE = (0.2, 0.4, 0.6, 0.8, 1.0)
seeds = st.integers(0, 10_000)


def _splits(count: int, treated: int) -> Bools:
    units = tuple(f"r{place:02}" for place in range(count))
    every: Bools = Complete(units, (count - treated, treated)).every_draw() == 1
    return every


def _courses(count: int, looks: int, seed: int) -> Floats:
    """Rates that settle as leads come in, without any effect, shape (K, G)."""
    steps = np.random.default_rng(seed).binomial(20, 0.3, (looks, count)) / 20
    return np.cumsum(steps, axis=0) / np.arange(1, looks + 1)[:, np.newaxis]


def _estimate(rates: Floats, treated: Bools, splits: Bools, plan: LookPlan) -> Estimate:
    found = look_test(rates, treated, splits, exact=True, plan=plan)
    assert isinstance(found, Estimate)
    return found


@given(seeds, st.sampled_from([(8, 4), (8, 3), (9, 5)]), st.sampled_from(Spending))
def test_one_look_at_all_the_information_is_the_randomisation_test(
    seed: int, size: tuple[int, int], spending: Spending
) -> None:
    splits = _splits(*size)
    rates = np.random.default_rng(seed).normal(size=size[0])
    treated = splits[seed % len(splits)]
    once = randomization_test(rates, treated, splits, exact=True)
    found = look_test(
        rates[np.newaxis], treated, splits, exact=True, plan=LookPlan((1.0,), spending)
    )
    assert isinstance(once, Estimate)
    assert isinstance(found, Estimate)
    assert found.effect == pytest.approx(once.effect, abs=1e-12)
    assert found.p == pytest.approx(once.p, abs=1e-8)
    assert found.smallest_p == pytest.approx(once.smallest_p, abs=1e-8)
    for end, other in zip(found.ci, once.ci, strict=True):
        assert end == (None if other is None else pytest.approx(other, abs=1e-6))


@pytest.mark.parametrize("treated", [4, 3])
@pytest.mark.parametrize("spending", Spending)
def test_over_all_looks_of_all_splits_it_errs_as_seldom_as_promised(
    treated: int, spending: Spending
) -> None:
    # Every split that could have been is taken for the one that was: no simulation.
    splits = _splits(8, treated)
    rates = _courses(8, 3, seed=treated)
    alpha, shares = 0.2, (0.4, 0.7, 1.0)
    ever = np.zeros(len(splits), dtype=np.bool_)
    for look in (1, 2, 3):
        plan = LookPlan(shares[:look], spending)
        for at, split in enumerate(splits):
            found = look_test(rates[:look], split, splits, exact=True, plan=plan, level=1 - alpha)
            ever[at] |= isinstance(found, Estimate) and found.is_significant
        assert ever.mean() <= plan.spent_by(alpha)[-1] + 1e-12
    # Not wastefully: a fifth was promised of 70 or 56 splits.
    assert ever.mean() > alpha - 4 / len(splits)


def test_the_intervals_of_all_looks_hold_the_effect_together_as_often_as_promised() -> None:
    splits = _splits(8, 4)
    base = _courses(8, 3, seed=7)
    missed = np.zeros(len(splits), dtype=np.bool_)
    for look in (1, 2, 3):
        plan = LookPlan((0.4, 0.7, 1.0)[:look], Spending.POCOCK)
        for at, split in enumerate(splits):
            rates = base[:look] + 0.17 * split
            found = look_test(rates, split, splits, exact=True, plan=plan, level=0.8)
            assert isinstance(found, Estimate)
            low, high = found.ci
            missed[at] |= (low is not None and low > 0.17 + 1e-9) or (
                high is not None and high < 0.17 - 1e-9
            )
    assert missed.mean() <= 0.2


@given(seeds, st.sampled_from([1, 2, 5]), st.sampled_from([(8, 4), (8, 5)]))
def test_interval_and_p_agree_and_swapping_variants_flips_the_sign(
    seed: int, looks: int, size: tuple[int, int]
) -> None:
    splits = _splits(*size)
    treated = splits[seed % len(splits)]
    rates = _courses(size[0], looks, seed) + 0.3 * (seed % 3) * treated
    plan = LookPlan(FIVE[-looks:], Spending.POCOCK)
    found = look_test(rates, treated, splits, exact=True, plan=plan)
    if isinstance(found, NotEstimable):
        return
    low, high = found.ci
    holds = (low is None or low <= 0) and (high is None or high >= 0)
    assert holds == (not found.is_significant)
    turned = _estimate(rates, ~treated, ~splits, plan)
    assert turned.effect == pytest.approx(-found.effect, abs=1e-12)
    assert turned.p == pytest.approx(found.p, abs=1e-8)
    for end, other in ((turned.ci[0], high), (turned.ci[1], low)):
        assert end == (None if other is None else pytest.approx(-other, abs=1e-6))


@given(seeds)
def test_the_unit_of_the_outcome_changes_no_p(seed: int) -> None:
    splits = _splits(8, 4)
    rates = _courses(8, 2, seed)
    plan = LookPlan((0.5, 1.0), Spending.OBRIEN_FLEMING)
    found = look_test(rates, splits[3], splits, exact=True, plan=plan)
    money = look_test(rates * 1e9, splits[3], splits, exact=True, plan=plan)
    if isinstance(found, Estimate):
        assert isinstance(money, Estimate)
        assert money.p == pytest.approx(found.p, abs=1e-8)


def test_many_reps_agree_with_lan_and_demets_normal_theory() -> None:
    # With 100 reps the draws' joint distribution is that of a Brownian motion, nearly.
    rng = np.random.default_rng(5)
    steps = rng.normal(size=(3, 100))
    rates = np.cumsum(steps, axis=0) / np.array([[1], [2], [3]])
    design = complete([f"r{place:03}" for place in range(100)], [1, 1], seeded(2))
    again = redraws(design, seeded(3))
    treated = design.draw(seeded(4)) == 1
    shift = 0.42
    plan = LookPlan((1 / 3, 2 / 3, 1.0), Spending.OBRIEN_FLEMING)
    found = look_test(rates + shift * treated, treated, again.labels == 1, exact=False, plan=plan)
    once = randomization_test(rates[-1] + shift * treated, treated, again.labels == 1, exact=False)
    assert isinstance(found, Estimate)
    assert isinstance(once, Estimate)
    width = (found.ci[1] or 0) - (found.ci[0] or 0)
    alone = (once.ci[1] or 0) - (once.ci[0] or 0)
    # rpact: the final z of three equal looks is 1.9927 against 1.9600 of one.
    assert width / alone == pytest.approx(1.9927 / 1.9600, rel=0.01)


def test_an_early_look_spends_hardly_anything_and_may_have_no_ends() -> None:
    splits = _splits(8, 4)
    treated = splits[20]
    rates = _courses(8, 1, seed=3) + treated
    plan = LookPlan((0.2,), Spending.OBRIEN_FLEMING)
    found = _estimate(rates, treated, splits, plan)
    assert found.ci == (None, None)
    assert found.smallest_p is not None
    assert found.p >= found.smallest_p > 0.05


def test_reps_without_leads_yet_have_no_part_in_an_early_look() -> None:
    splits = _splits(8, 4)
    treated = splits[11]
    rates = _courses(8, 2, seed=9) + 0.5 * treated
    rates[0, :3] = np.nan
    plan = LookPlan((0.5, 1.0), Spending.POCOCK)
    found = _estimate(rates, treated, splits, plan)
    assert found.ci[0] is not None
    rates[0] = np.nan
    without = _estimate(rates, treated, splits, plan)
    # A look at nothing stops nobody; what it could have spent is there for the next.
    alone = randomization_test(rates[1], treated, splits, exact=True)
    assert isinstance(alone, Estimate)
    assert without.p == pytest.approx(alone.p, abs=1e-8)


def test_an_interval_that_reaches_over_0_to_a_kept_shift_takes_that_ones_p() -> None:
    # Two against eight: 0 alone would be rejected at .3 by 13 of 45, but not what follows it.
    amounts = np.array([[-9, -3, -1, -1, 3, 0, -1, -7, -1, -4.0]])
    treated = np.arange(10) < 2
    plan = LookPlan((1.0,), Spending.POCOCK)
    found = look_test(amounts, treated, _splits(10, 2), exact=True, plan=plan, level=0.7)
    assert isinstance(found, Estimate)
    assert found.p == pytest.approx(14 / 45)
    assert found.ci[1] is not None
    assert found.ci[1] > 0


def test_a_split_that_no_early_look_could_judge_may_be_kept_however_far_out() -> None:
    splits = _splits(8, 3)
    treated = splits[17]
    rates = _courses(8, 2, seed=4) + treated
    # Two of the treated had no leads yet, and all that may be spent was spent on others.
    rates[0, np.flatnonzero(treated)[:2]] = np.nan
    found = _estimate(rates, treated, splits, LookPlan((0.999, 1.0), Spending.POCOCK))
    assert found.ci[0] is None
    assert found.ci[1] is not None


def test_its_hull_is_that_of_one_look_also_where_the_test_is_not_monotone() -> None:
    # Two against eight: -5.6 is kept though -4.9 is not, which halving alone would not find.
    rates = np.array([4.0, -4.0, -2.0, -7.0, 8.0, 2.0, -6.0, 5.0, -8.0, -7.0])
    treated, splits, plan = np.arange(10) < 2, _splits(10, 2), LookPlan((1.0,), Spending.POCOCK)
    once = randomization_test(rates, treated, splits, exact=True, level=0.7)
    look = look_test(rates[np.newaxis], treated, splits, exact=True, plan=plan, level=0.7)
    assert isinstance(once, Estimate)
    assert isinstance(look, Estimate)
    assert once.ci == pytest.approx((-5.6845149, 8.9914728), abs=1e-6)
    assert look.ci == pytest.approx(once.ci, abs=1e-6)


def test_thin_data_is_a_result_of_its_own() -> None:
    splits = _splits(6, 3)
    plan = LookPlan((1.0,), Spending.POCOCK)
    flat = look_test(np.zeros((1, 6)), splits[0], splits, exact=True, plan=plan)
    assert flat == NotEstimable(Why.NO_VARIATION)
    few = np.array([True, False, False, False, False, False])
    alone = look_test(np.arange(6.0)[np.newaxis], few, splits, exact=True, plan=plan)
    assert alone == NotEstimable(Why.TOO_FEW_REPS)


def test_what_does_not_fit_is_refused() -> None:
    splits = _splits(6, 3)
    plan = LookPlan((0.5, 1.0), Spending.POCOCK)
    with pytest.raises(ValueError, match="for 2 looks"):
        look_test(np.zeros((1, 6)), splits[0], splits, exact=True, plan=plan)
    with pytest.raises(ValueError, match="every rep has a rate"):
        look_test(np.full((2, 6), np.nan), splits[0], splits, exact=True, plan=plan)
    with pytest.raises(ValueError, match="each look has more"):
        LookPlan((0.5, 0.5), Spending.POCOCK)
    with pytest.raises(ValueError, match="above 0 and at most 1"):
        LookPlan((), Spending.POCOCK)
