"""Reading deliveries: what they say becomes events, what nobody understands is listed."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from experiments.company import the_company
from experiments.crm.adapters import ADAPTERS, Kind
from experiments.crm.push import Fault, Heard, Message, Said
from experiments.crm.salesforce_push import SHORT_ID
from experiments.delivery import heard_from
from experiments.exchange import inbox
from experiments.exchange.connections import Connection
from experiments.exchange.inbox import Delivery, Reading, Turn, Unclear
from experiments.exchange.snapshots import without_what_stands
from experiments.ingest import Row, ingest
from experiments.jobs import Store
from experiments.leads import Lead
from experiments.problem import Refused, problem
from experiments.process import version_of
from experiments.records import EventRecord, read_event

log = logging.getLogger("stagelift")

# How many deliveries one portion of work holds; others then have their turn.
PORTION = 20
# A delivery on which our own code failed is tried again, later and later.
SHORT_PAUSE = timedelta(seconds=1)
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=10), timedelta(hours=1)
MOST_FAULTS = 100


def read_due(store: Store, now: datetime) -> int:
    """Read what waits, each delivery in its own transaction. Returns how many were read."""
    with store.reading() as session:
        # Nobody takes the turn to write where nothing waits, as mostly nothing does.
        if not inbox.is_due(session, now=now):
            return 0
    for done in range(PORTION):
        if not _read_next(store, now):
            return done
    return PORTION


def read(session: Session, found: Delivery, *, now: datetime) -> Reading:
    """Read a delivery, for the first time or again; what it told before is a repeat."""
    try:
        heard = _heard(session, found)
    except Refused as refusal:
        heard = Heard(faults=[Fault(1, each) for each in refusal.problems])
    return _take(session, found, heard, now)


def _read_next(store: Store, now: datetime) -> bool:
    with store.writing() as session:
        turn = inbox.next_turn(session, now=now)
        if turn is None:
            return False
        delivery_id = turn.delivery_id
        try:
            with session.begin_nested():
                read(session, inbox.delivery(session, delivery_id), now=now)
                session.delete(turn)
        except (IntegrityError, OperationalError) as error:
            if not isinstance(error, IntegrityError) and "deadlock" not in str(error.orig):
                raise
            # Another worker told of the same lead at the same moment; ours comes after it.
            turn.due_at = now + SHORT_PAUSE
        except Exception:
            # One that our code cannot read must not keep the others from being read.
            log.exception("delivery %s could not be read", delivery_id)
            _postpone(session, turn, now)
        return True


def _postpone(session: Session, turn: Turn, now: datetime) -> None:
    turn.due_at = now + min(FIRST_PAUSE * 2 ** min(turn.tries, 20), LONGEST_PAUSE)
    turn.tries += 1
    fault = problem("", "The fault is ours and has been written down; it is tried again.")
    _keep_reading(session, turn.delivery_id, now, [Fault(1, fault)])


def _heard(session: Session, found: Delivery) -> Heard:
    of, company = found.connection, the_company(session)
    message = Message(
        body=found.body,
        received_at=found.received_at,
        source=of.name,
        currency=company.currency,
        id=found.message_id,
    )
    return ADAPTERS[of.kind].read(message)


def _take(session: Session, found: Delivery, heard: Heard, now: datetime) -> Reading:
    of = found.connection
    rows = _rows(heard, zone=the_company(session).zone)
    if of.kind is Kind.SALESFORCE:
        rows = _with_known_ids(session, rows)
    rows = _with_processes(session, of, rows, heard.pipelines)
    passed = len(rows)
    rows = without_what_stands(session, rows, snapshots=ADAPTERS[of.kind].snapshots)
    passed -= len(rows)
    result = ingest(session, rows, now=now)
    heard.faults += [Fault(r.index, r.problem) for r in result.rejected if not r.kept]
    heard_from(session, of.name, found.received_at)
    reading = _keep_reading(session, found.id, now, heard.faults)
    reading.accepted, reading.repeated = result.accepted, result.duplicates
    reading.waiting = sum(each.kept for each in result.rejected)
    reading.passed = heard.passed + passed
    session.flush()
    return reading


def _rows(heard: Heard, *, zone: ZoneInfo) -> list[Row]:
    rows: list[Row] = []
    for said in heard.said:
        try:
            rows.append((said.place, read_event(_in_bounds(said), zone=zone)))
        except Refused as refusal:
            heard.doubt(said.place, refusal)
    return rows


def _in_bounds(said: Said) -> Mapping[str, object]:
    # A name longer than ours may be is cut; ids never are.
    name = said.event.get("name")
    return {**said.event, "name": name[:200]} if isinstance(name, str) else said.event


def _with_known_ids(session: Session, rows: list[Row]) -> list[Row]:
    """Salesforce's reports write an id with 15 characters: a lead known by that keeps it."""
    short = {record.lead_id[:SHORT_ID] for _, record in rows}
    known = set(session.scalars(select(Lead.external_id).where(Lead.external_id.in_(short))))
    return [(place, _shortened(record, known)) for place, record in rows]


def _shortened(record: EventRecord, known: set[str]) -> EventRecord:
    short = record.lead_id[:SHORT_ID]
    return record.model_copy(update={"lead_id": short}) if short in known else record


def _with_processes(
    session: Session, of: Connection, rows: list[Row], pipelines: Mapping[str, str]
) -> list[Row]:
    """Let new leads follow what was said of their pipeline, where something was."""
    said = {each.word: each.process.key for each in of.pipelines if each.process}
    follows = {lead: said[word] for lead, word in pipelines.items() if word in said}
    if follows:
        _follow(session, follows)
    return [
        (place, record.model_copy(update={"process": follows[record.lead_id]}))
        if record.type == "created" and record.lead_id in follows
        else (place, record)
        for place, record in rows
    ]


def _follow(session: Session, follows: Mapping[str, str]) -> None:
    """A lead that began before its pipeline was told, and follows nothing yet."""
    wanted = select(Lead).where(Lead.external_id.in_(follows), Lead.version_id.is_(None))
    for lead in session.scalars(wanted):
        lead.version_id = version_of(session, follows[lead.external_id]).id
    session.flush()


def _keep_reading(
    session: Session, delivery_id: int, now: datetime, faults: Iterable[Fault]
) -> Reading:
    inbox.forget_reading(session, delivery_id)
    session.expire_all()
    found = list(faults)
    reading = Reading(delivery_id=delivery_id, read_at=now, faults=len(found))
    reading.unclear = [
        Unclear(
            place=fault.place,
            where=fault.problem.where,
            message=fault.problem.message,
            told=json.dumps({k: str(v) for k, v in fault.problem.values.items()}),
        )
        for fault in found[:MOST_FAULTS]
    ]
    session.add(reading)
    session.flush()
    return reading
