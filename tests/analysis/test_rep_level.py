"""One observation a rep, against R."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.estimate import Estimate, NotEstimable, Why
from analysis.rep_level import paired_t, rep_rates, rep_t, rep_welch
from analysis.sufficient import Bools, RepTotals
from tests.analysis.conftest import Trial

# R 4.2.2, t.test(rate ~ treat, var.equal = TRUE): effect, t, df, p, interval.
R_T_TEST = {
    "crt06": (0.0899888327456, 0.952425126460, 4, 0.394814835063, -0.172340506599, 0.352318172090),
    "crt10": (0.1569226246369, 3.597620246721, 8, 0.007006473895, 0.0563382948568, 0.257506954417),
    "crt20": (-0.000484482187, -0.0096214380, 18, 0.992429157705, -0.106275248577, 0.105306284204),
}

# R 4.2.2, t.test(rate ~ treat): df, p, interval; effect and t are those above.
R_WELCH = {
    "crt06": (3.805225151029, 0.3973761207971, -0.1777219076624, 0.3576995731537),
    "crt10": (5.534279908884, 0.01309149291464, 0.04797668473931, 0.2658685645344),
    "crt20": (16.603328066062, 0.9924379836375, -0.1069167544103, 0.1059477900372),
}

rates = st.lists(st.floats(0, 1), min_size=4, max_size=12)


Method = Callable[..., Estimate | NotEstimable]


def halves(count: int) -> Bools:
    return np.array([index % 2 == 1 for index in range(count)])


@pytest.mark.parametrize("name", R_T_TEST)
def test_matches_rs_t_test_on_the_reference_trials(
    name: str, trial: Callable[[str], Trial]
) -> None:
    effect, t, df, p, low, high = R_T_TEST[name]
    data = trial(name)
    found = rep_t(rep_rates(data.totals), data.treated)
    assert isinstance(found, Estimate)
    assert found.se is not None
    assert found.effect == pytest.approx(effect, rel=1e-8)
    assert found.effect / found.se == pytest.approx(t, rel=1e-8)
    assert found.df == df
    assert found.p == pytest.approx(p, rel=1e-9)
    assert found.ci == pytest.approx((low, high), rel=1e-9)


@pytest.mark.parametrize("name", R_WELCH)
def test_matches_rs_welch_test_on_the_reference_trials(
    name: str, trial: Callable[[str], Trial]
) -> None:
    df, p, low, high = R_WELCH[name]
    data = trial(name)
    found = rep_welch(data.rates, data.treated)
    assert isinstance(found, Estimate)
    assert found.se is not None
    assert found.effect / found.se == pytest.approx(R_T_TEST[name][1], rel=1e-8)
    assert found.df == pytest.approx(df, rel=1e-9)
    assert found.p == pytest.approx(p, rel=1e-9)
    assert found.ci == pytest.approx((low, high), rel=1e-9)


def test_matches_rs_paired_test_of_sleep() -> None:
    first = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
    second = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
    treated = np.arange(20) < 10
    pairs = np.concatenate([np.arange(10), np.arange(10)])
    found = paired_t(np.array(first + second), treated, pairs)
    assert isinstance(found, Estimate)
    assert found.se is not None
    # R: t.test(extra ~ group, data = sleep, paired = TRUE), as its help page prints it.
    assert found.effect / found.se == pytest.approx(-4.0621, abs=5e-5)
    assert found.effect == pytest.approx(-1.58)
    assert found.df == 9
    assert found.p == pytest.approx(0.002833, abs=5e-7)
    assert found.ci == pytest.approx((-2.4598858, -0.7001142), abs=5e-8)
    order = np.random.default_rng(1).permutation(20)
    mixed = paired_t(np.array(first + second)[order], treated[order], pairs[order])
    assert isinstance(mixed, Estimate)
    assert mixed.p == pytest.approx(found.p)


def test_a_pair_without_both_reps_is_left_out() -> None:
    amounts = np.array([1.0, 3.0, 2.0, 7.0, 9.0])
    treated = np.array([False, True, False, True, True])
    found = paired_t(amounts, treated, np.array([0, 0, 1, 1, 2]))
    assert isinstance(found, Estimate)
    assert (found.effect, found.df) == (3.5, 1)
    one_left = paired_t(amounts, treated, np.array([0, 0, 1, 2, 3]))
    assert one_left == NotEstimable(Why.TOO_FEW_PAIRS)


def test_pairs_that_differ_all_alike_say_nothing_about_chance() -> None:
    found = paired_t(
        np.array([0.1, 0.3, 0.5, 0.7]), np.array([False, True] * 2), np.array([0, 0, 1, 1])
    )
    assert found == NotEstimable(Why.NO_VARIATION)


@pytest.mark.parametrize("method", [rep_t, rep_welch])
@given(rates, st.sampled_from([0.5, 0.9, 0.95]))
def test_swapping_variants_flips_the_sign(
    method: Method, values: list[float], level: float
) -> None:
    treated = halves(len(values))
    found = method(np.array(values), treated, level=level)
    swapped = method(np.array(values), ~treated, level=level)
    if isinstance(found, NotEstimable):
        assert swapped == found
        return
    assert isinstance(swapped, Estimate)
    assert swapped.effect == -found.effect
    assert swapped.p == pytest.approx(found.p)


@pytest.mark.parametrize("method", [rep_t, rep_welch])
@given(rates, st.sampled_from([0.5, 0.9, 0.95]))
def test_the_interval_excludes_0_just_when_p_rejects(
    method: Method, values: list[float], level: float
) -> None:
    found = method(np.array(values), halves(len(values)), level=level)
    if isinstance(found, NotEstimable):
        return
    low, high = found.ci
    assert low is not None
    assert high is not None
    nearest = low if found.effect > 0 else -high
    if abs(nearest) > 1e-9:
        assert found.is_significant == (nearest > 0)


@pytest.mark.parametrize("method", [rep_t, rep_welch])
def test_a_variant_of_one_rep_is_too_few(method: Method) -> None:
    one = np.array([True, False, False])
    assert method(np.array([0.1, 0.2, 0.3]), one) == NotEstimable(Why.TOO_FEW_REPS)
    nobody = np.array([], dtype=np.bool_)
    assert method(np.array([]), nobody) == NotEstimable(Why.TOO_FEW_REPS)


@pytest.mark.parametrize("method", [rep_t, rep_welch])
@pytest.mark.parametrize("level", [[0.0, 0.0], [1.0, 1.0], [0.2, 0.7]])
def test_reps_who_are_all_alike_say_nothing_about_chance(
    method: Method, level: list[float]
) -> None:
    treated = halves(6)
    alike = np.where(treated, level[1], level[0])
    assert method(alike, treated) == NotEstimable(Why.NO_VARIATION)


@pytest.mark.parametrize(
    ("values", "treated", "message"),
    [
        ([0.1, 0.2, np.nan, 0.4], [True, False, True, False], "finite"),
        ([0.1, 0.2, np.inf, 0.4], [True, False, True, False], "finite"),
        ([0.1, 0.2, 0.3], [True, False], "labels of shape"),
    ],
)
def test_rates_that_are_not_numbers_are_refused(
    values: list[float], treated: list[bool], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        rep_t(np.array(values), np.array(treated))


def test_rates_are_wins_over_leads_and_a_rep_without_leads_has_none() -> None:
    assert rep_rates(RepTotals.of_counts("ab", [4, 5], [1, 0])).tolist() == [0.25, 0]
    with pytest.raises(ValueError, match="no rate"):
        rep_rates(RepTotals.of_counts("ab", [4, 0], [1, 0]))
