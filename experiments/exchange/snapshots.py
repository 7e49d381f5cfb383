"""Snapshots of a lead as events: only what differs from what stood before is one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from experiments.events import Event, EventType, Source
from experiments.ingest import Row
from experiments.leads import Lead
from experiments.records import EventRecord

# What a snapshot tells of, by the field that says it.
_TOLD = {
    EventType.STAGE_ENTERED: "stage",
    EventType.OWNER_CHANGED: "owner_id",
    EventType.VALUE_CHANGED: "value",
}
# A lead, and one thing about it that changes.
_Thread = tuple[str, EventType]
_Told = tuple[datetime, Any]


def without_what_stands(session: Session, rows: list[Row], *, snapshots: bool) -> list[Row]:
    """Leave out beginnings of leads that have begun and, of snapshots, what stood before.

    Sources tell how a lead began as often as they like, with the name that it has by now.
    """
    begun = _begun(session, rows)
    new = [
        row for row in rows if row[1].type is not EventType.CREATED or row[1].lead_id not in begun
    ]
    return _moves_only(session, new) if snapshots else new


def _begun(session: Session, rows: Iterable[Row]) -> set[str]:
    ids = {record.lead_id for _, record in rows if record.type is EventType.CREATED}
    wanted = select(Lead.external_id).where(
        Lead.external_id.in_(ids), Lead.created_at.is_not(None)
    )
    return set(session.scalars(wanted))


def _moves_only(session: Session, rows: list[Row]) -> list[Row]:
    threads = _told_before(session, rows)
    kept = []
    for row in sorted(rows, key=lambda row: row[1].occurred_at):
        record = row[1]
        field = _TOLD.get(record.type)
        if field is None:
            kept.append(row)
            continue
        thread = threads[record.lead_id, record.type]
        before = [said for at, said in thread if at <= record.occurred_at]
        said = _said(record, field)
        if before and before[-1] == said:
            continue
        thread.append((record.occurred_at, said))
        thread.sort(key=lambda told: told[0])
        kept.append(row)
    return kept


def _told_before(session: Session, rows: Iterable[Row]) -> dict[_Thread, list[_Told]]:
    """What this source told of these leads, by what it is about, in order of time."""
    sources = {record.source for _, record in rows}
    leads = {record.lead_id for _, record in rows}
    wanted = (
        select(Event.payload)
        .join(Source, Event.source_id == Source.id)
        .join(Lead, Event.lead_id == Lead.id)
        .where(Source.name.in_(sources), Lead.external_id.in_(leads))
        .order_by(Event.occurred_at, Event.id)
    )
    threads: dict[_Thread, list[_Told]] = defaultdict(list)
    for payload in session.scalars(wanted):
        record = EventRecord.model_validate_json(payload)
        if field := _TOLD.get(record.type):
            thread = threads[record.lead_id, record.type]
            thread.append((record.occurred_at, _said(record, field)))
    return threads


def _said(record: EventRecord, field: str) -> Any:
    said = getattr(record, field)
    return said.casefold() if isinstance(said, str) else said
