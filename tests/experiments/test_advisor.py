"""The advisor's weeks, against simulations that share nothing with it but the tests."""

import numpy as np
import pytest

from analysis.estimate import Estimate
from analysis.proportion import Stratum, mh_score
from analysis.randomization import randomization_test
from analysis.sufficient import Counts
from experiments.feasibility.advisor import A_YEAR, Advice, Option, Risk, Way, advise, trial_of
from experiments.feasibility.outlook import Outlook, outlook
from experiments.problem import Refused
from tests.experiments.pasts import believable

RUNS = 600


@pytest.fixture(scope="module")
def seen() -> Outlook:
    """A company of 20 reps who differ little and stay as they are."""
    return outlook(believable(20, 52, alike=12, a_week=2))


@pytest.fixture(scope="module")
def advice(seen: Outlook) -> Advice:
    return advise(seen, 0.1, runs=RUNS)


def option(advice: Advice, way: Way) -> Option:
    return next(each for each in advice.options if each.way is way)


def test_every_way_is_tried(advice: Advice) -> None:
    assert [each.way for each in advice.options] == list(Way)
    assert not any(each.refused for each in advice.options)


@pytest.mark.parametrize("way", list(Way))
def test_its_weeks_find_the_effect_in_other_worlds_too(
    advice: Advice, seen: Outlook, way: Way
) -> None:
    found = option(advice, way)
    assert found.weeks is not None
    # Other worlds, other splits, other re-draws.
    other = trial_of(seen, way, runs=2000, seed=99)
    error = 4 * (0.8 * 0.2 * (1 / 2000 + 1 / RUNS)) ** 0.5
    assert other.found_share(0.1, weeks=found.weeks) >= 0.8 - error
    assert other.found_share(0.1, weeks=max(found.weeks - 1, 0)) <= 0.8 + error
    assert other.found_share(0.0, weeks=found.weeks) <= 0.05 + 4 * (0.05 * 0.95 / 2000) ** 0.5


def test_reps_split_by_chance_need_as_many_weeks_as_reports_of_such_teams_do(
    advice: Advice, seen: Outlook
) -> None:
    """Teams drawn straight from a beta distribution, each judged by the report's own test."""
    weeks, runs, rng = option(advice, Way.COMPLETE).weeks, 300, np.random.default_rng(8)
    assert weeks is not None
    treated = np.arange(20) < 10
    redraws = np.array([rng.permutation(treated) for _ in range(999)])
    leads = np.rint(rng.permutation(seen.weekly) * weeks).astype(int)
    found = 0
    for _ in range(runs):
        rates = _true_rates(seen, rng, treated, 0.1)
        rates = rng.binomial(leads, rates) / leads
        test = randomization_test(rates, treated, redraws, exact=False)
        assert isinstance(test, Estimate)
        found += test.p <= 0.05
    assert found / runs == pytest.approx(0.8, abs=0.03 + 4 * (0.16 / runs) ** 0.5)


def test_leads_split_need_as_many_weeks_as_reports_of_such_leads_do(
    advice: Advice, seen: Outlook
) -> None:
    weeks, runs, rng = option(advice, Way.LEADS).weeks, 300, np.random.default_rng(9)
    assert weeks is not None
    everyone = np.ones(20, dtype=bool)
    found = 0
    for _ in range(runs):
        rates = _true_rates(seen, rng, ~everyone, 0.0)
        leads = rng.poisson(seen.weekly * weeks) + 2
        treated = rng.binomial(leads, 0.5).clip(1, leads - 1)
        strata = [
            Stratum(
                Counts(int(n - n1), int(rng.binomial(n - n1, rate))),
                Counts(int(n1), int(rng.binomial(n1, min(rate + 0.1, 1)))),
            )
            for n, n1, rate in zip(leads, treated, rates, strict=True)
        ]
        test = mh_score(strata)
        assert isinstance(test, Estimate)
        found += test.p <= 0.05
    assert found / runs == pytest.approx(0.8, abs=0.04 + 4 * (0.16 / runs) ** 0.5)


