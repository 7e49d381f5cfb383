"""Power by simulation agrees with theory where theory holds, and with the design where not."""

import pytest

from analysis.planned_design import Design
from analysis.power import Plan
from experiments.feasibility.simulated_power import simulated_power


def test_many_leads_have_the_power_of_the_t_test() -> None:
    plan = Plan(reps_per_variant=10, leads_per_rep=50, baseline=0.2, icc=0.05, cv=0.7)
    found = simulated_power(plan, 0.1, runs=4000, seed=1)
    # .387 by the noncentral t; rates of few leads are not normal, so that two points may differ.
    assert found.power == pytest.approx(plan.power(0.1), abs=0.02 + 4 * found.power_se)
    assert found.false_positives == pytest.approx(0.05, abs=4 * found.false_positives_se)
    assert found.power_se == pytest.approx((found.power * (1 - found.power) / 4000) ** 0.5)


def test_three_against_three_reps_never_find_anything() -> None:
    plan = Plan(reps_per_variant=3, leads_per_rep=500, baseline=0.2, icc=0.01)
    found = simulated_power(plan, 0.3, runs=200, seed=1)
    # The least p of 20 splits is .10, whatever the noncentral t hopes for.
    assert (found.power, found.false_positives) == (0.0, 0.0)
    assert plan.power(0.3) > 0.9


def test_the_same_seed_gives_the_same_and_another_another() -> None:
    plan = Plan(reps_per_variant=6, leads_per_rep=30, baseline=0.3, icc=0.05)
    first = simulated_power(plan, 0.1, runs=500, seed=4)
    assert simulated_power(plan, 0.1, runs=500, seed=4) == first
    assert simulated_power(plan, 0.1, runs=500, seed=5) != first


@pytest.mark.parametrize("adjusted", [False, True])
@pytest.mark.parametrize("design", list(Design))
def test_each_design_finds_so_much_as_is_reckoned(design: Design, adjusted: bool) -> None:
    if adjusted and not design.splits_reps:
        return
    foreseen = None if design.splits_leads else 0.6
    plan = Plan(
        reps_per_variant=16,
        leads_per_rep=80,
        baseline=0.2,
        icc=0.03,
        cv=0.4,
        design=design,
        adjusted=adjusted,
        correlation=foreseen,
    )
    effect = 0.05 if design.splits_leads else 0.08
    found = simulated_power(plan, effect, runs=1500, seed=1)
    # Rates of few leads are not normal, so that two points may differ beside the simulation.
    assert found.power == pytest.approx(plan.power(effect), abs=0.02 + 4 * found.power_se)
    assert found.false_positives <= 0.05 + 4 * found.false_positives_se


def test_five_pairs_never_find_anything() -> None:
    plan = Plan(
        reps_per_variant=5, leads_per_rep=500, baseline=0.2, icc=0.01, design=Design.PAIRED
    )
    # The least p of 32 splits is .0625.
    assert simulated_power(plan, 0.3, runs=100, seed=1).power == 0
