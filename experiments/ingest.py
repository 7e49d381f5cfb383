"""Records into events: what is new is stored, repeats are counted, the rest is listed.

A batch is taken in passes, so that the order of its rows does not matter: leads begin
and get their owners; then they move; then errors are voided.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from experiments.admission import enrol
from experiments.company import the_company
from experiments.events import Event, EventType, Kept, KeptRecord, refresh
from experiments.exchange.outbox_notes import tell_tasks
from experiments.following import give_versions
from experiments.ingest_lookup import Lookup
from experiments.placing import (
    CLOCK_TOLERANCE,
    Unplaceable,
    beginnings,
    event_row,
    refuse_impossible,
)
from experiments.problem import Problem, Refused, problem
from experiments.records import EventRecord, read_event, read_lead
from experiments.store.bulk import add_rows


@dataclass(frozen=True, slots=True)
class Rejection:
    """A record that did not become an event; a kept one waits for a person, for `why`."""

    index: int
    problem: Problem
    why: Kept | None = None

    @property
    def kept(self) -> bool:
        """Whether it waits."""
        return self.why is not None

    @property
    def word(self) -> str:
        """What was not understood."""
        return str(next(iter(self.problem.values.values()), ""))[:200]


@dataclass(slots=True)
class Ingested:
    """What became of a batch; every record is in exactly one of the three."""

    accepted: int = 0
    duplicates: int = 0
    rejected: list[Rejection] = field(default_factory=list)


EVENTS = Event.metadata.tables[Event.__tablename__]

# What says whose a lead is, and so which process it follows.
_OWNING = (EventType.CREATED, EventType.OWNER_CHANGED)

# Kinds that are stored by themselves, before the others or after them.
_APART = frozenset((*_OWNING, EventType.VOIDED))

# A record's place in what was sent, and the record.
Row = tuple[int, EventRecord]


def ingest_events(
    session: Session, written: Sequence[Mapping[str, Any]], *, now: datetime
) -> Ingested:
    """Take events as `POST /api/v1/events` gives them; good ones stay whatever the others are."""
    return _ingest_written(session, written, now, read_event)


def ingest_leads(
    session: Session, written: Sequence[Mapping[str, Any]], *, source: str, now: datetime
) -> Ingested:
    """Take leads as `POST /api/v1/leads` gives them."""

    def read(each: Mapping[str, Any], *, zone: ZoneInfo) -> EventRecord:
        return read_lead(each, zone=zone).event(source)

    return _ingest_written(session, written, now, read)


def ingest(session: Session, rows: Iterable[Row], *, now: datetime) -> Ingested:
    """Take records with the places they had in what was sent."""
    batch = _Batch(session, now)
    begun = batch.take(list(rows))
    if begun:
        replay(session, now=now, leads=begun)
    tell_tasks(session, sorted(batch.touched), now=now)
    batch.result.rejected.sort(key=lambda rejection: rejection.index)
    return batch.result


def replay(session: Session, *, now: datetime, leads: Sequence[str] | None = None) -> int:
    """Try kept records again: all, or those of these leads. Returns how many were placed."""
    wanted = select(KeptRecord).where(
        KeptRecord.placed_at.is_(None), KeptRecord.why != Kept.CONFLICT
    )
    if leads is not None:
        wanted = wanted.where(KeptRecord.lead_ref.in_(leads))
    waiting = list(session.scalars(wanted.order_by(KeptRecord.id)))
    if not waiting:
        return 0
    rows = [(at, EventRecord.model_validate_json(each.payload)) for at, each in enumerate(waiting)]
    batch = _Batch(session, now, again=True)
    batch.take(rows)
    unplaced = {rejection.index: rejection for rejection in batch.result.rejected}
    for index, rejection in unplaced.items():
        # What it lacks now may be something else: its lead is known, and its stage is not.
        waiting[index].why = rejection.why or Kept.IMPOSSIBLE
        waiting[index].word = rejection.word
    tell_tasks(session, sorted(batch.touched), now=now)
    placed = [each for at, each in enumerate(waiting) if at not in unplaced]
    for each in placed:
        each.placed_at = now
    session.flush()
    return len(placed)


def _ingest_written(
    session: Session,
    written: Sequence[Mapping[str, Any]],
    now: datetime,
    read: Callable[..., EventRecord],
) -> Ingested:
    zone = the_company(session).zone
    rows: list[Row] = []
    unread: list[Rejection] = []
    for index, each in enumerate(written):
        try:
            rows.append((index, read(each, zone=zone)))
        except Refused as refusal:
            unread.append(Rejection(index, refusal.problems[0]))
    result = ingest(session, rows, now=now)
    result.rejected = sorted([*unread, *result.rejected], key=lambda each: each.index)
    return result


class _Batch:
    """One batch being taken: the session, what it looks up, and what has come of it."""

    def __init__(self, session: Session, now: datetime, *, again: bool = False) -> None:
        self.session, self.now, self.again = session, now, again
        self.latest = now + CLOCK_TOLERANCE
        self.result = Ingested()
        self.touched: set[int] = set()
        self.lookup = Lookup(session)

    def take(self, rows: Sequence[Row]) -> list[str]:
        """Store what is new of these rows; returns the leads that began or got an owner."""
        self.lookup.load([record for _, record in rows])
        new = [row for row in rows if self._is_new(row) and self._is_possible(row)]
        begun = beginnings([record for _, record in new], self.lookup)
        self.lookup.add_leads(begun.leads, now=self.now)
        self._store([(-1, record) for record in begun.implied], begin=True)
        of_kind: dict[EventType | None, list[Row]] = {}
        for row in new:
            kind = row[1].type
            of_kind.setdefault(kind if kind in _APART else None, []).append(row)
        # Apart, so that a lead handed on within the batch follows its first owner's process.
        owned = [of_kind.get(kind, []) for kind in _OWNING]
        for each in owned:
            self._store(each, begin=True)
        self._store(of_kind.get(None, []))
        self._store(of_kind.get(EventType.VOIDED, []))
        owning = [record.lead_id for each in owned for _, record in each]
        return [*(record.lead_id for record in begun.leads), *owning]

    def _is_new(self, row: Row) -> bool:
        record, lookup = row[1], self.lookup
        reference = (lookup.source_ids[record.source], record.source_id)
        digest = record.digest()
        if not self.again and lookup.kept and (*reference, digest) in lookup.kept:
            self.result.duplicates += 1
            return False
        stored = lookup.digests.setdefault(reference, digest)
        if reference not in lookup.taken:
            lookup.taken.add(reference)
            return True
        if stored == digest:
            self.result.duplicates += 1
        else:
            text = "{ref} was sent before with other content."
            self._keep(row, Kept.CONFLICT, problem("source_id", text, ref=record.source_id))
        return False

    def _is_possible(self, row: Row) -> bool:
        index, record = row
        try:
            refuse_impossible(record, self.lookup, latest=self.latest)
        except Refused as refusal:
            self._reject(index, record, refusal)
            return False
        return True

    def _store(self, rows: Sequence[Row], *, begin: bool = False) -> None:
        events = [event for row in rows if (event := self._placed(row))]
        if not events:
            return
        # Into the table, not the entity: every row has every column, and nothing else is asked.
        add_rows(self.session, EVENTS, events)
        touched = sorted({event["lead_id"] for event in events})
        self.touched.update(touched)
        refresh(self.session, touched)
        if any(event["owner_id"] for event in events):
            enrol(self.session, now=self.now, lead_ids=touched)
        if begin:
            give_versions(self.session, touched, now=self.now)
            self.lookup.reload_leads(touched)

    def _placed(self, row: Row) -> dict[str, Any] | None:
        index, record = row
        try:
            event = event_row(record, self.lookup, now=self.now)
        except Refused as refusal:
            self._reject(index, record, refusal)
            return None
        except Unplaceable as lack:
            self._forget(record)
            self._keep(row, lack.why, lack.problem)
            return None
        self.result.accepted += index >= 0
        return event

    def _reject(self, index: int, record: EventRecord, refusal: Refused) -> None:
        self._forget(record)
        self.result.rejected.append(Rejection(index, refusal.problems[0]))

    def _forget(self, record: EventRecord) -> None:
        # A record that was not stored must not make a later one in the batch a repeat.
        reference = (self.lookup.source_id(record), record.source_id)
        self.lookup.taken.discard(reference)
        self.lookup.digests.pop(reference, None)

    def _keep(self, row: Row, why: Kept, found: Problem) -> None:
        index, record = row
        source_id, digest = self.lookup.source_id(record), record.digest()
        rejection = Rejection(index, found, why)
        self.result.rejected.append(rejection)
        if (source_id, record.source_id, digest) in self.lookup.kept:
            return
        self.lookup.kept.add((source_id, record.source_id, digest))
        kept = KeptRecord(source_id=source_id, source_ref=record.source_id, digest=digest)
        kept.lead_ref, kept.why, kept.recorded_at = record.lead_id, why, self.now
        kept.word = rejection.word
        kept.payload = record.model_dump_json(exclude_defaults=True)
        self.session.add(kept)
