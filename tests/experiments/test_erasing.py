"""Erasing a lead's words leaves every count, and repeats stay repeats."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from experiments import audit, moving
from experiments.erasing import ERASED, erase, erasures
from experiments.events import Event, history
from experiments.ingest import ingest_events
from experiments.leads import Lead
from experiments.personal_data import known_of_lead
from experiments.records import EventRecord
from experiments.users import User
from tests.experiments.conftest import Tell
from tests.experiments.moving_world import By


def test_a_leads_words_go_and_its_way_stays(
    session: Session, found: Lead, rep_user: User, tell: Tell, by: By, now: datetime
) -> None:
    told = tell("L1", "Nowhere", day=3, reason="Northwind said no")
    ingest_events(session, [told], now=now + timedelta(days=10))
    moving.skip(
        session, found, "qualify.discovery-call", reason="Ada Northwind is ill", deed=by(rep_user)
    )
    deed = by(rep_user, days=1)
    moving.move(session, found, "demo", seen="qualify", met=[], reason="Ask Northwind", deed=deed)
    before = [(each.type, each.stage_id, each.occurred_at) for each in history(session, found)]

    gone = erase(session, found, by=rep_user, now=deed.now)
    erase(session, found, by=None, now=deed.now)

    assert (gone.events, gone.waiting) == (len(before), 1)
    known = str(known_of_lead(session, found))
    assert "Northwind" not in known
    assert ERASED in known
    after = [(each.type, each.stage_id, each.occurred_at) for each in history(session, found)]
    assert after == before
    assert [each.by for each in erasures(session)] == [None, rep_user]
    assert "erased personal data" in [each.act for each in audit.entries(session, "lead:L1")]
    for payload in session.scalars(select(Event.payload)):
        assert "Northwind" not in payload
        EventRecord.model_validate_json(payload)


def test_a_repeat_of_what_was_erased_stays_a_repeat(
    session: Session, found: Lead, rep_user: User, tell: Tell, now: datetime
) -> None:
    later = now + timedelta(days=11)
    told = tell("L1", "Demo", day=9, reason="Northwind agreed")
    ingest_events(session, [told], now=later)
    erase(session, found, by=None, now=later)

    result = ingest_events(session, [told], now=later)

    assert (result.accepted, result.duplicates, found.name) == (0, 1, "")
