"""Power of a split of reps, against R and against simulated teams."""

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.estimate import Estimate
from analysis.power import Estimand, Plan
from analysis.rep_level import rep_t

REFERENCE = Path(__file__).parent.parent / "reference"
GOOD: dict[str, Any] = {"reps_per_variant": 10, "leads_per_rep": 20, "baseline": 0.2, "icc": 0.02}


def cells() -> list[dict[str, str]]:
    with (REFERENCE / "power_rep_randomised.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("cell", cells(), ids=lambda cell: "-".join(list(cell.values())[:4]))
def test_matches_r_for_the_average_lead(cell: dict[str, str]) -> None:
    plan = Plan(
        reps_per_variant=int(cell["clusters_per_arm"]),
        leads_per_rep=float(cell["m_mean"]),
        baseline=float(cell["p0"]),
        icc=float(cell["icc"]),
        cv=float(cell["cv_m"]),
        estimand=Estimand.LEAD,
    )
    assert plan.design_effect == pytest.approx(float(cell["deff"]))
    assert plan.power(0.1) == pytest.approx(float(cell["power_t"]), rel=1e-9)


def test_leads_of_one_number_make_both_averages_one() -> None:
    lead = Plan(**GOOD, estimand=Estimand.LEAD)
    assert Plan(**GOOD).design_effect == pytest.approx(lead.design_effect)
    # By hand: 1 + 19 * .02.
    assert lead.design_effect == pytest.approx(1.38)


def test_unequal_leads_cost_the_average_rep_more() -> None:
    rep, lead = Plan(**GOOD, cv=0.7), Plan(**GOOD, cv=0.7, estimand=Estimand.LEAD)
    # STATISTICS of the reference set: 1.4 times the other at 20 leads, cv .7, ICC .02.
    assert rep.design_effect / lead.design_effect == pytest.approx(1.4, abs=0.03)


@pytest.mark.parametrize("cv", [0.3, 1.0, 1.5])
def test_the_mean_of_inverse_leads_is_that_of_a_gamma_with_one_lead_at_least(cv: float) -> None:
    leads = np.random.default_rng(1).gamma(cv**-2, 20 * cv**2, size=1_000_000)
    inverse = 1 / np.maximum(leads, 1)
    found = Plan(**GOOD | {"icc": 0.0}, cv=cv).design_effect / 20
    # Four standard errors of the simulated mean.
    assert found == pytest.approx(inverse.mean(), abs=4 * inverse.std() / 1000 + 1e-5)


def test_simulated_teams_find_the_difference_so_often() -> None:
    plan = Plan(reps_per_variant=8, leads_per_rep=30, baseline=0.3, icc=0.05)
    rng, worlds, found = np.random.default_rng(7), 2000, 0
    treated = np.arange(16) < 8
    for _ in range(worlds):
        means = np.where(treated, 0.5, 0.3)
        # A beta distribution of rates gives one rep's leads this correlation.
        rates = rng.beta(means * 19, (1 - means) * 19)
        result = rep_t(rng.binomial(30, rates) / 30, treated)
        found += isinstance(result, Estimate) and result.is_significant
    share = found / worlds
    # Four standard errors, and a point for rates that are not normal.
    error = 4 * (share * (1 - share) / worlds) ** 0.5
    assert plan.power(0.2) == pytest.approx(share, abs=error + 0.01)


def test_the_detectable_effect_is_found_with_the_usual_power() -> None:
    plan = Plan(**GOOD)
    rise, fall = plan.detectable(), plan.detectable(falls=True)
    assert rise is not None
    assert fall is not None
    assert fall < 0 < rise
    assert plan.power(rise) == pytest.approx(0.8)
    assert plan.power(fall) == pytest.approx(0.8)
    assert Plan(**GOOD | {"reps_per_variant": 2, "leads_per_rep": 1}).detectable() is None


def test_no_effect_is_found_as_often_as_alpha() -> None:
    assert Plan(**GOOD).power(0) == pytest.approx(0.05)
    assert Plan(**GOOD, level=0.9).power(0) == pytest.approx(0.1)


@pytest.mark.parametrize("reps", [2, 10, 200])
def test_power_rises_with_the_effect_to_certainty(reps: int) -> None:
    plan = Plan(**GOOD | {"reps_per_variant": reps, "leads_per_rep": 500})
    powers = [plan.power(effect) for effect in np.linspace(0, 0.8, 30)]
    assert (np.diff(powers) > -1e-12).all()
    assert max(powers) <= 1 + 1e-12


def test_a_rate_of_1_is_still_a_rate() -> None:
    assert Plan(**GOOD).power(1 - 0.2) == pytest.approx(1)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("reps_per_variant", 1),
        ("leads_per_rep", 0.5),
        ("leads_per_rep", np.inf),
        ("baseline", 0.0),
        ("baseline", np.nan),
        ("icc", -0.1),
        ("cv", -0.1),
        ("level", 1.0),
    ],
)
def test_a_plan_that_cannot_be_is_refused(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"{name} is"):
        Plan(**GOOD | {name: value})


@pytest.mark.parametrize("effect", [0.9, -0.3, np.nan])
def test_an_effect_that_leaves_the_rates_is_refused(effect: float) -> None:
    with pytest.raises(ValueError, match="no rate"):
        Plan(**GOOD).power(effect)
