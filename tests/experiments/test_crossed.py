"""A crossover, from its plan to its report: each rep follows both variants, in a drawn order."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import combinations
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from analysis.crossover import CrossoverPair, crossover_test
from analysis.estimate import Estimate, NotEstimable
from experiments import experiment_draft, life, process_draft, report
from experiments.asking import ask, listed
from experiments.caveats import Caveat
from experiments.check import CheckName
from experiments.desk import following
from experiments.enrolment import Assignment, Enrolment, assignments_by_period
from experiments.experiment import Experiment
from experiments.following import experiment_of_rep, version_of_rep
from experiments.ingest import ingest_events
from experiments.leads import lead as find_lead
from experiments.people import Rep
from experiments.periods import enrolling_period, planned_periods
from experiments.plan import frozen_plan
from experiments.problem import Refused
from experiments.process import ProcessVersion
from tests.experiments.conftest import PROCESS, Tell
from tests.experiments.worlds import LATER, primary

CROSSED = {"design": "crossover", "horizon_days": 20}
# The company is in Berlin: 20 days, 20 of washout, 20 days from March 2nd on.
FIRST_END = datetime(2026, 3, 21, 23, tzinfo=UTC)
SECOND_START = datetime(2026, 4, 10, 22, tzinfo=UTC)


def launched(session: Session, plan: dict[str, Any], now: datetime, **more: Any) -> Experiment:
    draft = experiment_draft.checked(plan | CROSSED | more)
    found = experiment_draft.create(session, draft, by=None, now=now)
    life.launch(session, found, seed=7, by=None, now=now)
    return found


@pytest.fixture
def crossed(session: Session, plan: dict[str, Any], now: datetime) -> Experiment:
    """A crossover of eight reps under way."""
    return launched(session, plan, now)


def sold(
    session: Session, found: Experiment, reps: list[Rep], tell: Tell, wins: dict[str, list[int]]
) -> None:
    """Ten leads a rep in each period; the n-th rep wins so many under each variant."""
    split = assignments_by_period(session, found)
    key = {variant.id: variant.key for variant in found.variants}
    events: list[dict[str, Any]] = []
    for at, rep in enumerate(reps):
        for period, day in ((1, 2), (2, 41)):
            won = wins[key[split[rep.external_id, period]]][at]
            for n in range(10):
                name = f"{rep.external_id}-{period}-{n}"
                events.append(tell(name, day=day, type="created", owner_id=rep.external_id))
                events.append(tell(name, "Qualify", day=day + 1))
                events.append(tell(name, "Won" if n < won else "Lost", day=day + 5))
    assert ingest_events(session, events, now=LATER).rejected == []


WINS = {"discovery-first": [1, 2, 3, 4, 1, 2, 3, 4], "demo-first": [5, 5, 8, 7, 4, 7, 6, 9]}


def test_periods_are_whole_days_also_where_clocks_change() -> None:
    zone = ZoneInfo("Europe/Berlin")
    first, second = planned_periods(date(2026, 3, 20), date(2026, 4, 8), 6, zone)
    assert [each.isoformat() for each in (*first, *second)] == [
        "2026-03-20T00:00:00+01:00",
        "2026-03-27T00:00:00+01:00",
        "2026-04-02T00:00:00+02:00",
        "2026-04-09T00:00:00+02:00",
    ]


def test_the_launch_draws_balanced_orders_and_stores_both_periods(
    session: Session, crossed: Experiment, reps: list[Rep]
) -> None:
    split = assignments_by_period(session, crossed)
    assert sorted(split) == sorted((rep.external_id, n) for rep in reps for n in (1, 2))
    for rep in reps:
        mine = {split[rep.external_id, 1], split[rep.external_id, 2]}
        assert mine == {variant.id for variant in crossed.variants}
    first = Counter(split[rep.external_id, 1] for rep in reps)
    assert sorted(first.values()) == [4, 4]
    plan = frozen_plan(crossed)
    assert plan.washout_days == 20
    assert plan.periods == (
        ("2026-03-01T23:00:00+00:00", FIRST_END.isoformat()),
        (SECOND_START.isoformat(), "2026-04-30T22:00:00+00:00"),
    )


def test_a_lead_belongs_to_the_period_in_which_it_enrols(
    session: Session, crossed: Experiment, reps: list[Rep], tell: Tell
) -> None:
    rep = reps[0].external_id
    told = [
        tell("first", day=5, type="created", owner_id=rep),
        tell("washout", day=25, type="created", owner_id=rep),
        tell("second", day=45, type="created", owner_id=rep),
        tell("over", day=80, type="created", owner_id=rep),
        # It began in the washout, whoever took it later.
        tell("unowned", day=30, type="created", process="discovery-first"),
        tell("unowned", day=46, type="owner_changed", owner_id=rep),
    ]
    ingest_events(session, told, now=LATER)
    split = assignments_by_period(session, crossed)
    rows = session.query(Enrolment).filter_by(experiment_id=crossed.id).all()
    names = {find_lead(session, name).id: name for name in ("first", "second")}
    assert {names[row.lead_id]: row.variant_id for row in rows} == {
        "first": split[rep, 1],
        "second": split[rep, 2],
    }
    plan = frozen_plan(crossed)
    edges = [FIRST_END - timedelta(microseconds=1), FIRST_END, SECOND_START]
    assert [enrolling_period(plan, at) for at in edges] == [1, None, 2]


def test_a_rep_sees_which_process_to_follow_now_and_next(
    session: Session,
    crossed: Experiment,
    reps: list[Rep],
    now: datetime,
) -> None:
    rep = reps[0]
    split = assignments_by_period(session, crossed)
    names = {variant.id: variant.name for variant in crossed.variants}
    early = following(session, rep, now=now)
    assert early.name == names[split["Rep 1", 1]]
    assert early.then is not None
    assert (early.then.name, early.then.from_at) == (names[split["Rep 1", 2]], FIRST_END)
    assert early.test is not None
    assert early.test.end_at == FIRST_END
    # In the washout the second process is learnt.
    late = following(session, rep, now=FIRST_END)
    assert (late.name, late.then) == (names[split["Rep 1", 2]], None)
    assert late.test is not None
    assert (late.test.from_at, late.test.end_at) == (FIRST_END, crossed.enrolment_end_at)
    test = experiment_of_rep(session, rep, now=SECOND_START)
    assert test is not None
    assert version_of_rep(session, rep, now=SECOND_START) is test[1].version
    assert ask(session, crossed, "Rep 1", owner_id=None, now=now).period == 1
    assert ask(session, crossed, "Rep 1", owner_id=None, now=SECOND_START).period == 2


def test_new_leads_follow_the_process_of_the_period(
    session: Session,
    plan: dict[str, Any],
    version: ProcessVersion,
    reps: list[Rep],
    tell: Tell,
    now: datetime,
) -> None:
    other = process_draft.create(
        session, process_draft.checked(PROCESS | {"name": "Other"}), now=now
    )
    variants = [plan["variants"][0], {"name": "Other", "process": "other"}]
    found = launched(session, plan, now, variants=variants)
    versions = {variant.id: variant.version_id for variant in found.variants}
    split = assignments_by_period(session, found)
    for name, day, period in (("a", 5, 1), ("b", 25, 2), ("c", 45, 2)):
        told = tell(name, day=day, type="created", owner_id="Rep 1")
        at = now + timedelta(days=day, hours=5)
        assert ingest_events(session, [told], now=at).rejected == []
        assert find_lead(session, name).version_id == versions[split["Rep 1", period]]
    assert {version.id, other.id} == set(versions.values())


def test_the_report_compares_each_rep_with_itself_over_every_order(
    session: Session, crossed: Experiment, reps: list[Rep], tell: Tell
) -> None:
    sold(session, crossed, reps, tell, WINS)
    read = report.build(session, crossed, now=LATER)

    (comparison,) = primary(read).comparisons
    result = comparison.result
    assert isinstance(result, Estimate)
    # The same by hand: every choice of four reps who might have had the treatment second.
    split = assignments_by_period(session, crossed)
    treatment = next(each.id for each in crossed.variants if not each.is_control)
    later = np.array([split[rep.external_id, 2] == treatment for rep in reps])
    every = np.array([np.isin(range(8), four) for four in combinations(range(8), 4)])
    rates = {key: np.array(wins) / 10 for key, wins in WINS.items()}
    pair = CrossoverPair(rates["discovery-first"], rates["demo-first"], later, every, exact=True)
    expected = crossover_test(pair)
    assert isinstance(expected, Estimate)
    assert result.effect == pytest.approx(expected.effect)
    assert result.ci == pytest.approx(expected.ci)
    assert (result.p, result.draws) == (expected.p, 70)
    assert {"rep_t", "paired_t"} < set(comparison.methods.estimates)
    assert [(group.reps, group.enrolled) for group in read.groups] == [(8, 80), (8, 80)]
    assert read.groups[0].rates[read.plan.milestone] == pytest.approx(0.25)
    assert not any(check.failed for check in read.checks)
    assert {check.name for check in read.checks} >= {CheckName.DRAW, CheckName.IDLE_REPS}
    assert Caveat.CARRY_OVER not in {note.caveat for note in read.notes}


def test_a_rep_without_leads_in_one_period_is_idle_and_left_out(
    session: Session, crossed: Experiment, reps: list[Rep], tell: Tell
) -> None:
    sold(session, crossed, reps[:7], tell, WINS)
    begun = tell("alone", day=2, type="created", owner_id="Rep 8")
    ingest_events(session, [begun], now=LATER)
    read = report.build(session, crossed, now=LATER)
    result = primary(read).comparisons[0].result
    assert isinstance(result, Estimate)
    assert result.draws == 35
    told = {note.caveat: note.values for note in read.notes}
    assert told[Caveat.IDLE_REPS] == {"reps": 1}


def test_before_the_second_period_there_is_no_estimate(
    session: Session, crossed: Experiment, reps: list[Rep], tell: Tell
) -> None:
    begun = tell("alone", day=2, type="created", owner_id="Rep 8")
    ingest_events(session, [begun], now=LATER)
    read = report.build(session, crossed, now=LATER)
    assert isinstance(primary(read).comparisons[0].result, NotEstimable)


@pytest.mark.parametrize("washout", [0, 19])
def test_a_washout_below_the_horizon_is_a_caveat(
    session: Session, plan: dict[str, Any], now: datetime, washout: int
) -> None:
    found = launched(session, plan, now, washout_days=washout)
    read = report.build(session, found, now=now)
    told = {note.caveat: note.values for note in read.notes}
    assert told[Caveat.CARRY_OVER] == {"days": washout, "horizon": 20}


def test_an_order_that_was_not_drawn_fails_the_check(
    session: Session, crossed: Experiment, now: datetime
) -> None:
    control, treatment = crossed.variants
    mine = (Assignment.experiment_id == crossed.id, Assignment.unit == "Rep 1")
    second = session.query(Assignment).filter(*mine, Assignment.period == 2).one()
    other = control.id if second.variant_id == treatment.id else treatment.id
    session.execute(
        update(Assignment).where(*mine, Assignment.period == 2).values(variant_id=other)
    )
    read = report.build(session, crossed, now=now)
    assert [check.name for check in read.checks if check.failed] == [CheckName.DRAW]


@pytest.mark.parametrize(
    ("changed", "where", "text"),
    [
        ({"looks": 3}, "looks", "has one look"),
        ({"join_rule": "coin"}, "join_rule", "Nobody joins a crossover"),
        ({"washout_days": 59}, "washout_days", "60 days of enrolment leave no time"),
        ({"horizon_days": 59}, "washout_days", "60 days of enrolment leave no time"),
        ({"unit": "lead"}, "design", "Only a team of reps"),
    ],
)
def test_a_crossover_that_cannot_be_is_refused(
    plan: dict[str, Any], changed: dict[str, Any], where: str, text: str
) -> None:
    with pytest.raises(Refused) as refused:
        experiment_draft.checked(plan | CROSSED | changed)
    assert where in {each.where for each in refused.value.problems}
    assert text in str(refused.value)


def test_a_crossover_compares_two_variants_of_equal_share(plan: dict[str, Any]) -> None:
    uneven = [plan["variants"][0], plan["variants"][1] | {"weight": 2}]
    for variants in (uneven, [*plan["variants"], plan["variants"][1] | {"name": "Third"}]):
        with pytest.raises(Refused, match="two variants of equal share"):
            experiment_draft.checked(plan | CROSSED | {"variants": variants})


def test_days_of_washout_mean_nothing_elsewhere(plan: dict[str, Any]) -> None:
    assert experiment_draft.checked(plan | {"washout_days": 9}).washout_days is None


def test_assignments_are_listed_a_page_at_a_time(session: Session, crossed: Experiment) -> None:
    first = listed(session, crossed, unit=None, after="", most=3)
    assert [(each.unit, each.period) for each in first.assigned] == [
        (f"Rep {n}", period) for n in (1, 2, 3) for period in (1, 2)
    ]
    assert first.next == "Rep 3"
    assert first.assigned[1].from_at == SECOND_START
    rest = listed(session, crossed, unit=None, after="Rep 3", most=5)
    assert (len(rest.assigned), rest.next) == (10, None)
