"""CR2 with Satterthwaite's degrees of freedom, against R and against full matrices."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.cluster_robust import cr2
from analysis.estimate import Estimate, NotEstimable, Why
from analysis.sufficient import Bools, RepTotals
from tests.analysis.conftest import Trial

# R 4.2.2, clubSandwich 0.5.8: coef_test(lm(won ~ treat), vcov = "CR2", cluster = rep_id):
# estimate, SE, df, p, interval.
CLUB_SANDWICH = {
    "crt06": (0.11657397, 0.11658958, 3.2535723, 0.38582068, -0.23863136, 0.47177930),
    "crt10": (0.15980818, 0.04261637, 3.6053669, 0.02401843, 0.03619920, 0.28341717),
    "crt20": (-0.00448719, 0.05503467, 6.9724701, 0.93730845, -0.13472775, 0.12575337),
}


@pytest.mark.parametrize("name", CLUB_SANDWICH)
def test_matches_club_sandwich(name: str, trial: Callable[[str], Trial]) -> None:
    effect, se, df, p, low, high = CLUB_SANDWICH[name]
    data = trial(name)
    found = cr2(data.totals, data.treated)
    assert isinstance(found, Estimate)
    assert found.effect == pytest.approx(effect, abs=5e-9)
    assert found.se == pytest.approx(se, abs=5e-9)
    assert found.df == pytest.approx(df, abs=5e-7)
    assert found.p == pytest.approx(p, abs=5e-9)
    assert found.ci == pytest.approx((low, high), abs=1e-8)


def by_matrices(n: list[int], total: list[float], treated: Bools) -> tuple[float, float]:
    """Bell and McCaffrey's definition on the leads themselves: standard error and df."""
    reps = np.repeat(np.arange(len(n)), n)
    y = np.concatenate([np.full(size, part / size) for size, part in zip(n, total, strict=True)])
    x = np.column_stack([np.ones(len(y)), treated[reps]])
    bread = np.linalg.inv(x.T @ x)
    left = np.eye(len(y)) - x @ bread @ x.T
    contributions = []
    for rep in range(len(n)):
        mine = np.flatnonzero(reps == rep)
        values, vectors = np.linalg.eigh(left[np.ix_(mine, mine)])
        root = vectors @ np.diag(values**-0.5) @ vectors.T
        contributions.append(left[:, mine] @ root @ x[mine] @ bread[:, 1])
    g = np.array(contributions)
    spread = g @ g.T
    se = float(np.sqrt(((g @ y) ** 2).sum()))
    return se, float(np.trace(spread) ** 2 / (spread**2).sum())


@settings(max_examples=30)
@given(st.lists(st.tuples(st.integers(1, 8), st.floats(0, 1)), min_size=4, max_size=7))
def test_the_closed_form_is_the_definition(reps: list[tuple[int, float]]) -> None:
    n = [size for size, _ in reps]
    total = [size * rate for size, rate in reps]
    treated = np.arange(len(n)) % 2 == 1
    totals = RepTotals(
        tuple(map(str, range(len(n)))), np.array(n), np.array(total), np.zeros(len(n)), 0.0
    )
    found = cr2(totals, treated)
    se, df = by_matrices(n, total, treated)
    if isinstance(found, NotEstimable):
        assert se == pytest.approx(0, abs=1e-9)
        return
    assert found.se == pytest.approx(se, rel=1e-6, abs=1e-12)
    assert found.df == pytest.approx(df, rel=1e-6)


def test_every_lead_counts_once(trial: Callable[[str], Trial]) -> None:
    data = trial("crt10")
    found = cr2(data.totals, data.treated)
    assert isinstance(found, Estimate)
    # By hand from the wins and leads: 213 of 754 against 53 of 432.
    assert found.effect == pytest.approx(213 / 754 - 53 / 432)
    swapped = cr2(data.totals, ~data.treated)
    assert isinstance(swapped, Estimate)
    assert (swapped.effect, swapped.p) == (-found.effect, found.p)


def test_amounts_of_any_size_can_be_squared() -> None:
    def judged(unit: float) -> Estimate:
        totals = np.array([1.0, 2.0, 5.0, 3.0]) * unit
        reps = RepTotals(tuple("abcd"), np.array([2, 3, 2, 4]), totals, np.zeros(4), 0.0)
        found = cr2(reps, np.array([True, False, True, False]))
        assert isinstance(found, Estimate)
        return found

    assert judged(1e200).p == pytest.approx(judged(1).p)
    assert judged(1e-200).df == pytest.approx(judged(1).df)


def test_a_variant_of_one_rep_is_too_few() -> None:
    totals = RepTotals.of_counts("abc", [5, 5, 5], [1, 2, 3])
    assert cr2(totals, np.array([True, False, False])) == NotEstimable(Why.TOO_FEW_REPS)


def test_reps_who_are_all_alike_say_nothing_about_chance() -> None:
    totals = RepTotals.of_counts("abcd", [5, 10, 5, 10], [1, 2, 3, 6])
    assert cr2(totals, np.array([False, False, True, True])) == NotEstimable(Why.NO_VARIATION)


def test_totals_that_do_not_fit_are_refused() -> None:
    labels = np.array([True, False])
    with pytest.raises(ValueError, match="leads for each"):
        cr2(RepTotals.of_counts("ab", [5, 0], [1, 0]), labels)
    with pytest.raises(ValueError, match="a label for each"):
        cr2(RepTotals.of_counts("abc", [5, 1, 1], [1, 0, 0]), labels)
