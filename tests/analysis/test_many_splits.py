"""Many splits judged at once, as the randomisation test judges each alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.estimate import Estimate
from analysis.many_splits import p_values
from analysis.randomization import randomization_test
from tests.analysis.conftest import every_split


@given(
    st.integers(0, 2**32 - 1), st.sampled_from([(2, 4), (3, 3), (4, 2)]), st.sampled_from([3, 900])
)
def test_each_split_gets_the_p_of_its_own_test(
    seed: int, sizes: tuple[int, int], fine: int
) -> None:
    rng = np.random.default_rng(seed)
    redraws = every_split(sum(sizes), sizes[0])
    splits = redraws[rng.integers(len(redraws), size=5)]
    rates = rng.integers(0, fine, size=splits.shape) / fine
    found = p_values(rates, splits, redraws, exact=True)
    for p, mine, treated in zip(found, rates, splits, strict=True):
        alone = randomization_test(mine, treated, redraws, exact=True)
        assert p == pytest.approx(alone.p if isinstance(alone, Estimate) else 1.0)


def test_a_sample_of_redraws_counts_what_happened_too() -> None:
    rng = np.random.default_rng(1)
    redraws = every_split(8, 4)
    sample = redraws[rng.integers(len(redraws), size=30)]
    rates = rng.random((1, 8))
    (p,) = p_values(rates, redraws[:1], sample, exact=False)
    alone = randomization_test(rates[0], redraws[0], sample, exact=False)
    assert isinstance(alone, Estimate)
    assert p == alone.p


def test_over_all_splits_of_unchanged_rates_every_p_is_as_likely_as_it_says() -> None:
    redraws = every_split(8, 4)
    rates = np.random.default_rng(2).random(8)
    found = p_values(np.tile(rates, (len(redraws), 1)), redraws, redraws, exact=True)
    for p in np.unique(found):
        assert (found <= p).mean() == pytest.approx(p)


@pytest.mark.parametrize(
    ("rates", "splits", "redraws", "why"),
    [
        (np.zeros((1, 6)), np.zeros((1, 5), dtype=bool), every_split(6, 3), "same reps"),
        (np.zeros((1, 5)), np.zeros((1, 5), dtype=bool), every_split(6, 3), "same reps"),
        (np.zeros((1, 6)), np.arange(6)[None] < 1, every_split(6, 3), "two reps"),
        (np.zeros((1, 6)), np.arange(6)[None] < 3, every_split(6, 5), "two reps"),
        (np.zeros((0, 6)), np.zeros((0, 6), dtype=bool), every_split(6, 3), "there is one"),
        (np.zeros((1, 6)), np.arange(6)[None] < 3, np.zeros((0, 6), dtype=bool), "there is one"),
    ],
)
def test_what_does_not_fit_is_refused(
    rates: np.ndarray, splits: np.ndarray, redraws: np.ndarray, why: str
) -> None:
    with pytest.raises(ValueError, match=why):
        p_values(rates, splits, redraws, exact=True)
