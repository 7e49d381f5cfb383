"""Checks of a test against R's and SciPy's numbers, and what they must never do."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare, fisher_exact, permutation_test, ttest_ind

from analysis.checks import (
    BLOCKING_ALPHA,
    Contrast,
    by_lead,
    by_redraws,
    by_unit,
    ratio_p,
    split_p,
    uneven,
)
from analysis.proportion import score_difference
from analysis.sufficient import Bools, Counts


@st.composite
def counts(draw: st.DrawFn) -> Counts:
    """Up to forty units, some of which have it."""
    n = draw(st.integers(1, 40))
    return Counts(n, draw(st.integers(0, n)))


def test_the_ratio_of_units_is_pearsons() -> None:
    # Mendel's peas, round to wrinkled 5474 : 1850 against 3 : 1, as R's ?chisq.test users know it.
    assert ratio_p([5474, 1850], [3, 1]) == pytest.approx(0.6081, abs=5e-5)


@given(
    st.lists(st.integers(20, 500), min_size=2, max_size=4),
    st.lists(st.sampled_from([1.0, 2.0, 3.0]), min_size=4, max_size=4),
)
def test_the_ratio_of_units_agrees_with_scipy(sizes: list[int], weights: list[float]) -> None:
    shares = np.array(weights[: len(sizes)])
    expected = sum(sizes) * shares / shares.sum()
    found = ratio_p(sizes, weights[: len(sizes)])
    if expected.min() < 5:
        assert found is None
    else:
        assert found == pytest.approx(chisquare(sizes, expected).pvalue)


def test_few_units_have_no_ratio_to_judge() -> None:
    assert ratio_p([4, 5], [1, 1]) is None
    assert ratio_p([5, 5], [1, 1]) == 1.0


@pytest.mark.parametrize("seed", range(5))
def test_units_are_compared_by_welch(seed: int) -> None:
    rng = np.random.default_rng(seed)
    control, treatment = rng.random(6), 2 * rng.random(9)
    found = by_unit(control, treatment)
    welch = ttest_ind(treatment, control, equal_var=False)
    assert found.p == pytest.approx(welch.pvalue)
    assert found.ratio == pytest.approx(treatment.mean() / control.mean())


def test_units_too_few_or_all_alike_have_no_p() -> None:
    alike = by_unit(np.zeros(4), np.ones(4))
    assert (alike.control, alike.treatment, alike.p, alike.ratio) == (0.0, 1.0, None, None)
    assert not alike.differs(BLOCKING_ALPHA)
    none = by_unit(np.zeros(0), np.ones(3))
    assert (none.control, none.treatment, none.p) == (None, 1.0, None)


def test_leads_are_compared_by_the_score() -> None:
    control, treatment = Counts(200, 2), Counts(190, 21)
    found = by_lead(control, treatment)
    assert found.p == score_difference(control, treatment).p
    assert found.differs(BLOCKING_ALPHA)
    assert by_lead(None, treatment) == Contrast(None, treatment.rate, None)
    assert by_lead(control, None) == Contrast(control.rate, None, None)


def test_fishers_lady_tasting_tea() -> None:
    # Fisher (1935), The Design of Experiments: 3 of 4 cups right; R's fisher.test gives 0.4857.
    assert split_p(Counts(4, 3), Counts(4, 1)) == pytest.approx(34 / 70)


@given(counts(), counts())
def test_few_units_agree_with_scipys_exact_test(control: Counts, treatment: Counts) -> None:
    table = [[each.reached, each.n - each.reached] for each in (control, treatment)]
    found = split_p(control, treatment)
    assert found == pytest.approx(fisher_exact(np.array(table)).pvalue)
    assert found == pytest.approx(split_p(treatment, control))


@pytest.mark.parametrize(
    ("contrast", "expected"),
    [
        (Contrast(20, 20.5, 0.4), False),
        (Contrast(20, 25.5, 0.2), True),
        (Contrast(20, 15.5, 0.2), True),
        (Contrast(20, 22, 0.009), True),
        (Contrast(20, 22, None), False),
        (Contrast(20, 0, None), False),
        (Contrast(None, 3, None), False),
    ],
)
def test_leads_per_rep_are_uneven_by_p_or_by_ratio(contrast: Contrast, *, expected: bool) -> None:
    assert uneven(contrast) is expected


def every_split(count: int, treated: int) -> Bools:
    """All ways to choose so many of the units, shape (ways, count)."""
    return np.array(
        [[at in chosen for at in range(count)] for chosen in combinations(range(count), treated)]
    )


@pytest.mark.parametrize("seed", range(3))
def test_all_splits_of_units_give_scipys_permutation_test(seed: int) -> None:
    values = np.random.default_rng(seed).random(9)
    treated = np.arange(9) >= 4
    found = by_redraws(values, treated, every_split(9, 5), exact=True)
    assert found.control == pytest.approx(values[:4].mean())
    assert found.treatment == pytest.approx(values[4:].mean())

    def gap(control: Any, treatment: Any) -> Any:
        return np.abs(treatment.mean(axis=-1) - control.mean(axis=-1))

    both = (values[:4], values[4:])
    by_scipy = permutation_test(both, gap, alternative="greater", n_resamples=9999)
    assert found.p == pytest.approx(by_scipy.pvalue)


def test_among_draws_that_are_all_more_alike_a_split_is_as_rare_as_itself() -> None:
    values = np.arange(8.0)
    every = every_split(8, 4)
    gaps = np.abs((every @ values) / 4 - (~every @ values) / 4)
    alike = every[gaps <= 0.5]
    # Four of 0 to 7 add up to 14 in 8 ways, to 13 and to 15 in 7 each: the middle coefficients
    # of the Gaussian binomial (8 over 4), 1 1 2 3 5 5 7 7 8 7 7 …
    assert len(alike) == 8 + 2 * 7
    treated = np.array([1, 0, 0, 1, 0, 1, 0, 1], dtype=bool)
    sampled = by_redraws(values, treated, alike, exact=False)
    assert treated @ values == 15
    assert sampled.p == (1 + 14) / (1 + 22)
    assert by_redraws(values, treated, alike, exact=True).p == 14 / 22
