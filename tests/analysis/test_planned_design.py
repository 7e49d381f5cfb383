"""What each design leaves of the reps' differences, and what it costs."""

import itertools
import math
from typing import Any

import numpy as np
import pytest
from scipy.stats import norm

from analysis.pace import Pace, least
from analysis.planned_design import Design, kept, normal_scores, smallest_p, unlike_in_pairs
from analysis.power import USUAL_POWER, Estimand, Plan

GOOD: dict[str, Any] = {"reps_per_variant": 10, "leads_per_rep": 40, "baseline": 0.2, "icc": 0.05}


def test_rerandomising_keeps_what_a_normal_within_bounds_varies() -> None:
    # The best tenth by one value: |z| under its 55% quantile, and the variance there.
    edge = norm.ppf(0.55)
    inside = 1 - 2 * edge * norm.pdf(edge) / 0.1
    share, df = kept(Design.RERANDOMISED, 10, 0.8)
    assert share == pytest.approx(1 - 0.64 * (1 - inside))
    assert df == 18


def test_a_covariate_costs_what_cochran_says() -> None:
    # (n − 3)/(n − 4) for n = 20 reps, by the mean of one over a beta variable.
    share, df = kept(Design.COMPLETE, 10, 0.6, adjusted=True)
    assert share == pytest.approx((1 - 0.36) * 17 / 16)
    assert df == 17
    rng = np.random.default_rng(1)
    x = rng.standard_normal((40_000, 20))
    z = np.where(np.arange(20) < 10, 0.5, -0.5)
    centred = x - x.mean(axis=1, keepdims=True)
    left = 5 - (centred @ z) ** 2 / (centred**2).sum(axis=1)
    inflation = 5 / left
    error = inflation.std() / math.sqrt(len(inflation))
    assert inflation.mean() == pytest.approx(17 / 16, abs=4 * error)


def test_nothing_known_leaves_everything() -> None:
    for design in (Design.COMPLETE, Design.PAIRED, Design.RERANDOMISED, Design.BY_TEAM):
        assert kept(design, 10, 0.0)[0] == 1
    assert kept(Design.PAIRED, 10, 0.5)[1] == 9
    assert kept(Design.BY_TEAM, 10, 0.5, strata=3)[1] == 16


def test_neighbours_are_alike_and_strangers_are_not() -> None:
    scores = normal_scores(40)
    assert np.mean(scores) == pytest.approx(0)
    assert np.mean(scores**2) == pytest.approx(1)
    assert unlike_in_pairs(scores) < 0.02
    # Of all pairings of six, the mean is that of two strangers.
    six = normal_scores(6)
    mean = np.mean([unlike_in_pairs(np.array(each)) for each in itertools.permutations(six)])
    assert mean == pytest.approx(1)


def test_the_smallest_p_is_that_of_the_lists() -> None:
    # From the table of STATISTICS: 4 against 4 .029; pairs of 8, 10 and 12 reps .125, .0625, .031.
    assert smallest_p(Design.COMPLETE, 4) == pytest.approx(0.029, abs=5e-4)
    assert [smallest_p(Design.PAIRED, k) for k in (4, 5, 6)] == [0.125, 0.0625, 0.03125]
    # Two teams of 4: 6 ways each.
    assert smallest_p(Design.BY_TEAM, 4, strata=2) == pytest.approx(2 / 36)
    assert smallest_p(Design.RERANDOMISED, 7) == pytest.approx(2 / 1000)
    assert smallest_p(Design.CROSSOVER, 4) == smallest_p(Design.COMPLETE, 4)
    assert smallest_p(Design.LEADS, 2) == 0


def test_leads_split_within_reps_vary_as_a_rep_s_own_leads_do() -> None:
    plan = Plan(**GOOD, design=Design.LEADS)
    assert plan.design_effect == pytest.approx(0.95 * 40 / 39)
    assert plan.df is None
    # By hand: 400 leads a variant, 20% against 28%, within reps.
    se = math.sqrt((0.2 * 0.8 + 0.28 * 0.72) * 0.95 * 40 / 39 / 400)
    expected = norm.sf(norm.isf(0.025) - 0.08 / se) + norm.cdf(-norm.isf(0.025) - 0.08 / se)
    assert plan.power(0.08) == pytest.approx(expected)
    assert Plan(**GOOD | {"icc": 1.0}, design=Design.LEADS).power(0.01) == 1


