"""Erasing what is personal about a lead, so that every count stays.

Events are never changed otherwise. Here their words go: names, reasons, and the rows as they came.
What, when and in which stage stays, and so do the lead's id, the digests by which a repeat is
known, and its place in tests: no figure of any test changes. Among the reasons for which leads are
lost it counts as erased.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from experiments import audit
from experiments.audit import AuditEntry
from experiments.events import SITE, Event, KeptRecord
from experiments.leads import Lead
from experiments.records import EventRecord
from experiments.users import User

# Stands where a reason stood, so that it can be told from none.
ERASED = "[erased]"
_ACT = "erased personal data"


@dataclass(frozen=True, slots=True)
class Erased:
    """How much was erased of a lead: events whose words went, and records that waited."""

    events: int
    waiting: int


def erase(session: Session, lead: Lead, *, by: User | None, now: datetime) -> Erased:
    """Erase a lead's name, the reasons in its events, and its records as they came.

    A second time is harmless, and takes what has come since.
    """
    session.refresh(lead, with_for_update=True)
    lead.name = ""
    events = list(session.scalars(select(Event).where(Event.lead_id == lead.id)))
    for event in events:
        event.payload = _without_words(event.payload, ours=event.source.name == SITE)
        event.reason = ERASED if event.reason else ""
    waiting = select(KeptRecord).where(KeptRecord.lead_ref == lead.external_id)
    kept = list(session.scalars(waiting))
    for record in kept:
        record.payload = _without_words(record.payload, ours=False)
    session.flush()
    subject = f"lead:{lead.external_id}"
    audit.record(session, "erased personal data", subject, by=by, now=now)
    return Erased(len(events), len(kept))


def erasures(session: Session) -> list[AuditEntry]:
    """What was erased, when and by whom, the latest first."""
    wanted = select(AuditEntry).where(AuditEntry.act == _ACT)
    return list(session.scalars(wanted.order_by(AuditEntry.id.desc()).limit(200)))


def _without_words(payload: str, *, ours: bool) -> str:
    """A record as it came, still to be read as one."""
    record = EventRecord.model_validate_json(payload)
    # What the site's own forms say beside a move are the process's words, not the lead's.
    kept = {"name": "", "origin": record.origin if ours else {}}
    kept["reason"] = ERASED if record.reason else ""
    return record.model_copy(update=kept).model_dump_json(exclude_defaults=True)