def _true_rates(
    seen: Outlook, rng: np.random.Generator, treated: np.ndarray, effect: float
) -> np.ndarray:
    spread = 1 / seen.icc - 1
    means = seen.spread.rate + effect * treated
    return rng.beta(means * spread, (1 - means) * spread)


def test_what_reps_differ_by_is_taken_out_by_better_ways() -> None:
    # An ICC of 1/17, and reps who stay as they are.
    found = advise(outlook(believable(24, 52, a_week=3)), 0.12, runs=200)
    weeks = {each.way: each.weeks or A_YEAR for each in found.options}
    assert weeks[Way.LEADS] < weeks[Way.RERANDOMISED] < weeks[Way.COMPLETE]
    assert weeks[Way.CROSSOVER] < weeks[Way.PAIRED] < weeks[Way.COMPLETE]


def test_a_way_is_recommended_with_what_it_risks(advice: Advice) -> None:
    assert advice.recommended is not None
    assert advice.fastest is not None
    assert advice.calm is not None
    best, fastest, calm = (
        each.total_weeks or 0 for each in (advice.recommended, advice.fastest, advice.calm)
    )
    # A split of reps wins where it is at most a quarter slower.
    assert advice.recommended is (advice.calm if calm <= 1.25 * fastest else advice.fastest)
    assert best <= 1.25 * fastest
    leads = option(advice, Way.LEADS)
    assert Risk.MIXING in leads.risks
    assert leads.mixed_weeks is None or leads.mixed_weeks > (leads.total_weeks or 0)
    assert Risk.CARRY_OVER in option(advice, Way.CROSSOVER).risks
    assert Risk.FAIRNESS in option(advice, Way.COMPLETE).risks


def test_where_nothing_finds_it_within_a_year_that_is_said() -> None:
    seen = outlook(believable(20, 52, alike=6, a_week=0.5))
    told: list[tuple[int, int]] = []
    found = advise(seen, 0.01, runs=100, progress=lambda done, of: told.append((done, of)))
    assert (found.recommended, found.fastest, found.calm) == (None, None, None)
    assert all(each.weeks is None for each in found.options)
    assert found.within_reach is not None
    assert found.within_reach > 0.01
    assert told == [(done, len(Way)) for done in range(1, len(Way) + 1)]
    assert (advise(seen, -0.01, runs=100).within_reach or 0) < -0.01


def test_few_reps_are_told_what_their_draws_cannot_show() -> None:
    found = advise(outlook(believable(8, 52)), 0.1, runs=100)
    ways = {each.way: each for each in found.options}
    # Of 16 splits of four pairs no p is under .125; of 70 splits none is chosen for balance.
    assert ways[Way.PAIRED].smallest_p == 0.125
    assert Risk.FEW_DRAWS in ways[Way.PAIRED].risks
    assert ways[Way.PAIRED].weeks is None
    refused = ways[Way.RERANDOMISED].refused
    assert refused is not None
    assert "70 ways" in refused.text


def test_reps_of_whom_nothing_is_foreseen_make_designs_by_the_past_a_risk() -> None:
    found = advise(outlook(believable(14, 15)), 0.15, runs=100)
    assert Risk.UNSTEADY in option(found, Way.PAIRED).risks
    assert Risk.UNSTEADY not in option(found, Way.COMPLETE).risks


@pytest.mark.parametrize(
    ("effect", "level", "runs", "where"),
    [
        (0.0, 0.95, 10, "effect"),
        (0.9, 0.95, 10, "effect"),
        (0.1, 1.0, 10, "level"),
        (0.1, 0.95, 0, "runs"),
    ],
)
def test_what_cannot_be_advised_on_is_refused(
    seen: Outlook, effect: float, level: float, runs: int, where: str
) -> None:
    with pytest.raises(Refused) as refused:
        advise(seen, effect, level=level, runs=runs)
    assert refused.value.problems[0].where == where


def test_the_lengths_fit_into_a_year(advice: Advice) -> None:
    assert all((each.total_weeks or 0) <= A_YEAR for each in advice.options)
