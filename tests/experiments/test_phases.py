"""A change of a running test: a phase of its own, and a verdict that rests on the last."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from analysis.estimate import Estimate
from experiments import audit, process_draft, report
from experiments.check import CheckName
from experiments.enrolment import assignments
from experiments.experiment import DefiningAction, Experiment
from experiments.following import version_of_rep
from experiments.health_report import health_on
from experiments.ingest import ingest_events
from experiments.opening import open_early
from experiments.people import Rep
from experiments.phases import Change, Phase, begin_phase, ended_phases
from experiments.plan import frozen_plan, hash_of
from experiments.problem import Refused
from experiments.process import ProcessVersion
from tests.experiments.conftest import PROCESS, Tell
from tests.experiments.worlds import LATER, primary

CHANGED = datetime.fromisoformat("2026-03-22T12:00:00+00:00")
REASON = "The script had a wrong price."


@pytest.fixture
def mended(session: Session, now: datetime) -> ProcessVersion:
    """Another process, that reps may follow from the change on."""
    draft = process_draft.checked(PROCESS | {"name": "Mended"})
    return process_draft.create(session, draft, now=now)


def change(**more: Any) -> Change:
    return replace(Change({"demo-first": "mended@1"}, REASON), **more)


def sold(reps: list[Rep], tell: Tell, day: int, won: dict[str, int]) -> list[dict[str, Any]]:
    """Ten leads a rep that begin on a day, of which so many are won two days later."""
    events = []
    for rep in reps:
        for n in range(10):
            lead, ends = f"{rep.external_id}-{day}-{n}", n < won[rep.external_id]
            events.append(tell(lead, day=day, type="created", owner_id=rep.external_id))
            events.append(tell(lead, "Won" if ends else "Lost", day=day + 2))
    return events


@pytest.fixture
def two_phases(
    session: Session, running: Experiment, reps: list[Rep], tell: Tell, mended: ProcessVersion
) -> Experiment:
    """Before the change all reps win 2 of 10 leads, after it the treatment's some 6 more."""
    split = assignments(session, running)
    treated = running.variants[1].id
    before = {rep.external_id: 2 for rep in reps}
    after = {
        rep.external_id: (8 if split[rep.external_id] == treated else 2) + at % 2
        for at, rep in enumerate(reps)
    }
    ingest_events(session, sold(reps, tell, 5, before), now=CHANGED - timedelta(days=1))
    begin_phase(session, running, change(), by=None, now=CHANGED)
    ingest_events(session, sold(reps, tell, 25, after), now=LATER)
    return running


def test_the_verdict_rests_on_the_leads_of_the_last_phase(
    session: Session, two_phases: Experiment
) -> None:
    read = report.build(session, two_phases, now=LATER)

    (comparison,) = primary(read).comparisons
    (phase,) = read.earlier
    assert isinstance(comparison.result, Estimate)
    assert comparison.result.effect == pytest.approx(0.6, abs=0.11)
    assert (read.enrolled, read.matured, phase.enrolled) == (80, 80, 80)
    (before,) = phase.comparisons
    # All reps won as many: nothing tells what chance does.
    assert before.result.as_dict() == {"not_estimable": "no_variation"}
    assert phase.changed == (("Demo first", "discovery-first@1", "mended@1"),)
    assert (phase.reason, phase.by) == (REASON, "")
    assert health_on(session, two_phases, now=LATER).groups[0].enrolled == 40


def test_what_was_planned_is_kept_with_its_hash(
    session: Session, running: Experiment, reps: list[Rep], mended: ProcessVersion
) -> None:
    first, hashed = running.plan, running.plan_hash

    plan = begin_phase(session, running, change(), by=None, now=CHANGED)

    (phase,) = ended_phases(session, running)
    assert (phase.plan, phase.plan_hash) == (first, hashed)
    assert running.plan_hash == hash_of(plan.text()) != hashed
    assert frozen_plan(running) == plan
    assert (plan.phase, plan.begins_at, plan.split) == (2, CHANGED, phase.planned.split)
    assert audit.entries(session, running.key)[-1].detail == f"2: {REASON}"
    split, treated = assignments(session, running), running.variants[1].id
    one = next(rep for rep in reps if split[rep.external_id] == treated)
    assert version_of_rep(session, one, now=CHANGED) == mended


