"""Split reps with a value from before: against R, the definition, and simulated worlds."""

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from analysis.covariate import randomization_ancova, rep_ancova
from analysis.estimate import Estimate, NotEstimable, Why, rejects
from analysis.randomization import randomization_test
from analysis.sufficient import Bools, Floats
from tests.analysis.conftest import every_split

REFERENCE = Path(__file__).parent.parent / "reference"

# rep_level_tests.json, ancova_rate_on_treat_prior: R 4.2.2's lm(rate ~ treat + prior).
ANCOVA = {
    "crt06": (-0.01351209698564, 0.1863466030187, 3, 0.9467592897794),
    "crt10": (0.1329045204563, 0.03228310691073, 7, 0.004477263639355),
    "crt20": (0.02262385149242, 0.05077934572816, 17, 0.6615565616219),
}


def trial(name: str) -> tuple[Floats, Bools, Floats]:
    """Rates, split and the value from before of a generated trial."""
    with (REFERENCE / f"{name}_by_rep.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    won, n, prior = (np.array([float(r[c]) for r in rows]) for c in ("won", "n", "prior"))
    return won / n, np.array([r["treat"] == "1" for r in rows]), prior


@pytest.mark.parametrize("name", ANCOVA)
def test_matches_rs_analysis_of_covariance(name: str) -> None:
    found = rep_ancova(*trial(name))
    assert isinstance(found, Estimate)
    assert (found.effect, found.se, found.df, found.p) == pytest.approx(ANCOVA[name], rel=1e-9)


def test_its_interval_is_rs() -> None:
    found = rep_ancova(*trial("crt10"))
    assert isinstance(found, Estimate)
    assert found.ci == pytest.approx((0.05656710293846, 0.2092419379742), rel=1e-9)


@st.composite
def teams(draw: st.DrawFn) -> tuple[Floats, Bools, Floats]:
    """A small team's rates, split and values from before."""
    treated = draw(st.integers(2, 4))
    count = treated + draw(st.integers(2, 4))
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    before = rng.integers(0, 20, count) / 20
    rates = np.clip(before * draw(st.sampled_from([0.0, 0.5, 1.0])) + rng.random(count), 0, 2)
    labels = rng.permutation(np.arange(count) < treated)
    return rates, labels, before


def left(values: Floats, before: Floats) -> Floats:
    """Residuals of a fit on the value from before, straight from least squares."""
    design = np.column_stack([np.ones(len(before)), before])
    found: Floats = values - design @ np.linalg.lstsq(design, values, rcond=None)[0]
    return found


def share_as_extreme(rates: Floats, treated: Bools, before: Floats, shift: float) -> float:
    """The p-value of a shift, by fitting anew and comparing every split's statistic."""
    residuals = left(rates - shift * treated, before)

    def statistic(labels: Bools) -> float:
        one, two = residuals[labels], residuals[~labels]
        noise = one.var(ddof=1) / len(one) + two.var(ddof=1) / len(two)
        return float((one.mean() - two.mean()) ** 2 / noise)

    every = every_split(len(treated), int(treated.sum()))
    edge = statistic(treated) * (1 - 1e-9)
    return float(np.mean([statistic(labels) >= edge for labels in every]))


def judged(rates: Floats, treated: Bools, before: Floats, level: float = 0.95) -> Estimate:
    every = every_split(len(treated), int(treated.sum()))
    found = randomization_ancova(rates, treated, before, every, exact=True, level=level)
    assume(isinstance(found, Estimate))
    assert isinstance(found, Estimate)
    return found


@given(teams())
def test_its_p_is_the_share_of_splits_as_extreme(team: tuple[Floats, Bools, Floats]) -> None:
    rates, treated, before = team
    found = judged(rates, treated, before, 0.5)
    low, high = found.ci
    if low is not None and high is not None and not (low <= 0 <= high):
        assert found.p == pytest.approx(share_as_extreme(rates, treated, before, 0.0))


@given(teams(), st.sampled_from([0.5, 0.7, 0.8]))
def test_beyond_its_ends_every_shift_is_rejected(
    team: tuple[Floats, Bools, Floats], level: float
) -> None:
    rates, treated, before = team
    found = judged(rates, treated, before, level)
    for end, away in zip(found.ci, (-1, 1), strict=True):
        if end is not None:
            # Far out the statistics run nearly level, and an end is known less finely.
            for step in (1e-4, 0.01, 0.3, 5.0, 200.0):
                shift = end + away * step * max(1.0, abs(end))
                if shift == 0 or (end == 0 and found.p > 1 - level):
                    continue
                p = share_as_extreme(rates, treated, before, shift)
                assert rejects(p, level=level)


@given(teams())
def test_the_estimate_is_that_of_the_analysis_of_covariance(
    team: tuple[Floats, Bools, Floats],
) -> None:
    ancova = rep_ancova(*team)
    if isinstance(ancova, Estimate):
        assert judged(*team).effect == ancova.effect


@given(teams())
def test_interval_and_p_agree(team: tuple[Floats, Bools, Floats]) -> None:
    for level in (0.5, 0.8, 0.95):
        found = judged(*team, level=level)
        low, high = found.ci
        holds = (low is None or low <= 0) and (high is None or high >= 0)
        assert holds != found.is_significant


@given(teams())
def test_swapping_the_variants_flips_the_sign(team: tuple[Floats, Bools, Floats]) -> None:
    rates, treated, before = team
    one, other = judged(rates, treated, before), judged(rates, ~treated, before)
    assert one.effect == pytest.approx(-other.effect)
    assert one.p == pytest.approx(other.p)


@given(teams())
def test_units_and_origin_of_the_covariate_change_nothing(
    team: tuple[Floats, Bools, Floats],
) -> None:
    rates, treated, before = team
    one, other = judged(rates, treated, before), judged(rates, treated, 1e6 * before - 3e7)
    assert one.effect == pytest.approx(other.effect, abs=1e-6)
    assert one.p == pytest.approx(other.p, abs=0.06)


def test_a_covariate_that_tells_the_rates_narrows_the_interval() -> None:
    rng = np.random.default_rng(4)
    before = rng.normal(0.2, 0.1, 10)
    treated = np.arange(10) % 2 == 0
    rates = before + rng.normal(0, 0.01, 10) + 0.05 * treated
    every = every_split(10, 5)
    plain = randomization_test(rates, treated, every, exact=True)
    found = randomization_ancova(rates, treated, before, every, exact=True)
    assert isinstance(plain, Estimate)
    assert isinstance(found, Estimate)
    assert not plain.is_significant
    assert found.is_significant
    assert found.effect == pytest.approx(0.05, abs=0.02)


def test_a_far_covariate_leaves_an_interval_without_an_end() -> None:
    # The value from before follows the split but for one rep: what is left of the split is so
    # little that other splits stay as extreme however far out.
    rates = np.array([0.1, 0.3, 0.2, 0.5, 0.4, 0.6, 0.3])
    treated = np.arange(7) < 3
    before = np.array([1.0, 1, 1, 0, 0, 0, 0.4])
    every = every_split(7, 3)
    found = randomization_ancova(rates, treated, before, every, exact=True, level=0.8)
    assert isinstance(found, Estimate)
    assert found.ci == (None, None)


@pytest.mark.parametrize(
    ("rates", "before", "why"),
    [
        ([0.1, 0.2, 0.3, 0.4, 0.5, 0.9], [2, 2, 2, 2, 2, 2], Why.CONSTANT_COVARIATE),
        ([0.1, 0.2, 0.3, 0.4, 0.5, 0.9], [1, 1, 1, 0, 0, 0], Why.COVARIATE_IS_SPLIT),
        ([0.1, 0.2, 0.3, 0.4, 0.5, 0.6], [1, 2, 3, 4, 5, 6], Why.NO_VARIATION),
        ([0.1, 0.1, 0.1, 0.4, 0.4, 0.4], [1, 2, 3, 4, 5, 7], Why.NO_VARIATION),
    ],
)
def test_what_cannot_be_adjusted_says_why(
    rates: list[float], before: list[float], why: Why
) -> None:
    treated = np.arange(6) < 3
    values = np.array(rates), treated, np.array(before, dtype=float)
    assert rep_ancova(*values) == NotEstimable(why)
    every = every_split(6, 3)
    assert randomization_ancova(*values, every, exact=True) == NotEstimable(why)


def test_four_reps_leave_one_degree_of_freedom() -> None:
    rates, before = np.array([0.1, 0.3, 0.2, 0.7]), np.array([1.0, 3, 2, 4])
    found = rep_ancova(rates, np.arange(4) < 2, before)
    assert isinstance(found, Estimate)
    assert found.df == 1


@pytest.mark.parametrize("before", [[1.0, 2, 3], [1.0, 2, 3, np.nan], [1.0, 2, 3, np.inf]])
def test_a_covariate_that_is_no_number_for_each_rep_is_refused(before: list[float]) -> None:
    rates = np.array([0.1, 0.3, 0.2, 0.7])
    with pytest.raises(ValueError, match="finite number for each rep"):
        rep_ancova(rates, np.arange(4) < 2, np.array(before))