def test_a_crossover_of_reps_who_stay_as_they_are_is_free_of_their_differences() -> None:
    plan = Plan(**GOOD, design=Design.CROSSOVER)
    # What is left is the chance of single leads, (1 − ICC) of their variance.
    assert plan.design_effect == pytest.approx(0.95)
    assert plan.df == 18
    # Periods that have nothing to do with each other: half the variance of half the leads.
    strangers = Plan(**GOOD, design=Design.CROSSOVER, correlation=0.0)
    assert strangers.design_effect == pytest.approx(40 * (0.05 + 0.95 / 20) / 2)


@pytest.mark.parametrize("design", [Design.COMPLETE, Design.PAIRED, Design.RERANDOMISED])
def test_the_more_is_known_the_more_is_found(design: Design) -> None:
    powers = [
        Plan(**GOOD, design=design, adjusted=True, correlation=each).power(0.1)
        for each in (0.0, 0.3, 0.6, 0.8)
    ]
    assert powers == sorted(powers)
    assert powers[-1] > powers[0] + 0.3


def test_what_is_known_stays_as_good_when_leads_grow() -> None:
    plan = Plan(**GOOD, design=Design.PAIRED, correlation=0.5)
    more = plan.with_leads(400)
    assert more.foresight == pytest.approx(plan.foresight)
    assert more.likeness > plan.likeness
    assert Plan(**GOOD | {"icc": 0.0}).foresight == 0


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"correlation": 0.9}, "correlation"),
        ({"correlation": -0.1}, "correlation"),
        ({"correlation": 0.1, "icc": 0.0}, "correlation"),
        ({"correlation": 0.1, "design": Design.LEADS}, "correlation"),
        ({"adjusted": True, "design": Design.CROSSOVER}, "adjusted"),
        ({"estimand": Estimand.LEAD, "design": Design.PAIRED}, "estimand"),
        ({"estimand": Estimand.LEAD, "adjusted": True}, "estimand"),
        ({"leads_per_rep": 1.5, "design": Design.LEADS}, "leads_per_rep"),
        ({"reps_per_variant": 6, "design": Design.RERANDOMISED}, "reps_per_variant"),
        ({"reps_per_variant": 2, "design": Design.PAIRED, "adjusted": True}, "reps_per_variant"),
        ({"strata": 11}, "strata"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(said: dict[str, Any], field: str) -> None:
    with pytest.raises(ValueError, match=field):
        Plan(**GOOD | said)


def test_weeks_are_those_of_new_leads_and_the_horizon_on_top() -> None:
    pace = Pace(4, 70)
    assert pace.total(Design.COMPLETE, 10) == 20
    # A crossover waits for a horizon between its periods.
    assert pace.total(Design.CROSSOVER, 10) == 30


@pytest.mark.parametrize("design", [Design.LEADS, Design.CROSSOVER, Design.COMPLETE])
def test_the_weeks_needed_are_the_least_that_are_enough(design: Design) -> None:
    pace, plan = Pace(0.7, 30), Plan(**GOOD, design=design)
    needed = pace.needed(plan, 0.15)
    assert needed is not None
    powers = [plan.with_leads(0.7 * weeks).power(0.15) for weeks in (needed - 1, needed)]
    assert powers[0] < USUAL_POWER <= powers[1]
    assert pace.needed(plan, 0.001, most=52) is None


def test_the_least_is_found_by_halving() -> None:
    assert [least(at.__le__, 9) for at in (1, 5, 9, 10)] == [1, 5, 9, None]


@pytest.mark.parametrize("bad", [(0.0, 30), (math.inf, 30), (math.nan, 30), (1.0, -1)])
def test_a_pace_that_cannot_be_is_refused(bad: tuple[float, int]) -> None:
    with pytest.raises(ValueError, match=r"leads_per_week|horizon"):
        Pace(*bad)
