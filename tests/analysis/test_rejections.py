"""Many simulated teams judged at once, as the randomisation test judges each."""

import numpy as np
import pytest

from analysis.estimate import Estimate
from analysis.power import Plan
from analysis.randomization import randomization_test
from analysis.rejections import rejected
from analysis.sufficient import Bools, Floats
from analysis.worlds import simulated_rates
from tests.analysis.conftest import every_split


def one_by_one(rates: Floats, treated: Bools, redraws: Bools, exact: bool, level: float) -> Bools:
    results = [
        randomization_test(each, treated, redraws, exact=exact, level=level) for each in rates
    ]
    return np.array([isinstance(each, Estimate) and each.is_significant for each in results])


@pytest.mark.parametrize("level", [0.8, 0.9, 0.95])
@pytest.mark.parametrize("k", [3, 4, 5])
def test_every_split_listed_judges_as_the_test_does(k: int, level: float) -> None:
    # Ten leads a rep, so that ties abound.
    plan = Plan(reps_per_variant=k, leads_per_rep=10, baseline=0.3, icc=0.05)
    rng = np.random.default_rng(k)
    rates = simulated_rates(plan, 0.2, runs=120, rng=rng)
    redraws = rng.permutation(every_split(2 * k, k))
    treated = np.arange(2 * k) < k
    found = rejected(rates, treated, redraws, exact=True, level=level)
    assert found.tolist() == one_by_one(rates, treated, redraws, True, level).tolist()


def test_a_sample_seen_in_part_judges_as_all_of_it_does() -> None:
    plan = Plan(reps_per_variant=8, leads_per_rep=40, baseline=0.2, icc=0.05, cv=0.7)
    rng = np.random.default_rng(8)
    rates = simulated_rates(plan, 0.1, runs=100, rng=rng)
    every = every_split(16, 8)
    redraws = every[rng.integers(len(every), size=6000)]
    treated = np.arange(16) < 8
    found = rejected(rates, treated, redraws, exact=False, level=0.95)
    assert 0 < found.sum() < 100
    assert found.tolist() == one_by_one(rates, treated, redraws, False, 0.95).tolist()


def test_too_few_draws_find_nothing_significant() -> None:
    rates = np.array([[0.9, 0.8, 0.9, 0.1, 0.2, 0.1]])
    treated = np.arange(6) < 3
    redraws = every_split(6, 3)
    # 3 against 3 reps: the smallest p is 2/20.
    assert rejected(rates, treated, redraws, exact=True, level=0.9).tolist() == [True]
    assert rejected(rates, treated, redraws, exact=True, level=0.95).tolist() == [False]
    assert rejected(rates, treated, redraws[:9], exact=False, level=0.95).tolist() == [False]


def test_a_team_without_variation_within_its_variants_is_never_significant() -> None:
    redraws = every_split(8, 4)
    treated = np.arange(8) < 4
    rates = np.array([np.where(treated, 1.0, 0.0), np.full(8, 0.3)])
    assert not rejected(rates, treated, redraws, exact=True, level=0.95).any()


def test_no_teams_are_no_verdicts() -> None:
    treated = np.arange(6) < 3
    nobody = np.zeros((0, 6))
    assert len(rejected(nobody, treated, every_split(6, 3), exact=True, level=0.95)) == 0


def test_what_does_not_fit_is_refused() -> None:
    rates, treated, redraws = np.zeros((1, 6)), np.arange(6) < 3, every_split(6, 3)
    with pytest.raises(ValueError, match="same reps"):
        rejected(rates[:, :5], treated, redraws, exact=True, level=0.95)
    with pytest.raises(ValueError, match="same reps"):
        rejected(rates, treated, redraws[:, :5], exact=True, level=0.95)
    with pytest.raises(ValueError, match="equal size"):
        rejected(rates, np.arange(6) < 2, redraws, exact=True, level=0.95)
    with pytest.raises(ValueError, match="equal size"):
        rejected(rates, treated, every_split(6, 2), exact=True, level=0.95)
