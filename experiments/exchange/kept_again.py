"""Kept records whose lead began meanwhile: tried again.

A record and the beginning of its lead may come to two servers at the same moment; each then
sees the other's work too late.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from experiments.events import Kept, KeptRecord
from experiments.ingest import replay
from experiments.jobs import Store
from experiments.leads import Lead

PORTION = 500


def place_due(store: Store, now: datetime) -> int:
    """Place what can be placed. Returns how many records were."""
    wanted = (
        select(KeptRecord.lead_ref)
        .join(Lead, Lead.external_id == KeptRecord.lead_ref)
        .where(KeptRecord.why == Kept.UNKNOWN_LEAD, KeptRecord.placed_at.is_(None))
        .distinct()
        .limit(PORTION)
    )
    with store.reading() as session:
        leads = session.scalars(wanted).all()
    if not leads:
        return 0
    with store.writing() as session:
        return replay(session, now=now, leads=leads)
