"""Ratios of two rates and of odds, against R, published numbers, and their own definition."""

import csv
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import confint_proportions_2indep

from analysis.estimate import Estimate, NotEstimable, Why, rejects
from analysis.odds_ratio import cmh
from analysis.proportion import Stratum, score_difference
from analysis.ratio import score_ratio
from analysis.sufficient import Counts
from tests.analysis.test_proportion import counts, levels

REFERENCE = Path(__file__).parent.parent / "reference"

# Gart & Nam (1988), Biometrics 44:323, as in R's mantelhaen.test of R 4.2.2.
GART_NAM = [
    Stratum(Counts(79, 5), Counts(16, 4)),
    Stratum(Counts(87, 3), Counts(16, 2)),
    Stratum(Counts(90, 10), Counts(18, 4)),
    Stratum(Counts(82, 3), Counts(15, 1)),
]
strata = st.lists(st.builds(Stratum, counts(20), counts(20)), min_size=1, max_size=4)


def ratio(control: Counts, treatment: Counts, level: float = 0.95) -> Estimate:
    found = score_ratio(control, treatment, level=level)
    assert isinstance(found, Estimate)
    return found


@pytest.mark.parametrize(
    ("control", "treatment"),
    [
        (Counts(80, 16), Counts(40, 36)),
        (Counts(80, 48), Counts(70, 56)),
        (Counts(1000, 31), Counts(900, 44)),
        (Counts(25, 3), Counts(31, 12)),
    ],
)
@pytest.mark.parametrize("level", [0.8, 0.95])
def test_matches_statsmodels_where_its_interval_works(
    control: Counts, treatment: Counts, level: float
) -> None:
    expected = confint_proportions_2indep(
        treatment.reached,
        treatment.n,
        control.reached,
        control.n,
        method="score",
        compare="ratio",
        alpha=1 - level,
        correction=True,
    )
    assert ratio(control, treatment, level).ci == pytest.approx(expected, rel=1e-6)


def test_matches_koopman_1984_but_for_the_correction() -> None:
    # Koopman (1984), Biometrics 40:513: 36 of 40 against 16 of 80, 2.94 to 7.15 without n/(n − 1).
    found = ratio(Counts(80, 16), Counts(40, 36))
    assert found.effect == pytest.approx(4.5)
    assert found.ci == pytest.approx((2.94, 7.15), abs=0.02)


@given(counts(), counts(), levels)
def test_its_ends_are_where_the_score_just_rejects(
    control: Counts, treatment: Counts, level: float
) -> None:
    found = score_ratio(control, treatment, level=level)
    if control.reached == 0:
        assert found == NotEstimable(Why.NO_FINITE_RATIO)
        return
    assert isinstance(found, Estimate)
    low, high = found.ci
    assert low is not None
    assert high is not None
    assert 0 <= low <= found.effect <= high
    assert math.isfinite(high)
    assert found.no_difference == 1
    if abs(found.p - (1 - level)) > 1e-9:
        assert (low <= 1 <= high) != rejects(found.p, level=level)


@given(counts(), counts())
def test_no_difference_is_judged_like_a_difference_of_none(
    control: Counts, treatment: Counts
) -> None:
    if control.reached:
        difference = score_difference(control, treatment)
        assert ratio(control, treatment).p == pytest.approx(difference.p, abs=1e-9)


@given(counts(), counts())
def test_swapping_the_variants_turns_the_ratio_over(control: Counts, treatment: Counts) -> None:
    if control.reached and treatment.reached:
        one, other = ratio(control, treatment), ratio(treatment, control)
        assert one.effect == pytest.approx(1 / other.effect)
        assert one.p == pytest.approx(other.p, abs=1e-12)
        turned = tuple(1 / end for end in reversed(other.ci) if end)
        assert one.ci == pytest.approx(turned, rel=1e-6)


def test_no_win_of_twenty_is_a_ratio_of_none() -> None:
    found = ratio(Counts(20, 5), Counts(20, 0))
    assert (found.effect, found.ci[0]) == (0, 0)
    assert 0 < (found.ci[1] or 0) < 1


def test_the_common_odds_ratio_matches_r() -> None:
    # stratified.json: mantelhaen.test(correct = FALSE) of R 4.2.2.
    found = cmh(GART_NAM)
    assert isinstance(found, Estimate)
    assert found.effect == pytest.approx(3.078868415669, rel=1e-9)
    assert found.ci == pytest.approx((1.390212303985, 6.818692867149), rel=1e-9)
    assert found.p == pytest.approx(0.003996731498509, rel=1e-9)


def test_leads_split_within_reps_match_r() -> None:
    # leads_stratified_by_rep.json: mantelhaen.test of R 4.2.2, strata being the reps.
    with (REFERENCE / "leads_stratified_by_rep.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    found = cmh(
        [
            Stratum(
                Counts(int(row["n0"]), int(row["reached0"])),
                Counts(int(row["n1"]), int(row["reached1"])),
            )
            for row in rows
        ]
    )
    assert isinstance(found, Estimate)
    assert found.p == pytest.approx(0.41729483186, rel=1e-9)
    assert found.effect == pytest.approx(1.1126526389, rel=1e-9)
    assert found.ci == pytest.approx((0.85979791463, 1.439868455), rel=1e-9)


@given(strata)
def test_swapping_the_variants_turns_the_odds_over(found: list[Stratum]) -> None:
    one = cmh(found)
    other = cmh([Stratum(each.treatment, each.control) for each in found])
    if isinstance(one, Estimate) and isinstance(other, Estimate):
        assert one.effect == pytest.approx(1 / other.effect)
        assert one.p == pytest.approx(other.p)
    else:
        assert one == other


@given(strata)
def test_neither_order_nor_an_empty_comparison_changes_the_odds(found: list[Stratum]) -> None:
    # A stratum in which nobody won says nothing of a ratio.
    nothing = Stratum(Counts(5, 0), Counts(7, 0))
    one, other = cmh(found), cmh([nothing, *reversed(found)])
    if isinstance(one, Estimate) and isinstance(other, Estimate):
        assert (one.effect, one.p) == pytest.approx((other.effect, other.p))
    else:
        assert one == other


@pytest.mark.parametrize(
    ("found", "why"),
    [
        ([], Why.NO_STRATUM),
        ([Stratum(Counts(5, 0), Counts(5, 0))], Why.NO_VARIATION),
        ([Stratum(Counts(1, 1), Counts(1, 1))], Why.NO_VARIATION),
        ([Stratum(Counts(5, 0), Counts(5, 2))], Why.NO_FINITE_RATIO),
        ([Stratum(Counts(5, 2), Counts(5, 0))], Why.NO_FINITE_RATIO),
    ],
)
def test_odds_that_cannot_be_compared_say_why(found: list[Stratum], why: Why) -> None:
    assert cmh(found) == NotEstimable(why)
