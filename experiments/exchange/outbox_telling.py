"""Telling a program of all that takes part already, such as when it was connected later."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from experiments.enrolment import Enrolment
from experiments.exchange.connections import Connection
from experiments.exchange.outbox_notes import tell_enrolled
from experiments.experiment import launched

BATCH = 1000


def tell_all(session: Session, to: Connection, *, now: datetime) -> int:
    """Write down which variant every enrolled lead follows. Returns how many messages that is."""
    if not (to.writes and to.variant_field):
        return 0
    made = 0
    for found in launched(session):
        wanted = select(Enrolment.lead_id, Enrolment.variant_id)
        rows = session.execute(wanted.where(Enrolment.experiment_id == found.id)).all()
        for at in range(0, len(rows), BATCH):
            told = rows[at : at + BATCH]
            made += tell_enrolled(session, found, dict(told), now=now, to=[to])
    return made
