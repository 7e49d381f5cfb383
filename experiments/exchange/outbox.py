"""What connected programs are to be told: written with the change itself, sent afterwards.

A message is stored in the transaction of what it tells, so that neither is there without the
other. A worker sends it until the program takes it, or until there is no sense in trying.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from experiments.crm.adapters import Kind
from experiments.events import Event, Source
from experiments.exchange.connections import Connection
from experiments.problem import NotFound
from experiments.store.columns import BigKey, Entity, Word


class Topic(StrEnum):
    """What a message is about."""

    LEAD_VARIANT = "lead.variant"
    REP_VARIANT = "rep.variant"
    TASK = "lead.task"


class OutboxMessage(Entity):
    """Something to tell one program once; `key` tells it from everything else to be told.

    `due_at` is None when it is over: taken (`taken_at`), or given up (`given_up_at`).
    """

    __tablename__ = "outbox_messages"
    __table_args__ = (UniqueConstraint("connection_id", "key"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    connection_id: Mapped[int] = mapped_column(ForeignKey("connections.id"))
    topic: Mapped[Topic] = mapped_column(Word(Topic))
    key: Mapped[str] = mapped_column(String(200))
    payload: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    due_at: Mapped[datetime | None] = mapped_column(index=True)
    tries: Mapped[int] = mapped_column(default=0)
    taken_at: Mapped[datetime | None]
    given_up_at: Mapped[datetime | None] = mapped_column(index=True)
    fault: Mapped[str] = mapped_column(Text, default="")
    connection: Mapped[Connection] = relationship()

    @property
    def said(self) -> dict[str, Any]:
        """What it tells."""
        said: dict[str, Any] = json.loads(self.payload)
        return said


@dataclass(frozen=True, slots=True)
class Note:
    """Something to tell.

    Args:
        lead_id: The lead that it is about, our own id; None where it is about none.
    """

    topic: Topic
    key: str
    said: dict[str, Any]
    lead_id: int | None = None


@dataclass(frozen=True, slots=True)
class OutboxState:
    """How many messages wait, and how many were given up."""

    waiting: int
    given_up: int


def listeners(session: Session, topic: Topic) -> list[Connection]:
    """The connections that are told of a topic."""
    wanted = select(Connection).where(Connection.closed_at.is_(None))
    if topic is Topic.TASK:
        wanted = wanted.where(Connection.writes_tasks)
    else:
        wanted = wanted.where(Connection.variant_field != "")
    if topic is Topic.REP_VARIANT:
        # A CRM has no field for it: it is told lead by lead.
        wanted = wanted.where(Connection.kind == Kind.STANDARD)
    return list(session.scalars(wanted))


def tell(
    session: Session, to: Sequence[Connection], notes: Sequence[Note], *, now: datetime
) -> int:
    """Write down what is to be told, to whom it is not told yet. Returns how many messages.

    A CRM is told of the leads that it told of; another program of all.
    """
    made = 0
    for each in to:
        theirs = notes if each.kind is Kind.STANDARD else _of_source(session, each, notes)
        known = _known(session, each, [note.key for note in theirs])
        new = {note.key: note for note in theirs if note.key not in known}
        session.add_all(_message(each, note, now) for note in new.values())
        made += len(new)
    session.flush()
    return made


def given_up(session: Session, *, limit: int) -> list[OutboxMessage]:
    """The messages that were given up, newest first."""
    wanted = select(OutboxMessage).where(OutboxMessage.given_up_at.is_not(None))
    return list(session.scalars(wanted.order_by(OutboxMessage.given_up_at.desc()).limit(limit)))


def latest(session: Session, *, limit: int) -> list[OutboxMessage]:
    """The newest messages, newest first."""
    return list(
        session.scalars(select(OutboxMessage).order_by(OutboxMessage.id.desc()).limit(limit))
    )


def state(session: Session) -> OutboxState:
    """How the outbox stands."""

    def count(column: Any) -> int:
        wanted = select(func.count()).select_from(OutboxMessage).where(column.is_not(None))
        return session.scalar(wanted) or 0

    return OutboxState(count(OutboxMessage.due_at), count(OutboxMessage.given_up_at))


def try_again(session: Session, ids: Iterable[int] | None, *, now: datetime) -> int:
    """Let given-up messages be sent again, as if for the first time; all where `ids` is None.

    Raises:
        NotFound: where one of these ids is of no message that was given up.
    """
    again = update(OutboxMessage).where(OutboxMessage.given_up_at.is_not(None))
    if ids is not None:
        ids = list(ids)
        again = again.where(OutboxMessage.id.in_(ids))
    values = {"due_at": now, "tries": 0, "given_up_at": None}
    done: int = session.execute(again.values(values)).rowcount  # type: ignore[attr-defined]  # an UPDATE
    if ids is not None and done < len(ids):
        raise NotFound("message that was given up", ids[0])
    return done


def _message(to: Connection, note: Note, now: datetime) -> OutboxMessage:
    made = OutboxMessage(connection_id=to.id, topic=note.topic, key=note.key)
    made.payload = json.dumps(note.said, ensure_ascii=False)
    made.created_at = made.due_at = now
    return made


def _known(session: Session, to: Connection, keys: Sequence[str]) -> set[str]:
    wanted = select(OutboxMessage.key).where(OutboxMessage.connection_id == to.id)
    return set(session.scalars(wanted.where(OutboxMessage.key.in_(keys))))


def _of_source(session: Session, to: Connection, notes: Sequence[Note]) -> list[Note]:
    ids = {note.lead_id for note in notes}
    wanted = select(Event.lead_id).join(Source, Source.id == Event.source_id).distinct()
    told = set(session.scalars(wanted.where(Source.name == to.name, Event.lead_id.in_(ids))))
    return [note for note in notes if note.lead_id in told]
