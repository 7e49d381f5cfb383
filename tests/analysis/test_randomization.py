"""The randomisation test against listed assignments, R, and its own definition."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from analysis.estimate import Estimate, NotEstimable, Why
from analysis.randomization import randomization_test
from analysis.rep_level import why_too_thin
from analysis.sufficient import Bools, Floats
from tests.analysis.conftest import Trial, every_split

LEVELS = st.sampled_from([0.5, 0.6, 0.75, 0.8, 0.9, 0.95])

HALF = np.arange(6) < 3


@st.composite
def splits(draw: st.DrawFn) -> tuple[Floats, Bools]:
    """A small team's rates, often tied, and how it was split."""
    treated = draw(st.integers(2, 5))
    count = treated + draw(st.integers(2, 5))
    fine = draw(st.sampled_from([5, 1000]))
    rates = draw(
        st.lists(st.integers(0, fine).map(lambda won: won / fine), min_size=count, max_size=count)
    )
    labels = draw(st.permutations([index < treated for index in range(count)]))
    treatment = np.array(labels)
    assume(why_too_thin(np.array(rates), treatment) is None)
    return np.array(rates), treatment


def judged(rates: Floats, treated: Bools, level: float) -> Estimate:
    redraws = every_split(len(treated), int(treated.sum()))
    found = randomization_test(rates, treated, redraws, exact=True, level=level)
    assert isinstance(found, Estimate)
    return found


def welch(rates: Floats, treated: Bools) -> float:
    """The squared statistic, straight from its definition."""
    one, two = rates[treated], rates[~treated]
    noise = one.var(ddof=1) / len(one) + two.var(ddof=1) / len(two)
    return float((one.mean() - two.mean()) ** 2 / noise)


def share_as_extreme(rates: Floats, treated: Bools, shift: float) -> float:
    left = rates - shift * treated
    happened = welch(left, treated)
    redraws = every_split(len(treated), int(treated.sum()))
    return float(np.mean([welch(left, draw) >= happened * (1 - 1e-9) for draw in redraws]))


def test_matches_the_listed_assignments_of_crt10(trial: Callable[[str], Trial]) -> None:
    data = trial("crt10")
    found = randomization_test(data.rates, data.treated, data.redraws, exact=True)
    assert isinstance(found, Estimate)
    # R 4.2.2: all 252 listed; the same p by coin::oneway_test(distribution = "exact").
    assert found.effect == pytest.approx(0.1569226246369, rel=1e-10)
    assert found.p == pytest.approx(0.007936507936508, rel=1e-10)
    assert found.ci == pytest.approx((0.05785356695745, 0.2667071912774), rel=1e-9)
    assert (found.exact, found.draws) == (True, 252)


def test_three_against_three_reps_can_never_conclude(trial: Callable[[str], Trial]) -> None:
    data = trial("crt06")
    found = randomization_test(data.rates, data.treated, data.redraws, exact=True)
    assert isinstance(found, Estimate)
    # R 4.2.2: all 20 listed, p = 0.5, and an interval without ends.
    assert found.p == 0.5
    assert found.ci == (None, None)
    assert found.smallest_p == pytest.approx(0.1)
    at_90 = randomization_test(data.rates, data.treated, data.redraws, exact=True, level=0.9)
    assert isinstance(at_90, Estimate)
    assert None not in at_90.ci


# 2 over the binomial coefficient with equal arms, 1 over it with unequal ones.
@pytest.mark.parametrize(
    ("reps", "treated", "smallest"), [(8, 4, 2 / 70), (10, 5, 2 / 252), (8, 3, 1 / 56)]
)
def test_the_smallest_p_is_the_share_of_splits_into_the_same_groups(
    reps: int, treated: int, smallest: float
) -> None:
    labels = np.arange(reps) < treated
    # Every treated rep is far above every other: the most extreme split there is.
    found = judged(np.where(labels, 0.8, 0.1) + np.arange(reps) / 100, labels, 0.95)
    assert found.smallest_p == pytest.approx(smallest, rel=1e-12)
    assert found.p == found.smallest_p


@settings(max_examples=40)
@given(splits(), LEVELS)
def test_p_and_interval_are_those_of_the_definition(
    split: tuple[Floats, Bools], level: float
) -> None:
    rates, treated = split
    with np.errstate(divide="ignore", invalid="ignore"):
        found = judged(rates, treated, level)
        width = np.ptp(rates)
        if found.is_significant == (share_as_extreme(rates, treated, 0) <= 1 - level + 1e-12):
            assert found.p >= share_as_extreme(rates, treated, 0) - 1e-12
        for end, outwards in zip(found.ci, (-1, 1), strict=True):
            if end is None:
                far = found.effect + outwards * 1e4 * width
                assert share_as_extreme(rates, treated, far) > 1 - level
            else:
                inside = share_as_extreme(rates, treated, end - outwards * 1e-7 * width)
                at_end = share_as_extreme(rates, treated, end)
                assert max(inside, at_end) > 1 - level
                for step in (1e-6, 0.03, 0.1, 0.3, 1, 3):
                    beyond = share_as_extreme(rates, treated, end + outwards * step * width)
                    assert beyond <= 1 - level + 1e-12


@given(st.lists(st.floats(-1e300, 1e300), min_size=6, max_size=6), LEVELS)
def test_any_finite_rates_give_an_estimate_or_a_reason(rates: list[float], level: float) -> None:
    found = randomization_test(np.array(rates), HALF, every_split(6, 3), exact=True, level=level)
    assert isinstance(found, NotEstimable) or 0 < found.p <= 1


