"""Planned looks at a running test: due, taken, rebuilt, and judged over all of them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from analysis.estimate import Estimate
from experiments import experiment_draft, life, report
from experiments.caveats import Caveat
from experiments.decision import Choice, Ruling, decide
from experiments.enrolment import assignments
from experiments.experiment import Experiment, Status
from experiments.ingest import ingest_events
from experiments.looks import due_look, looks_taken, planned_looks, take_look
from experiments.people import Rep
from experiments.plan import frozen_plan
from experiments.problem import Refused
from experiments.verdict import Verdict
from tests.experiments.conftest import Tell
from tests.experiments.worlds import LATER, world

WINS = {"discovery-first": [1, 2, 1, 2], "demo-first": [8, 9, 8, 9]}


@pytest.fixture
def looked(session: Session, plan: dict[str, Any], now: datetime) -> Experiment:
    """Three looks at eight reps, of whom all leads are over by the first."""
    written = plan | {"looks": 3, "spending": "pocock"}
    found = experiment_draft.create(session, experiment_draft.checked(written), by=None, now=now)
    life.launch(session, found, seed=7, by=None, now=now)
    return found


def due(found: Experiment, number: int) -> datetime:
    """A moment at which that look can be taken."""
    return planned_looks(frozen_plan(found))[number - 1].due_at + timedelta(hours=1)


def test_looks_are_spread_over_the_time_in_which_leads_mature(looked: Experiment) -> None:
    first, second, last = planned_looks(frozen_plan(looked))
    assert [first.share, second.share, last.share] == [1 / 3, 2 / 3, 1]
    assert last.due_at == looked.measured_at
    # A third of 60 days of enrolment, less the hour that the summer takes, after 30 days' horizon.
    assert first.due_at - looked.enrol_from_at == timedelta(days=30 + 20, minutes=-20)
    assert second.due_at - first.due_at == last.due_at - second.due_at


def test_effects_wait_for_a_look(
    session: Session, looked: Experiment, reps: list[Rep], tell: Tell
) -> None:
    world(session, looked, reps, tell, WINS)
    before = report.build(session, looked, now=due(looked, 1))
    assert not before.effects_shown
    assert before.verdict is Verdict.CONTINUE
    assert before.due is not None
    assert before.due.number == 1


def told_early(
    session: Session, found: Experiment, reps: list[Rep], tell: Tell, *, at: datetime
) -> None:
    """As `world`, but recorded at that moment."""
    left = {key: iter(counts) for key, counts in WINS.items()}
    variant = {each.id: each.key for each in found.variants}
    split = assignments(session, found)
    events: list[dict[str, Any]] = []
    for rep in reps:
        won = next(left[variant[split[rep.external_id]]])
        for n in range(10):
            lead = f"{rep.external_id}-{n}"
            events.append(tell(lead, day=1, type="created", owner_id=rep.external_id))
            events.append(tell(lead, "Won" if n < won else "Lost", day=9))
    assert ingest_events(session, events, now=at).rejected == []


def test_a_look_may_show_enough_to_decide_on(
    session: Session, looked: Experiment, reps: list[Rep], tell: Tell
) -> None:
    told_early(session, looked, reps, tell, at=due(looked, 1) - timedelta(days=10))
    take_look(session, looked, by=None, now=due(looked, 1))
    first = report.build(session, looked, now=due(looked, 1))
    # Of 70 splits the first look's share of alpha leaves room for one, and each has a mirror.
    assert first.verdict is Verdict.CONTINUE
    assert Caveat.AT_LOOK in {note.caveat for note in first.notes}
    assert not first.ready

    take_look(session, looked, by=None, now=due(looked, 2))
    second = report.build(session, looked, now=due(looked, 2) + timedelta(days=3))
    assert (second.look, second.verdict, second.ready) == (2, Verdict.ADOPT, True)
    assert second.winner is not None
    result = second.winner.result
    assert isinstance(result, Estimate)
    assert list(second.winner.methods.estimates) == ["group_sequential"]
    assert result.ci[0] is not None
    assert result.ci[0] > 0

    again = report.build(session, looked, now=due(looked, 2) + timedelta(days=3), look=1)
    assert (again.look, again.verdict, again.ready) == (1, Verdict.CONTINUE, False)
    assert [each.taken_at is not None for each in again.looks] == [True, True, False]

    ruling = Ruling(
        Choice.ADOPT,
        "It closes far more.",
        ready=second.ready,
        variant="demo-first",
        recommended=Choice.ADOPT,
    )
    decide(session, looked, ruling, by=None, now=due(looked, 2) + timedelta(days=4))
    decided = report.build(session, looked, now=LATER)
    assert (decided.status, decided.look, decided.verdict) == (Status.DECIDED, 2, Verdict.ADOPT)
    assert due_look(session, looked, now=LATER) is None


def test_a_late_event_never_rewrites_a_look(
    session: Session, looked: Experiment, reps: list[Rep], tell: Tell
) -> None:
    told_early(session, looked, reps, tell, at=due(looked, 1) - timedelta(days=10))
    take_look(session, looked, by=None, now=due(looked, 1))
    saw = report.build(session, looked, now=due(looked, 1))
    late = [tell(f"Rep {n}-9", "Won", day=12) for n in range(1, 9)]
    ingest_events(session, late, now=due(looked, 1) + timedelta(days=1))
    later = report.build(session, looked, now=due(looked, 1) + timedelta(days=2))
    assert later.rows == saw.rows
    assert later.groups == saw.groups


def test_the_end_is_judged_with_the_looks_before_it(
    session: Session, looked: Experiment, reps: list[Rep], tell: Tell
) -> None:
    told_early(session, looked, reps, tell, at=due(looked, 1) - timedelta(days=10))
    take_look(session, looked, by=None, now=due(looked, 1))
    final = report.build(session, looked, now=LATER)
    assert (final.status, final.look, final.verdict) == (Status.MEASURED, None, Verdict.ADOPT)
    assert final.winner is not None
    assert final.winner.methods.primary == "group_sequential"


def test_a_plan_whose_looks_were_all_left_out_is_judged_once(
    session: Session, looked: Experiment, reps: list[Rep], tell: Tell
) -> None:
    world(session, looked, reps, tell, WINS)
    final = report.build(session, looked, now=LATER)
    assert final.winner is not None
    assert final.winner.methods.primary == "randomization"


def test_a_look_is_taken_once_and_only_when_due(
    session: Session, looked: Experiment, now: datetime
) -> None:
    with pytest.raises(Refused, match="No look is due now"):
        take_look(session, looked, by=None, now=now)
    take_look(session, looked, by=None, now=due(looked, 2))
    # The first was missed: the second has its share of alpha too.
    assert [each.number for each in looks_taken(session, looked)] == [2]
    with pytest.raises(Refused, match="No look is due now"):
        take_look(session, looked, by=None, now=due(looked, 2))
    with pytest.raises(Refused, match="Look 1 was not taken"):
        report.build(session, looked, now=due(looked, 2), look=1)
    assert due_look(session, looked, now=LATER) is None
    life.stop(session, looked, reason="Over.", by=None, now=due(looked, 2))
    assert due_look(session, looked, now=due(looked, 3) - timedelta(days=1)) is None


def test_split_leads_are_looked_at_by_bounds(
    session: Session, plan: dict[str, Any], reps: list[Rep], tell: Tell, now: datetime
) -> None:
    written = plan | {"unit": "lead", "looks": 2}
    found = experiment_draft.create(session, experiment_draft.checked(written), by=None, now=now)
    life.launch(session, found, seed=5, by=None, now=now)
    begun = [
        tell(f"L{n}", day=1 + 30 * (n % 2), type="created", owner_id=reps[n % 8].external_id)
        for n in range(400)
    ]
    ingest_events(session, begun, now=now + timedelta(days=40))
    split = assignments(session, found)
    control = found.variants[0].id
    won = [
        tell(f"L{n}", "Won", day=35)
        for n in range(400)
        if n % (4 if split[f"L{n}"] == control else 2) == 0 or n % 7 == 0
    ]
    ingest_events(session, won, now=now + timedelta(days=40))
    assert due_look(session, found, now=due(found, 1)) is not None
    take_look(session, found, by=None, now=due(found, 1))
    seen = report.build(session, found, now=due(found, 1))
    assert seen.primary is not None
    assert seen.primary.comparisons[0].methods.primary == "group_sequential"
    final = report.build(session, found, now=LATER)
    assert final.primary is not None
    methods = final.primary.comparisons[0].methods
    assert methods.primary == "group_sequential"
    assert isinstance(methods.result, Estimate)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"looks": 6}, "5 or less"),
        ({"looks": 0}, "1 or more"),
        ({"looks": 2, "rehearsal": True}, "has one look"),
        ({"spending": "all"}, "obrien-fleming"),
    ],
)
def test_what_cannot_be_planned_is_refused(
    plan: dict[str, Any], changed: dict[str, Any], said: str
) -> None:
    with pytest.raises(Refused, match=said):
        experiment_draft.checked(plan | changed)
