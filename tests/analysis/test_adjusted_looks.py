"""Planned looks among reps alike before: exact over all looks, by listing every split."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.covariate import randomization_ancova
from analysis.estimate import Estimate, NotEstimable, Why, rejects
from analysis.planned_looks import LookPlan, look_test
from analysis.sequential import Spending
from analysis.sufficient import Bools, Floats
from tests.analysis.conftest import every_split

seeds = st.integers(0, 10_000)


def course(seed: int, looks: int, treated: int) -> tuple[Floats, Floats, Bools]:
    """Eight reps' rates that settle about what they were before, and every split of them."""
    rng = np.random.default_rng(seed)
    before = rng.binomial(20, 0.3, 8) / 20
    steps = rng.binomial(20, np.clip(before, 0.05, 1), (looks, 8)) / 20
    rates = np.cumsum(steps, axis=0) / np.arange(1, looks + 1)[:, np.newaxis]
    return rates, before, every_split(8, treated)


@given(seeds, st.sampled_from([4, 3]), st.sampled_from([0.8, 0.9]), st.sampled_from(Spending))
def test_one_look_at_all_the_information_is_the_adjusted_randomisation_test(
    seed: int, treated: int, level: float, spending: Spending
) -> None:
    rng = np.random.default_rng(seed)
    before, splits = rng.normal(size=8), every_split(8, treated)
    rates, split = before * rng.random() + rng.normal(size=8), splits[seed % len(splits)]
    once = randomization_ancova(rates, split, before, splits, exact=True, level=level)
    found = look_test(
        rates[np.newaxis],
        split,
        splits,
        exact=True,
        plan=LookPlan((1.0,), spending),
        covariate=before,
        level=level,
    )
    assert isinstance(once, Estimate)
    assert isinstance(found, Estimate)
    assert found.effect == pytest.approx(once.effect, abs=1e-12)
    assert found.p == pytest.approx(once.p, abs=1e-8)
    assert found.smallest_p == pytest.approx(once.smallest_p, abs=1e-8)
    for end, other in zip(found.ci, once.ci, strict=True):
        assert end == (None if other is None else pytest.approx(other, abs=1e-6, rel=1e-5))


@pytest.mark.parametrize("treated", [4, 3])
@pytest.mark.parametrize("spending", Spending)
def test_over_all_looks_of_all_splits_it_errs_as_seldom_as_promised(
    treated: int, spending: Spending
) -> None:
    # Every split that could have been is taken for the one that was: no simulation.
    rates, before, splits = course(3 + treated, 3, treated)
    alpha, shares = 0.2, (0.4, 0.7, 1.0)
    ever = np.zeros(len(splits), dtype=np.bool_)
    for look in (1, 2, 3):
        plan = LookPlan(shares[:look], spending)
        for at, split in enumerate(splits):
            found = _looked(rates[:look], split, splits, before, plan, level=1 - alpha)
            ever[at] |= isinstance(found, Estimate) and found.is_significant
        assert ever.mean() <= plan.spent_by(alpha)[-1] + 1e-12
    # Not wastefully: a fifth was promised of 70 or 56 splits.
    assert ever.mean() > alpha - 4 / len(splits)


def test_the_intervals_of_all_looks_hold_the_effect_together_as_often_as_promised() -> None:
    base, before, splits = course(11, 3, 4)
    missed = np.zeros(len(splits), dtype=np.bool_)
    for look in (1, 2, 3):
        plan = LookPlan((0.4, 0.7, 1.0)[:look], Spending.POCOCK)
        for at, split in enumerate(splits):
            found = _looked(base[:look] + 0.17 * split, split, splits, before, plan, level=0.8)
            assert isinstance(found, Estimate)
            low, high = found.ci
            missed[at] |= (low is not None and low > 0.17 + 1e-9) or (
                high is not None and high < 0.17 - 1e-9
            )
    assert missed.mean() <= 0.2


