"""Differences of two rates against published numbers, R, and their own definition."""

import csv
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from scipy.stats import binom

from analysis.estimate import Estimate, NotEstimable, Why
from analysis.proportion import (
    Stratum,
    agresti_caffo,
    mh_score,
    newcombe,
    score_difference,
    wilson,
)
from analysis.sufficient import Counts

REFERENCE = Path(__file__).parent.parent / "reference"
METHODS = {
    "newcombe_10": newcombe,
    "miettinen_nurminen": score_difference,
    "agresti_caffo": agresti_caffo,
}


@st.composite
def counts(draw: st.DrawFn, most: int = 60) -> Counts:
    n = draw(st.integers(1, most))
    return Counts(n, draw(st.integers(0, n)))


levels = st.sampled_from([0.5, 0.8, 0.9, 0.95, 0.99])


def published() -> list[dict[str, str]]:
    with (REFERENCE / "newcombe1998.csv").open(encoding="utf-8") as file:
        return [row for row in csv.DictReader(file) if row["method"] in METHODS]


@pytest.mark.parametrize("row", published(), ids=lambda row: f"{row['method']} {row['case']}")
def test_matches_newcombe_1998_table_ii(row: dict[str, str]) -> None:
    treatment = Counts(int(row["n1"]), int(row["x1"]))
    control = Counts(int(row["n2"]), int(row["x2"]))
    ci = METHODS[row["method"]](control, treatment).ci
    assert ci == pytest.approx((float(row["lower"]), float(row["upper"])), abs=5e-5)


def test_a_single_rate_has_wilsons_interval() -> None:
    # Newcombe (1998), Statistics in Medicine 17:857, Table I, method 3.
    assert wilson(Counts(263, 81)) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(Counts(148, 15)) == pytest.approx((0.0624, 0.1605), abs=5e-5)
    assert wilson(Counts(20, 0)) == pytest.approx((0, 0.1611), abs=5e-5)
    assert wilson(Counts(29, 1)) == pytest.approx((0.0061, 0.1718), abs=5e-5)
    assert wilson(Counts(20, 20))[1] == 1


# Gart & Nam (1988), Biometrics 44:323: reached and leads of the first and second group.
GART_NAM = [((4, 16), (5, 79)), ((2, 16), (3, 87)), ((4, 18), (10, 90)), ((1, 15), (3, 82))]


def test_the_stratified_score_matches_r_on_gart_and_nams_example() -> None:
    strata = [Stratum(Counts(n2, x2), Counts(n1, x1)) for (x1, n1), (x2, n2) in GART_NAM]
    found = mh_score(strata)
    assert isinstance(found, Estimate)
    # R 4.2.2, ratesci::scoreci(stratified = TRUE, weighting = "MH", skew = FALSE).
    assert found.effect == pytest.approx(0.1056072708, abs=1e-10)
    assert found.ci == pytest.approx((0.0274839765, 0.217359574), abs=5e-10)
    # At a difference of 0 it is Cochran's statistic: R, mantelhaen.test(correct = FALSE).
    assert found.p == pytest.approx(0.003996731498509, rel=1e-9)


def test_one_stratum_is_the_plain_score() -> None:
    pair = Counts(80, 48), Counts(70, 56)
    assert mh_score([Stratum(*pair)]) == score_difference(*pair)


def test_without_strata_there_is_no_stratified_score() -> None:
    assert mh_score([]) == NotEstimable(Why.NO_STRATUM)


@pytest.mark.parametrize("method", METHODS.values())
@given(control=counts(), treatment=counts(), level=levels)
@example(control=Counts(1, 0), treatment=Counts(1, 1), level=0.95)
@example(control=Counts(20, 0), treatment=Counts(10, 0), level=0.95)
@example(control=Counts(20, 20), treatment=Counts(10, 0), level=0.95)
def test_any_counts_give_an_interval_that_agrees_with_p(
    method: type, control: Counts, treatment: Counts, level: float
) -> None:
    found = method(control, treatment, level=level)
    low, high = found.ci
    assert -1 <= low <= high <= 1
    assert found.effect == treatment.rate - control.rate
    # Agresti and Caffo's is about another middle.
    if method is not agresti_caffo:
        assert low <= found.effect <= high
    # Where an end meets 0, p meets alpha.
    if min(abs(low), abs(high)) > 1e-9:
        assert found.is_significant == (low > 0 or high < 0)


