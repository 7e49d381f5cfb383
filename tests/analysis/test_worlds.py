"""Simulated teams have the rates, the spread and the likeness that the plan says."""

import numpy as np
import pytest

from analysis.power import Plan
from analysis.worlds import simulated_rates

RUNS = 20_000


def plan(**changes: float) -> Plan:
    given = {"leads_per_rep": 20.0, "baseline": 0.2, "icc": 0.1, "cv": 0.0} | changes
    return Plan(reps_per_variant=2, **given)  # type: ignore[arg-type]


def rates(**changes: float) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    return simulated_rates(plan(**changes), 0.1, runs=RUNS, rng=np.random.default_rng(3))


def test_the_first_half_has_the_treatments_rate_and_the_other_the_controls() -> None:
    found = rates(cv=0.7)
    for half, rate in ((found[:, :2], 0.3), (found[:, 2:], 0.2)):
        error = half.std() / np.sqrt(half.size)
        assert abs(half.mean() - rate) < 4 * error


@pytest.mark.parametrize("icc", [0.0, 0.1, 1.0])
def test_rates_vary_as_the_likeness_says(icc: float) -> None:
    control = rates(icc=icc)[:, 2:]
    # The variance of a beta-binomial rate: p(1 − p)/m · (1 + (m − 1) · icc).
    expected = 0.2 * 0.8 / 20 * (1 + 19 * icc)
    assert control.var() == pytest.approx(expected, rel=0.05)


def test_unequal_leads_widen_the_average_rep_as_the_planner_reckons() -> None:
    control = rates(cv=0.7, leads_per_rep=50.0)[:, 2:]
    unequal = plan(cv=0.7, leads_per_rep=50.0)
    expected = 0.2 * 0.8 / 50 * unequal.design_effect
    # Leads are whole numbers here, and gamma there.
    assert control.var() == pytest.approx(expected, rel=0.05)


def test_leads_that_are_no_whole_number_come_out_right_on_average() -> None:
    # With a rate of 1 or 0 for each rep, and 1.5 leads: as many have one lead as have two.
    found = rates(leads_per_rep=1.5, icc=0.0)[:, 2:]
    halves = np.mean(found == 0.5)
    # Two leads, half of the time, of which one is won.
    assert halves == pytest.approx(0.5 * 2 * 0.2 * 0.8, rel=0.1)


def test_a_rate_of_1_wins_everything() -> None:
    everything = simulated_rates(plan(), 0.8, runs=5, rng=np.random.default_rng(3))
    assert (everything[:, :2] == 1).all()


def test_an_effect_beyond_every_rate_is_refused() -> None:
    with pytest.raises(ValueError, match="which is no rate"):
        simulated_rates(plan(), 0.9, runs=5, rng=np.random.default_rng(3))
