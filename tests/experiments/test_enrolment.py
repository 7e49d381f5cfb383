"""Which leads enrol, when, and which process a lead follows."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from experiments import process_draft
from experiments.enrolment import Enrolment
from experiments.events import count_kept
from experiments.experiment import Experiment
from experiments.ingest import ingest_events
from experiments.leads import lead
from experiments.people import Rep
from experiments.process import ProcessVersion, adopt
from tests.experiments.conftest import Tell

LATER = timedelta(days=100)


def begin(tell: Tell, lead_id: str, rep: Rep, *, day: float, **more: Any) -> dict[str, Any]:
    return tell(lead_id, day=day, type="created", owner_id=rep.external_id, **more)


def test_a_lead_enrols_when_it_first_gets_an_owner_and_only_once(
    session: Session, running: Experiment, reps: list[Rep], tell: Tell, now: datetime
) -> None:
    events = [
        tell("L1", day=1, type="created"),
        tell("L1", day=3, type="owner_changed", owner_id=reps[2].external_id),
        tell("L1", day=5, type="owner_changed", owner_id=reps[3].external_id),
    ]
    ingest_events(session, events, now=now + LATER)

    enrolled = session.scalars(select(Enrolment)).one()

    assert enrolled.rep_id == reps[2].id
    assert enrolled.enrolled_at == datetime.fromisoformat(events[1]["occurred_at"])


def test_leads_open_before_launch_or_after_enrolment_stay_out(
    session: Session, running: Experiment, reps: list[Rep], tell: Tell, now: datetime
) -> None:
    events = [
        begin(tell, "old", reps[0], day=-3),
        tell("waiting", day=-3, type="created"),
        tell("waiting", day=3, type="owner_changed", owner_id=reps[0].external_id),
        begin(tell, "late", reps[0], day=60),
        begin(tell, "in", reps[0], day=3),
    ]

    result = ingest_events(session, events, now=now + LATER)

    assert result.accepted == 5
    assert session.scalars(select(Enrolment.lead_id)).all() == [lead(session, "in").id]


def test_a_lead_without_an_owner_follows_a_process_once_it_has_one(
    session: Session, running: Experiment, reps: list[Rep], tell: Tell, now: datetime
) -> None:
    begun = [tell("L1", day=1, type="created"), tell("L1", "Qualify", day=2)]
    assert ingest_events(session, begun, now=now + LATER).accepted == 1
    assert lead(session, "L1").version_id is None

    owned = tell("L1", day=3, type="owner_changed", owner_id=reps[0].external_id)
    ingest_events(session, [owned], now=now + LATER)

    assert lead(session, "L1").version_id == running.variants[0].version_id
    assert count_kept(session) == {}
    assert lead(session, "L1").stage is not None


def test_a_lead_that_comes_after_enrolment_follows_its_owners_variant(
    session: Session,
    running: Experiment,
    version: ProcessVersion,
    reps: list[Rep],
    tell: Tell,
    now: datetime,
) -> None:
    draft = process_draft.draft_of(version).model_copy(update={"key": "other", "name": "Other"})
    other = process_draft.create(session, draft, now=now)
    adopt(session, "inbound", other, now=now)

    late = begin(tell, "late", reps[0], day=70)
    ingest_events(session, [late], now=now + LATER)

    assert lead(session, "late").version_id == version.id
