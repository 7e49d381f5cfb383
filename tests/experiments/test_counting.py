"""Counts per variant and rep, from the events of a running experiment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from experiments.counting import RepCount, Window, count
from experiments.enrolment import assignments
from experiments.experiment import Experiment
from experiments.ingest import ingest_events
from experiments.people import Rep
from experiments.process import Milestone
from tests.experiments.conftest import Tell

LATER = datetime(2026, 9, 1, tzinfo=UTC)


def begin(tell: Tell, lead_id: str, rep: Rep, *, day: float) -> dict[str, object]:
    return tell(lead_id, day=day, type="created", owner_id=rep.external_id)


def counted(
    session: Session,
    found: Experiment,
    *,
    through: datetime = LATER,
    as_of: datetime = LATER,
) -> list[RepCount]:
    window = Window(found.id, found.horizon_days, complete_through=through, as_of=as_of)
    return count(session, window)


def test_milestones_count_when_ever_reached_by_the_horizon(
    session: Session, running: Experiment, reps: list[Rep], tell: Tell
) -> None:
    events = [
        begin(tell, "L1", reps[0], day=1),
        tell("L1", "Qualify", day=2),
        tell("L1", "Offer", day=3),
        tell("L1", "Qualify", day=4),
        begin(tell, "L2", reps[0], day=1),
        tell("L2", "Demo", day=31),
        tell("L2", "Won", day=31.01),
    ]
    ingest_events(session, events, now=LATER)

    row = counted(session, running)[0]

    assert (row.enrolled, row.matured) == (2, 2)
    # L2's demo falls on the last moment of its thirty days; its win comes after.
    assert row.reached == {
        Milestone.QUALIFIED: 1,
        Milestone.DEMO: 1,
        Milestone.PROPOSAL: 1,
        Milestone.WON: 0,
    }


def test_won_is_the_state_on_the_last_day_of_the_horizon(
    session: Session, running: Experiment, reps: list[Rep], tell: Tell
) -> None:
    ways = {
        "stays": [("Won", 5)],
        "reopened": [("Won", 5), ("Offer", 9)],
        "won-again": [("Won", 5), ("Offer", 9), ("Won", 20)],
        "reopened-late": [("Won", 5), ("Offer", 40)],
        "same-day": [("Lost", 6), ("Won", 6)],
    }
    events = [begin(tell, lead_id, reps[0], day=1) for lead_id in ways]
    events += [
        tell(lead_id, stage, day=day) for lead_id, way in ways.items() for stage, day in way
    ]
    ingest_events(session, events, now=LATER)

    row = counted(session, running)[0]

    assert row.reached[Milestone.WON] == 4
    assert (row.enrolled, row.open) == (5, 1)


def test_only_matured_leads_count_as_reached(
    session: Session, running: Experiment, reps: list[Rep], tell: Tell
) -> None:
    events = [begin(tell, "L1", reps[0], day=1), begin(tell, "L2", reps[0], day=10)]
    events += [tell(lead_id, "Won", day=12) for lead_id in ("L1", "L2")]
    ingest_events(session, events, now=LATER)
    l1_matures = datetime.fromisoformat(str(events[0]["occurred_at"])) + timedelta(days=30)

    before = counted(session, running, through=l1_matures - timedelta(microseconds=1))[0]
    after = counted(session, running, through=l1_matures)[0]

    assert (before.enrolled, before.matured, before.reached[Milestone.WON]) == (2, 0, 0)
    assert (after.enrolled, after.matured, after.reached[Milestone.WON]) == (2, 1, 1)


def test_a_past_day_is_counted_as_it_was_known_then(
    session: Session, running: Experiment, reps: list[Rep], tell: Tell
) -> None:
    ingest_events(session, [begin(tell, "L1", reps[0], day=1)], now=LATER - timedelta(days=2))
    late = tell("L1", "Won", day=3)
    ingest_events(session, [late], now=LATER - timedelta(days=1))
    void = tell("L1", day=4, type="voided", voids=late["source_id"])
    ingest_events(session, [void], now=LATER)

    wins = [
        counted(session, running, as_of=LATER - timedelta(days=days))[0].reached[Milestone.WON]
        for days in (2, 1, 0)
    ]

    assert wins == [0, 1, 0]


def test_a_lead_counts_for_the_rep_who_had_it_first(
    session: Session, running: Experiment, reps: list[Rep], tell: Tell
) -> None:
    events = [
        begin(tell, "L1", reps[0], day=1),
        tell("L1", day=2, type="owner_changed", owner_id=reps[1].external_id),
        tell("L1", "Won", day=3, owner_id=reps[1].external_id),
    ]
    ingest_events(session, events, now=LATER)

    row = counted(session, running)[0]

    assert (row.rep_id, row.reached[Milestone.WON]) == (reps[0].id, 1)
    assert row.variant_id == assignments(session, running)[reps[0].external_id]
