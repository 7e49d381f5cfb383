"""Several metrics of one pair: the step-down maximum."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.estimate import Estimate
from analysis.max_t import step_down_max_t
from analysis.multiplicity import holm
from analysis.randomization import randomization_test
from analysis.sufficient import Bools, Floats
from tests.analysis.conftest import every_split

EVERY = every_split(8, 4)
seeds = st.integers(0, 10_000)


def _rates(seed: int, metrics: int = 3) -> Floats:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(metrics, 8)) + rng.normal(size=8)


def _adjusted(rates: Floats, treated: Bools) -> list[float]:
    found = step_down_max_t(rates, treated, EVERY, exact=True)
    return [1.0 if p is None else p for p in found]


def _alone(rates: Floats, treated: Bools) -> list[float]:
    ps = []
    for each in rates:
        found = randomization_test(each, treated, EVERY, exact=True)
        assert isinstance(found, Estimate)
        ps.append(found.p)
    return ps


@given(seeds)
def test_one_metric_has_its_own_p(seed: int) -> None:
    treated = EVERY[seed % len(EVERY)]
    rates = _rates(seed, 1)
    assert _adjusted(rates, treated) == pytest.approx(_alone(rates, treated))


@given(seeds)
def test_adjusted_ps_lie_between_each_alone_and_bonferroni(seed: int) -> None:
    treated = EVERY[seed % len(EVERY)]
    rates = _rates(seed)
    adjusted, alone = _adjusted(rates, treated), _alone(rates, treated)
    assert all(p >= own - 1e-12 for p, own in zip(adjusted, alone, strict=True))
    assert max(adjusted) <= 1


@given(seeds, st.permutations(range(3)))
def test_the_order_and_the_units_of_metrics_change_nothing(seed: int, order: list[int]) -> None:
    treated = EVERY[seed % len(EVERY)]
    rates = _rates(seed)
    adjusted = _adjusted(rates, treated)
    units = np.array([[1.0], [1e6], [1e-6]])
    assert _adjusted((rates * units)[order], treated) == pytest.approx(
        [adjusted[at] for at in order]
    )


def test_it_is_the_definition_s_step_down() -> None:
    rates, treated = _rates(5), EVERY[17]

    def statistics(split: Bools) -> Floats:
        arms = rates[:, split], rates[:, ~split]
        spread = sum(arm.var(axis=1, ddof=1) / arm.shape[1] for arm in arms)
        found: Floats = (arms[0].mean(axis=1) - arms[1].mean(axis=1)) ** 2 / spread
        return found

    happened = statistics(treated)
    drawn = np.array([statistics(split) for split in EVERY])
    expected, least = [0.0] * 3, 0.0
    left = list(np.argsort(-happened))
    while left:
        at = left[0]
        share = float(np.mean(drawn[:, left].max(axis=1) >= happened[at] * (1 - 1e-9)))
        least = expected[at] = max(least, share)
        left = left[1:]
    assert _adjusted(rates, treated) == pytest.approx(expected)


def test_over_all_splits_it_errs_anywhere_as_seldom_as_promised() -> None:
    # No effect on any of four metrics: every split is taken for the one that happened.
    rates = _rates(9, 4)
    wrong = [min(_adjusted(rates, split)) <= 0.1 for split in EVERY]
    assert np.mean(wrong) <= 0.1


def test_metrics_that_go_together_cost_less_than_by_holm() -> None:
    rates = _rates(3, 1) + np.random.default_rng(1).normal(0, 0.01, (4, 8))
    treated = EVERY[0]
    adjusted, by_holm = _adjusted(rates, treated), holm(_alone(rates, treated))
    assert max(adjusted) < max(by_holm)


def test_a_metric_without_variation_is_in_no_family() -> None:
    rates = np.vstack([_rates(5, 2), np.zeros(8)])
    found = step_down_max_t(rates, EVERY[17], EVERY, exact=True)
    assert found[2] is None
    assert found[:2] == step_down_max_t(rates[:2], EVERY[17], EVERY, exact=True)
    assert step_down_max_t(np.zeros((1, 8)), EVERY[17], EVERY, exact=True) == [None]