@given(seeds, st.sampled_from([1, 2, 4]), st.sampled_from([0.8, 0.95]))
def test_interval_and_p_agree_and_swapping_variants_flips_the_sign(
    seed: int, looks: int, level: float
) -> None:
    rates, before, splits = course(seed, looks, 4)
    split = splits[seed % len(splits)]
    rates = rates + 0.3 * (seed % 3) * split
    plan = LookPlan(tuple((look + 1) / looks for look in range(looks)), Spending.POCOCK)
    found = _looked(rates, split, splits, before, plan, level=level)
    if isinstance(found, NotEstimable):
        return
    low, high = found.ci
    holds = (low is None or low <= 0) and (high is None or high >= 0)
    assert holds == (not rejects(found.p, level=level))
    turned = _looked(rates, ~split, ~splits, before, plan, level=level)
    assert isinstance(turned, Estimate)
    assert turned.effect == pytest.approx(-found.effect, abs=1e-12)
    assert turned.p == pytest.approx(found.p, abs=1e-8)


@given(seeds)
def test_units_and_origin_of_the_covariate_change_no_p(seed: int) -> None:
    rates, before, splits = course(seed, 2, 4)
    plan = LookPlan((0.5, 1.0), Spending.OBRIEN_FLEMING)
    found = _looked(rates, splits[9], splits, before, plan)
    moved = _looked(rates, splits[9], splits, 1024 * before - 512, plan)
    if isinstance(found, Estimate):
        assert isinstance(moved, Estimate)
        assert moved.effect == pytest.approx(found.effect, abs=1e-9)
        assert moved.p == pytest.approx(found.p, abs=1 / 35)


def test_a_covariate_that_tells_the_rates_narrows_the_interval() -> None:
    rng = np.random.default_rng(4)
    before = rng.normal(0.2, 0.1, 10)
    split, splits = np.arange(10) % 2 == 0, every_split(10, 5)
    rates = before + rng.normal(0, 0.01, (2, 10)) + 0.05 * split
    plan = LookPlan((0.5, 1.0), Spending.OBRIEN_FLEMING)
    plain = look_test(rates, split, splits, exact=True, plan=plan)
    found = _looked(rates, split, splits, before, plan)
    assert isinstance(plain, Estimate)
    assert isinstance(found, Estimate)
    assert not plain.is_significant
    assert found.is_significant


def test_an_early_look_at_reps_alike_before_is_judged_by_their_mean_alone() -> None:
    rates, before, splits = course(21, 2, 4)
    before[:5] = 0.25
    rates[0, 5:] = np.nan
    plan = LookPlan((0.5, 1.0), Spending.POCOCK)
    assert isinstance(_looked(rates, splits[30], splits, before, plan), Estimate)
    # A look at which the value from before tells everything has nothing left to judge.
    rates[0] = 3 * before + 1
    rates[1, 3] += 0.2
    alone = randomization_ancova(rates[1], splits[30], before, splits, exact=True)
    found = _looked(rates, splits[30], splits, before, plan)
    assert isinstance(alone, Estimate)
    assert isinstance(found, Estimate)
    assert found.p == pytest.approx(alone.p, abs=1e-8)


def test_what_cannot_be_adjusted_says_why() -> None:
    rates, before, splits = course(2, 2, 4)
    plan = LookPlan((0.5, 1.0), Spending.POCOCK)
    flat = _looked(rates, splits[0], splits, np.full(8, 0.3), plan)
    assert flat == NotEstimable(Why.CONSTANT_COVARIATE)
    told = _looked(rates, splits[0], splits, splits[0].astype(float), plan)
    assert told == NotEstimable(Why.COVARIATE_IS_SPLIT)
    with pytest.raises(ValueError, match="finite number for each rep"):
        _looked(rates, splits[0], splits, before[:5], plan)


def _looked(
    rates: Floats,
    split: Bools,
    splits: Bools,
    before: Floats,
    plan: LookPlan,
    *,
    level: float = 0.95,
) -> Estimate | NotEstimable:
    return look_test(rates, split, splits, exact=True, plan=plan, covariate=before, level=level)
