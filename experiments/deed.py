"""One act of one person on a lead, and the event that it becomes.

A rep who acts is the event's actor. Managers are no reps: what they did is in the audit, under
the event's reference.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from experiments import audit
from experiments.events import SITE, Event, EventType, Source
from experiments.ingest import ingest
from experiments.leads import Lead
from experiments.people import rep_of_user
from experiments.problem import Refused, problem
from experiments.records import EventRecord
from experiments.users import User

LONGEST_REASON = 2000
_MARK = re.compile(r"[A-Za-z0-9_-]{16,64}")


@dataclass(frozen=True, slots=True)
class Deed:
    """One act of one person.

    Args:
        mark: Of the form that asked for it; a form that is sent twice acts once.
        by: Who acts.
        now: When.
    Raises:
        Refused: for a mark that no form of ours carries.
    """

    mark: str
    by: User
    now: datetime

    def __post_init__(self) -> None:
        if not _MARK.fullmatch(self.mark):
            text = "This form is incomplete. Open the page again and repeat."
            raise Refused(problem("", text))

    def reference(self, what: object) -> str:
        """The event's id in its source."""
        return f"{self.mark}:{what}"


def hold(session: Session, lead: Lead) -> None:
    """Wait until nobody else is changing the lead, and see it as they left it."""
    session.refresh(lead, with_for_update=True)


def stored_as(session: Session, reference: str) -> Event | None:
    """The event that the site stored under a reference."""
    wanted = select(Event).join(Source).where(Source.name == SITE)
    return session.scalar(wanted.where(Event.source_ref == reference))


def void(session: Session, lead: Lead, event: Event, deed: Deed) -> None:
    """Take an event back."""
    reference = f"void:{event.id}"
    store(session, lead, reference, deed, type=EventType.VOIDED, voids=event.source_ref)


def store(session: Session, lead: Lead, reference: str, deed: Deed, **said: Any) -> None:
    """Store what a deed says as an event; of one who is no rep, in the audit too."""
    rep = rep_of_user(session, deed.by.id)
    record = EventRecord.model_validate(
        {
            "source": SITE,
            "source_id": reference,
            "lead_id": lead.external_id,
            "occurred_at": _moment(session, lead, deed.now),
            "actor_id": rep.external_id if rep else None,
            **said,
        }
    )
    result = ingest(session, [(0, record)], now=deed.now)
    if result.rejected:
        raise Refused(result.rejected[0].problem)
    if rep is None:
        subject = subject_of(lead)
        audit.record(session, said["type"], subject, by=deed.by, now=deed.now, detail=reference)


def subject_of(lead: Lead) -> str:
    """What the audit calls a lead."""
    return f"lead:{lead.external_id}"


def _moment(session: Session, lead: Lead, now: datetime) -> datetime:
    # A source's clock may run ahead of ours; what is done now comes after what it told.
    told = session.scalar(select(func.max(Event.occurred_at)).where(Event.lead_id == lead.id))
    return max(each for each in (now, told, lead.created_at) if each)