@pytest.mark.parametrize("method", METHODS.values())
@given(control=counts(), treatment=counts(), level=levels)
def test_swapping_variants_flips_the_sign(
    method: type, control: Counts, treatment: Counts, level: float
) -> None:
    found = method(control, treatment, level=level)
    swapped = method(treatment, control, level=level)
    assert swapped.effect == -found.effect
    assert swapped.p == pytest.approx(found.p, abs=1e-9)
    assert swapped.ci == pytest.approx((-found.ci[1], -found.ci[0]), abs=1e-9)


@given(st.lists(st.tuples(counts(), counts()), min_size=1, max_size=5), levels)
def test_any_strata_give_an_interval_that_agrees_with_p(
    pairs: list[tuple[Counts, Counts]], level: float
) -> None:
    found = mh_score([Stratum(*pair) for pair in pairs], level=level)
    assert isinstance(found, Estimate)
    low, high = found.ci
    assert low is not None
    assert high is not None
    assert -1 <= low <= found.effect <= high <= 1
    nearest = low if found.effect > 0 else -high
    if abs(nearest) > 1e-9:
        assert found.is_significant == (nearest > 0)


@given(counts(), counts(), st.floats(-0.95, 0.95))
def test_the_interval_ends_where_the_restricted_likelihood_says(
    control: Counts, treatment: Counts, wanted: float
) -> None:
    # The score at an end, with the restricted estimate by numeric maximisation instead.
    found = score_difference(control, treatment, level=abs(wanted) + 0.01)
    end = found.ci[0 if wanted < 0 else 1]
    assert end is not None
    if abs(end) > 0.999 or abs(end - found.effect) < 1e-6:
        return

    def unlikely(p0: float) -> float:
        return float(
            -binom.logpmf(treatment.reached, treatment.n, p0 + end)
            - binom.logpmf(control.reached, control.n, p0)
        )

    bounds = max(0.0, -end), min(1.0, 1 - end)
    p0 = minimize_scalar(unlikely, bounds=bounds, method="bounded", options={"xatol": 1e-10}).x
    p1 = p0 + end
    n = control.n + treatment.n
    variance = p1 * (1 - p1) / treatment.n + p0 * (1 - p0) / control.n
    z = (found.effect - end) / math.sqrt(variance * n / (n - 1))
    assert abs(math.erf(abs(z) / math.sqrt(2)) - found.level) < 1e-3


def test_the_score_interval_covers_its_level_on_average_over_true_rates() -> None:
    # Exact enumeration of all tables of 15 against 12 leads, no simulation.
    n0, n1 = 12, 15
    ci = {
        (x0, x1): score_difference(Counts(n0, x0), Counts(n1, x1)).ci
        for x0 in range(n0 + 1)
        for x1 in range(n1 + 1)
    }
    covered = []
    for p0, p1 in np.random.default_rng(1).random((60, 2)):
        chance0 = np.asarray(binom.pmf(np.arange(n0 + 1), n0, p0))
        chance1 = np.asarray(binom.pmf(np.arange(n1 + 1), n1, p1))
        covered.append(
            sum(
                chance0[x0] * chance1[x1]
                for (x0, x1), (low, high) in ci.items()
                if low is not None and high is not None and low <= p1 - p0 <= high
            )
        )
    # It aims at .95 on average; at single rates discrete counts leave it a little off.
    assert 0.95 <= np.mean(covered) <= 0.965
    assert min(covered) > 0.92


def test_the_closest_to_certainty_is_still_an_estimate() -> None:
    million = 1_000_000
    for method in METHODS.values():
        found = method(Counts(million, 0), Counts(million, million))
        assert (found.p, found.ci[1]) == (0, 1)
        assert method(Counts(million, 0), Counts(million, 0)).p == 1
