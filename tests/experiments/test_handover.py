"""A rep who leaves: the day, and the open leads, which tests keep."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from experiments import audit, handover
from experiments.deed import Deed
from experiments.enrolment import Enrolment
from experiments.experiment import Experiment
from experiments.ingest import ingest_events
from experiments.people import Rep
from experiments.problem import NotFound, Refused
from experiments.users import User
from tests.experiments.conftest import Tell

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def leads(
    session: Session, running: Experiment, reps: list[Rep], tell: Tell, now: datetime
) -> datetime:
    """Three open leads and a won one of the first rep, all in the test; the moment after."""
    later = now + timedelta(days=5)
    events = []
    for at, stage in enumerate(("", "New", "Demo", "Won")):
        lead_id = f"L{at}"
        events.append(tell(lead_id, day=1, type="created", owner_id=reps[0].external_id))
        if stage:
            events.append(tell(lead_id, stage, day=2))
    ingest_events(session, events, now=later)
    return later


def test_open_leads_go_to_others_in_turn_and_tests_keep_them(
    session: Session, reps: list[Rep], leads: datetime, manager: User
) -> None:
    kept = select(Enrolment.lead_id, Enrolment.rep_id, Enrolment.variant_id).order_by(Enrolment.id)
    before = session.execute(kept).all()
    assert len(before) == 4
    deed = Deed("mark-of-a-hand-over", manager, leads)

    assert handover.hand_over(session, reps[0], reps[1:3], reason="Left", deed=deed) == 3
    assert handover.hand_over(session, reps[0], reps[1:3], deed=deed) == 0

    assert [len(handover.open_leads(session, each)) for each in reps[:3]] == [0, 2, 1]
    assert session.execute(kept).all() == before
    [part] = handover.taking_part(session, reps[0])
    assert (part.enrolled, part.given_away, len(part.variants)) == (4, 3, 1)
    acts = [each.act for each in audit.entries(session, f"rep:{reps[0].external_id}")]
    assert acts == ["handed over"] * 2


def test_leads_are_given_only_to_reps_who_are_here(
    session: Session, reps: list[Rep], leads: datetime, manager: User
) -> None:
    reps[1].left_at = leads
    for to in ([], [reps[0]], [reps[1]]):
        with pytest.raises(Refused, match="Choose who takes"):
            handover.hand_over(session, reps[0], to, deed=Deed("m" * 16, manager, leads))
    deed = Deed("m" * 16, manager, leads)
    with pytest.raises(Refused, match="at most 2000"):
        handover.hand_over(session, reps[0], [reps[2]], reason="x" * 2001, deed=deed)
    assert len(handover.open_leads(session, reps[0])) == 3


@pytest.mark.parametrize(
    ("days", "said"), [(1, "is to come"), (-400, "not here yet"), (None, "is no day")]
)
def test_a_last_day_that_cannot_be_is_refused(
    session: Session, reps: list[Rep], manager: User, now: datetime, days: int | None, said: str
) -> None:
    day = "soon" if days is None else (now + timedelta(days=days)).date().isoformat()
    with pytest.raises(Refused, match=said):
        handover.leave(session, reps[0], day, zone=BERLIN, deed=Deed("m" * 16, manager, now))
    assert reps[0].left_at is None


def test_a_rep_leaves_and_comes_back(
    session: Session, reps: list[Rep], manager: User, now: datetime
) -> None:
    deed = Deed("m" * 16, manager, now)
    handover.leave(session, reps[0], now.date().isoformat(), zone=BERLIN, deed=deed)
    assert (reps[0].left_at, handover.leavers(session)) == (now, [reps[0]])
    handover.leave(session, reps[0], "", zone=BERLIN, deed=deed)
    assert handover.leavers(session) == []
    with pytest.raises(NotFound):
        handover.rep_by_id(session, 0)