@settings(max_examples=200)
@given(splits(), LEVELS)
def test_the_interval_excludes_0_just_when_p_rejects(
    split: tuple[Floats, Bools], level: float
) -> None:
    found = judged(*split, level)
    low, high = found.ci
    holds_zero = (low is None or low <= 0) and (high is None or high >= 0)
    assert holds_zero != found.is_significant


def test_an_interval_that_reaches_over_0_to_a_kept_shift_takes_that_ones_p() -> None:
    # Two against eight: 0 alone would be rejected at .3, but not the shifts that follow it.
    amounts = np.array([-9, -3, -1, -1, 3, 0, -1, -7, -1, -4.0])
    treated = np.arange(10) < 2
    assert share_as_extreme(amounts, treated, 0) == pytest.approx(13 / 45)
    beyond = max(share_as_extreme(amounts, treated, shift) for shift in np.linspace(0, 2, 201))
    found = judged(amounts, treated, 0.7)
    assert found.p == pytest.approx(beyond)
    assert found.p == pytest.approx(14 / 45)
    assert not found.is_significant


@given(splits(), LEVELS)
def test_swapping_variants_flips_the_sign(split: tuple[Floats, Bools], level: float) -> None:
    rates, treated = split
    found, swapped = judged(rates, treated, level), judged(rates, ~treated, level)
    assert swapped.effect == -found.effect
    assert swapped.p == found.p
    for end, other in zip(found.ci, reversed(swapped.ci), strict=True):
        assert (end is None) == (other is None)
        if end is not None and other is not None:
            assert end == pytest.approx(-other, abs=1e-7 * float(np.ptp(rates)))


@given(splits(), st.integers(0, 99), st.sampled_from([1e-3, 1e2, 1e9]))
def test_the_order_of_reps_and_the_unit_of_money_change_nothing(
    split: tuple[Floats, Bools], seed: int, unit: float
) -> None:
    rates, treated = split
    order = np.random.default_rng(seed).permutation(len(rates))
    found, other = judged(rates, treated, 0.8), judged(rates[order] * unit, treated[order], 0.8)
    assert other.p == found.p
    assert other.effect == pytest.approx(found.effect * unit)
    for end, scaled in zip(found.ci, other.ci, strict=True):
        assert (end is None) == (scaled is None)
        if end is not None and scaled is not None:
            assert scaled / unit == pytest.approx(end, abs=1e-7 * float(np.ptp(rates)))


@pytest.mark.parametrize("treated", [3, 4])
def test_the_interval_covers_a_true_shift_in_its_share_of_all_splits(treated: int) -> None:
    # Exact enumeration: every split of one team under a constant effect, no simulation.
    without = np.array([0.05, 0.1, 0.12, 0.2, 0.21, 0.4, 0.55, 0.9])
    shift, covered = 0.3, []
    for split in every_split(8, treated):
        found = judged(without + shift * split, split, 0.8)
        low, high = found.ci
        assert low is not None
        assert high is not None
        covered.append(low - 1e-9 <= shift <= high + 1e-9)
    assert 0.8 <= np.mean(covered) < 0.9


def test_a_sample_of_redraws_counts_the_split_that_happened_once_more() -> None:
    rates = np.array([0.1, 0.2, 0.3, 0.6, 0.7, 0.9])
    treated = np.arange(6) >= 3
    sample = every_split(6, 3)[1:-1]
    found = randomization_test(rates, treated, sample, exact=False, level=0.9)
    assert isinstance(found, Estimate)
    # By hand: none of the 18 splits between the two extremes is as extreme.
    assert found.p == 1 / 19
    assert (found.exact, found.draws, found.smallest_p) == (False, 18, 1 / 19)


def test_a_large_sample_agrees_with_the_full_list(trial: Callable[[str], Trial]) -> None:
    data = trial("crt10")
    rows = np.random.default_rng(5).integers(0, 252, 20_000)
    found = randomization_test(data.rates, data.treated, data.redraws[rows], exact=False)
    assert isinstance(found, Estimate)
    # Four standard errors about the exact p of 2/252.
    assert found.p == pytest.approx(2 / 252, abs=4 * (2 / 252 / 20_000) ** 0.5)
    assert found.ci == pytest.approx((0.0579, 0.2667), abs=0.01)


def test_a_variant_of_one_rep_is_too_few() -> None:
    labels = np.arange(5) == 0
    found = randomization_test(np.arange(5) / 5, labels, every_split(5, 1), exact=True)
    assert found == NotEstimable(Why.TOO_FEW_REPS)


@pytest.mark.parametrize("rates", [[0.0] * 6, [1.0] * 6, [0.2, 0.2, 0.2, 0.7, 0.7, 0.7]])
def test_reps_who_are_all_alike_say_nothing_about_chance(rates: list[float]) -> None:
    labels = np.arange(6) < 3
    found = randomization_test(np.array(rates), labels, every_split(6, 3), exact=True)
    assert found == NotEstimable(Why.NO_VARIATION)


def test_a_true_difference_of_0_has_p_1() -> None:
    found = judged(np.array([0.1, 0.3, 0.5, 0.1, 0.3, 0.5]), np.arange(6) < 3, 0.95)
    assert (found.effect, found.p) == (0, 1)


@pytest.mark.parametrize(
    ("redraws", "exact", "message"),
    [
        (every_split(7, 3), True, "for 6 reps"),
        (HALF, True, "for 6 reps"),
        (every_split(6, 1), False, "two reps or more"),
        (every_split(6, 5), False, "two reps or more"),
        (every_split(6, 3)[:0], False, "two reps or more"),
        (every_split(6, 3)[1:], True, "hold the split that happened"),
    ],
)
def test_redraws_that_do_not_belong_to_the_split_are_refused(
    redraws: Bools, exact: bool, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        randomization_test(np.arange(6) / 6, HALF, redraws, exact=exact)