def test_a_kept_plan_that_is_written_over_is_noticed(
    session: Session, two_phases: Experiment
) -> None:
    assert report.build(session, two_phases, now=LATER).healthy
    session.execute(update(Phase).values(plan=Phase.plan + " "))
    session.expire_all()
    read = report.build(session, two_phases, now=LATER)
    assert [each.name for each in read.checks if each.prevents] == [CheckName.PLAN]


def test_a_second_change_begins_a_third_phase(
    session: Session, two_phases: Experiment, tell: Tell, reps: list[Rep]
) -> None:
    again = change(processes={"demo-first": "discovery-first@1"})
    begin_phase(session, two_phases, again, by=None, now=CHANGED + timedelta(days=10))
    # Told late: of the first phase all the same.
    late = sold(reps[:1], tell, 6, {reps[0].external_id: 3})
    ingest_events(session, late, now=LATER)
    read = report.build(session, two_phases, now=LATER)
    assert [(each.number, each.enrolled) for each in read.earlier] == [(1, 90), (2, 80)]
    assert (read.plan.phase, read.enrolled) == (3, 0)
    assert read.earlier[1].changed == (("Demo first", "mended@1", "discovery-first@1"),)


def test_enrolment_may_go_on_for_longer(
    session: Session, running: Experiment, mended: ProcessVersion
) -> None:
    begin_phase(session, running, change(until=date(2026, 6, 30)), by=None, now=CHANGED)
    # The company is in Berlin.
    assert running.enrol_until_at == datetime.fromisoformat("2026-06-30T22:00:00+00:00")
    assert frozen_plan(running).enrol_until_at == "2026-06-30T22:00:00+00:00"


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (change(reason="  "), "reason: Write down why the test is changed."),
        (change(processes={}), "processes: Nothing would change: choose another version."),
        (
            change(processes={"demo-first": "nowhere@1", "c": "mended@1"}),
            "processes.demo-first: There is no process version nowhere@1.; "
            "processes.c: There is no variant c.",
        ),
        (change(until=date(2026, 3, 21)), "enrol_until: 2026-03-21 is over"),
    ],
)
def test_a_change_that_cannot_be_is_refused_at_its_field(
    asked: Change, says: str, session: Session, running: Experiment, mended: ProcessVersion
) -> None:
    with pytest.raises(Refused) as refusal:
        begin_phase(session, running, asked, by=None, now=CHANGED)
    assert says in "; ".join(map(str, refusal.value.problems))
    assert ended_phases(session, running) == []


def test_a_process_must_have_what_the_test_looks_for(
    session: Session, running: Experiment, mended: ProcessVersion, now: datetime
) -> None:
    stages = [each | {"actions": []} for each in PROCESS["stages"] if each["name"] != "Offer"]
    bare = process_draft.checked(PROCESS | {"name": "Bare", "stages": stages})
    process_draft.create(session, bare, now=now)
    running.milestone = running.milestone.PROPOSAL
    running.variants[1].defining = [
        DefiningAction(variant_id=running.variants[1].id, key="qualify.discovery-call")
    ]
    session.flush()
    with pytest.raises(Refused) as refusal:
        begin_phase(
            session, running, change(processes={"demo-first": "bare@1"}), by=None, now=CHANGED
        )
    assert [each.text for each in refusal.value.problems] == [
        "bare@1 has no stage for the milestone proposal.",
        "bare@1 has no action qualify.discovery-call, by which the test tells what was followed.",
    ]


def test_a_test_whose_effects_were_seen_cannot_be_changed(
    session: Session, running: Experiment, mended: ProcessVersion
) -> None:
    open_early(session, running, by=None, now=CHANGED)
    with pytest.raises(Refused, match="were seen already"):
        begin_phase(session, running, change(), by=None, now=CHANGED)


def test_a_test_that_is_not_under_way_cannot_be_changed(
    session: Session, running: Experiment, mended: ProcessVersion
) -> None:
    with pytest.raises(Refused, match="whose enrolment is under way"):
        begin_phase(session, running, change(), by=None, now=LATER)
