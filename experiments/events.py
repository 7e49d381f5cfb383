"""What happened to leads: append-only, with when it happened and when we learned it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import (
    ForeignKey,
    Index,
    ScalarSelect,
    String,
    Text,
    UniqueConstraint,
    func,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column, relationship

from experiments.leads import Lead
from experiments.people import Rep
from experiments.process import Action, Stage
from experiments.store.bulk import among
from experiments.store.columns import BigKey, Entity, Word

# The source of what people do on the site itself.
SITE = "stagelift"


class EventType(StrEnum):
    """What can happen to a lead."""

    CREATED = "created"
    STAGE_ENTERED = "stage_entered"
    ACTION_DONE = "action_done"
    ACTION_SKIPPED = "action_skipped"
    OWNER_CHANGED = "owner_changed"
    VALUE_CHANGED = "value_changed"
    VOIDED = "voided"


class Kept(StrEnum):
    """Why a record is kept aside instead of becoming an event."""

    UNKNOWN_LEAD = "unknown_lead"
    UNKNOWN_STAGE = "unknown_stage"
    UNKNOWN_ACTION = "unknown_action"
    UNKNOWN_OWNER = "unknown_owner"
    UNKNOWN_EVENT = "unknown_event"
    CONFLICT = "conflict"
    IMPOSSIBLE = "impossible"


class Source(Entity):
    """Where events come from, and through when its data is complete."""

    __tablename__ = "sources"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120), unique=True)
    complete_through_at: Mapped[datetime | None]
    # A live source tells by itself, as things happen; the others tell by a file, now and then.
    live: Mapped[bool] = mapped_column(default=False)


class Event(Entity):
    """Something that happened to a lead. Never updated; a correction is another event.

    `owner_id` is whose lead it is from then on, `actor_id` who did it.
    """

    __tablename__ = "events"
    __table_args__ = (
        UniqueConstraint("source_id", "source_ref"),
        Index("ix_events_lead_occurred", "lead_id", "occurred_at"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("sources.id"))
    source_ref: Mapped[str] = mapped_column(String(200))
    type: Mapped[EventType] = mapped_column(Word(EventType))
    lead_id: Mapped[int] = mapped_column(ForeignKey("leads.id"))
    stage_id: Mapped[int | None] = mapped_column(ForeignKey("stages.id"))
    action_id: Mapped[int | None] = mapped_column(ForeignKey("actions.id"))
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("reps.id"))
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("reps.id"))
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    amount_minor: Mapped[int | None] = mapped_column(BigKey)
    currency: Mapped[str | None] = mapped_column(String(3))
    reason: Mapped[str] = mapped_column(Text, default="")
    voids_id: Mapped[int | None] = mapped_column(ForeignKey("events.id"), index=True)
    digest: Mapped[str] = mapped_column(String(32))
    payload: Mapped[str] = mapped_column(Text)

    stage: Mapped[Stage | None] = relationship()
    action: Mapped[Action | None] = relationship()
    owner: Mapped[Rep | None] = relationship(foreign_keys=[owner_id])
    actor: Mapped[Rep | None] = relationship(foreign_keys=[actor_id])
    source: Mapped[Source] = relationship()


class KeptRecord(Entity):
    """A record that could not become an event yet, with its reason; a person can mend it."""

    __tablename__ = "kept_records"
    __table_args__ = (UniqueConstraint("source_id", "source_ref", "digest"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("sources.id"))
    source_ref: Mapped[str] = mapped_column(String(200))
    digest: Mapped[str] = mapped_column(String(32))
    lead_ref: Mapped[str] = mapped_column(String(120), index=True)
    why: Mapped[Kept] = mapped_column(Word(Kept))
    word: Mapped[str] = mapped_column(String(200))
    payload: Mapped[str] = mapped_column(Text)
    recorded_at: Mapped[datetime]
    placed_at: Mapped[datetime | None]
    source: Mapped[Source] = relationship()


class StageWord(Entity):
    """A source's word for a stage of ours, said once by a person."""

    __tablename__ = "stage_words"
    __table_args__ = (UniqueConstraint("version_id", "word"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("process_versions.id"))
    word: Mapped[str] = mapped_column(String(200))
    stage_id: Mapped[int] = mapped_column(ForeignKey("stages.id"))
    stage: Mapped[Stage] = relationship()


@dataclass(frozen=True, slots=True)
class StageVisit:
    """A stay of a lead in a stage; `left_at` is None while it lasts."""

    stage: Stage
    entered_at: datetime
    left_at: datetime | None
    backward: bool
    reopened: bool
    reason: str


_NEW_SOURCE = text("INSERT INTO sources (name, live) VALUES (:name, false) ON CONFLICT DO NOTHING")


def source_named(session: Session, name: str) -> Source:
    """The source of that name, made when new."""
    wanted = select(Source).where(Source.name == name)
    source = session.scalar(wanted)
    if source is None:
        # A new source's first deliveries come at once, and each of them may make it.
        session.execute(_NEW_SOURCE, {"name": name})
        source = session.scalars(wanted).one()
    return source


def history(session: Session, lead: Lead) -> list[Event]:
    """A lead's events that stand (not voided), oldest first."""
    voiding = aliased(Event)
    wanted = (
        select(Event)
        .outerjoin(voiding, voiding.voids_id == Event.id)
        .where(Event.lead_id == lead.id, voiding.id.is_(None), Event.type != EventType.VOIDED)
        .order_by(Event.occurred_at, Event.id)
    )
    return list(session.scalars(wanted))


def visits(events: list[Event]) -> list[StageVisit]:
    """The stage visits that a lead's history tells; a repeated entry is no new visit."""
    entries: list[Event] = []
    for event in events:
        if event.stage and not (entries and entries[-1].stage is event.stage):
            entries.append(event)
    found = []
    for at, event in enumerate(entries):
        before = entries[at - 1].stage if at else None
        after = entries[at + 1].occurred_at if at + 1 < len(entries) else None
        found.append(_visit(event, before, after))
    return found


def _visit(event: Event, before: Stage | None, left_at: datetime | None) -> StageVisit:
    assert event.stage is not None  # noqa: S101 - `visits` passes stage entries only
    closed = before is not None and before.kind != "open"
    return StageVisit(
        stage=event.stage,
        entered_at=event.occurred_at,
        left_at=left_at,
        backward=before is not None and event.stage.position < before.position,
        reopened=closed and event.stage.kind == "open",
        reason=event.reason,
    )


def refresh(session: Session, lead_ids: Sequence[int]) -> None:
    """Copy the latest owner, stage and value of these leads from their events."""
    if not lead_ids:
        return
    session.flush()
    changed = update(Lead).where(among(session, Lead.id, lead_ids)).values(_copied())
    session.execute(changed, execution_options={"synchronize_session": False})
    touched = set(lead_ids)
    for held in list(session.identity_map.values()):
        if isinstance(held, Lead) and held.id in touched:
            session.expire(held)


@cache
def _copied() -> dict[Any, ScalarSelect[Any]]:
    # Building these costs more than running them, and a single event needs them twice.
    return {
        Lead.owner_id: _latest(Event.owner_id, Event.owner_id),
        Lead.stage_id: _latest(Event.stage_id, Event.stage_id),
        Lead.stage_entered_at: _latest(Event.occurred_at, Event.stage_id),
        Lead.amount_minor: _latest(Event.amount_minor, Event.amount_minor),
        Lead.currency: _latest(Event.currency, Event.amount_minor),
    }


def _latest(column: Any, told_by: Any) -> ScalarSelect[Any]:
    # Of two events at the same moment, the one we learned last is the latest.
    voiding = aliased(Event)
    return (
        select(column)
        .where(Event.lead_id == Lead.id, told_by.is_not(None))
        .where(~select(voiding.id).where(voiding.voids_id == Event.id).exists())
        .order_by(Event.occurred_at.desc(), Event.id.desc())
        .limit(1)
        .scalar_subquery()
    )


def kept_records(session: Session, *, limit: int = 200) -> list[KeptRecord]:
    """Records waiting for a person, oldest first."""
    wanted = select(KeptRecord).where(KeptRecord.placed_at.is_(None))
    return list(session.scalars(wanted.order_by(KeptRecord.id).limit(limit)))


def count_kept(session: Session) -> dict[tuple[Kept, str], int]:
    """How many records wait, by reason and the word that was not understood."""
    wanted = (
        select(KeptRecord.why, KeptRecord.word, func.count())
        .where(KeptRecord.placed_at.is_(None))
        .group_by(KeptRecord.why, KeptRecord.word)
        .order_by(func.count().desc())
    )
    return {(why, word): count for why, word, count in session.execute(wanted)}
