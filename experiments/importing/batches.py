"""Imports as batches that can be taken back as a whole.

An event of a batch is known by its source and the moment at which the batch was recorded.
Taking a batch back adds an event for each of its events that voids it; nothing is removed
from the history, and the same file can be brought again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ForeignKey, Select, String, UniqueConstraint, delete, func, or_, select
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column, relationship

from experiments import audit
from experiments.decision import Decision
from experiments.enrolment import Enrolment
from experiments.events import Event, EventType, KeptRecord, Source, source_named
from experiments.exclusion import KeptOut
from experiments.experiment import Experiment
from experiments.ingest import Row, ingest
from experiments.leads import Lead
from experiments.looks import Look
from experiments.problem import NotFound, Refused, problem
from experiments.records import EventRecord
from experiments.sources import import_subject
from experiments.store.columns import Entity
from experiments.users import User

CHUNK = 1000
_UNDOING = "undo:"
_LONGEST_ID = 200


class ImportBatch(Entity):
    """One import; `events` and `leads` are what was new in it."""

    __tablename__ = "import_batches"
    __table_args__ = (UniqueConstraint("source_id", "recorded_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("sources.id"))
    recorded_at: Mapped[datetime]
    file: Mapped[str] = mapped_column(String(300))
    leads: Mapped[int]
    events: Mapped[int]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    undone_at: Mapped[datetime | None]
    source: Mapped[Source] = relationship()
    by: Mapped[User | None] = relationship()


def note(
    session: Session,
    source: str,
    *,
    file: str,
    leads: int,
    events: int,
    by: User | None,
    now: datetime,
) -> ImportBatch:
    """Note an import that was recorded at `now`; two of one moment are one."""
    of = source_named(session, source)
    wanted = select(ImportBatch).where(ImportBatch.source_id == of.id)
    made = session.scalar(wanted.where(ImportBatch.recorded_at == now))
    if made is None:
        made = ImportBatch(recorded_at=now, file=file[-300:], leads=0, events=0)
        made.source, made.by_id = of, by.id if by else None
        session.add(made)
    made.leads, made.events = made.leads + leads, made.events + events
    session.flush()
    return made


def batches(session: Session, *, limit: int = 100) -> list[ImportBatch]:
    """The imports, newest first."""
    return list(session.scalars(select(ImportBatch).order_by(ImportBatch.id.desc()).limit(limit)))


def batch(session: Session, batch_id: int) -> ImportBatch:
    """The import with that id. Raises NotFound."""
    found = session.get(ImportBatch, batch_id)
    if found is None:
        raise NotFound("import", batch_id)
    return found


def undo(session: Session, found: ImportBatch, *, by: User | None, now: datetime) -> int:
    """Take an import back. Returns how many of its events were voided.

    Its leads leave the tests that they had entered through it, unless somebody has seen
    effects that they are part of.

    Raises:
        Refused: where it was taken back before, or a look or decision rests on its leads.
    """
    if found.undone_at:
        raise Refused(problem("", "This import was taken back already."))
    _refuse_seen(session, found)
    voided = 0
    standing = session.execute(_standing(found)).all()
    for begin in range(0, len(standing), CHUNK):
        chunk = standing[begin : begin + CHUNK]
        rows = [(at, _voiding(found, event, lead)) for at, (event, lead) in enumerate(chunk)]
        result = ingest(session, rows, now=now)
        for rejection in result.rejected:
            raise Refused(rejection.problem)
        voided += result.accepted
    _settle_kept(session, found, now)
    _leave_tests(session, found)
    found.undone_at = now
    detail = f"{found.file}: {voided} events voided"
    subject = import_subject(found.source.name)
    audit.record(session, "took back an import", subject, by=by, now=now, detail=detail)
    return voided


def revived(session: Session, rows: Sequence[Row]) -> list[Row]:
    """Give records whose event was taken back with its import an id of their own again."""
    told = list(rows)
    for generation in range(2, 100):
        undone = _undone(session, told)
        if not undone:
            break
        told = [
            (at, _renamed(record, generation))
            if (record.source, record.source_id) in undone
            else (at, record)
            for at, record in told
        ]
    return told


def _standing(found: ImportBatch) -> Select[Event, str]:
    """The events of a batch that stand, with their leads; also those that waited at first."""
    voiding = aliased(Event)
    waited = select(KeptRecord.source_ref).where(
        KeptRecord.source_id == found.source_id, KeptRecord.recorded_at == found.recorded_at
    )
    return (
        select(Event, Lead.external_id)
        .join(Lead, Lead.id == Event.lead_id)
        .outerjoin(voiding, voiding.voids_id == Event.id)
        .where(Event.source_id == found.source_id, voiding.id.is_(None))
        .where(or_(Event.recorded_at == found.recorded_at, Event.source_ref.in_(waited)))
        .where(Event.type != EventType.VOIDED)
        .order_by(Event.id)
    )


def _voiding(found: ImportBatch, event: Event, lead: str) -> EventRecord:
    return EventRecord(
        source=found.source.name,
        source_id=f"{_UNDOING}{found.id}:{event.id}",
        type=EventType.VOIDED,
        lead_id=lead,
        occurred_at=event.occurred_at,
        voids=event.source_ref,
    )


def _refuse_seen(session: Session, found: ImportBatch) -> None:
    entered = select(Enrolment.experiment_id).where(Enrolment.recorded_at == found.recorded_at)
    looked = select(Look.experiment_id).where(Look.taken_at >= found.recorded_at)
    decided = select(Decision.experiment_id)
    seen = session.scalars(
        select(Experiment.name)
        .where(Experiment.id.in_(entered))
        .where(or_(Experiment.id.in_(looked), Experiment.id.in_(decided)))
    ).first()
    if seen:
        text = "{experiment} was looked at or decided with leads of this import: it must stay."
        raise Refused(problem("", text, experiment=seen))


def _settle_kept(session: Session, found: ImportBatch, now: datetime) -> None:
    waiting = select(KeptRecord).where(
        KeptRecord.source_id == found.source_id,
        KeptRecord.recorded_at == found.recorded_at,
        KeptRecord.placed_at.is_(None),
    )
    for each in session.scalars(waiting):
        each.placed_at = now


def _leave_tests(session: Session, found: ImportBatch) -> None:
    """Leads of which nothing stands any more were never there to be tested."""
    session.flush()
    voiding = aliased(Event)
    standing = (
        select(Event.lead_id)
        .outerjoin(voiding, voiding.voids_id == Event.id)
        .where(voiding.id.is_(None), Event.type != EventType.VOIDED)
    )
    session.execute(
        delete(Enrolment)
        .where(Enrolment.recorded_at == found.recorded_at)
        .where(Enrolment.lead_id.not_in(standing)),
        execution_options={"synchronize_session": False},
    )
    session.execute(
        delete(KeptOut)
        .where(KeptOut.recorded_at == found.recorded_at)
        .where(KeptOut.lead_id.not_in(standing)),
        execution_options={"synchronize_session": False},
    )


def _undone(session: Session, rows: Sequence[Row]) -> set[tuple[str, str]]:
    undone = select(func.count()).select_from(ImportBatch)
    if not session.scalar(undone.where(ImportBatch.undone_at.is_not(None))):
        return set()
    voiding = aliased(Event)
    wanted = (
        select(Source.name, Event.source_ref)
        .join(Source, Source.id == Event.source_id)
        .join(voiding, voiding.voids_id == Event.id)
        .where(Event.source_ref.in_({record.source_id for _, record in rows}))
        .where(voiding.source_ref.startswith(_UNDOING))
    )
    return {(name, ref) for name, ref in session.execute(wanted)}


def _renamed(record: EventRecord, generation: int) -> EventRecord:
    mark = f"~{generation}"
    bare = record.source_id.removesuffix(f"~{generation - 1}")
    return record.model_copy(update={"source_id": bare[: _LONGEST_ID - len(mark)] + mark})
