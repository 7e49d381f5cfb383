"""What connected programs sent, as it came: stored before anything of it is looked at.

A delivery never changes. Beside it stand its turn, while it waits to be read, and its reading,
which may be made anew; reading twice tells nothing twice.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String, Text, delete, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from experiments.exchange.connections import Connection
from experiments.problem import NotFound, Problem
from experiments.store.columns import BigKey, Entity

LONGEST_MESSAGE_ID = 200


class Delivery(Entity):
    """One request of a connected program. Rows are added; nothing changes or removes one."""

    __tablename__ = "deliveries"

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    connection_id: Mapped[int] = mapped_column(ForeignKey("connections.id"), index=True)
    received_at: Mapped[datetime]
    message_id: Mapped[str] = mapped_column(String(LONGEST_MESSAGE_ID), default="")
    body: Mapped[bytes] = mapped_column(LargeBinary)
    connection: Mapped[Connection] = relationship()
    reading: Mapped[Reading | None] = relationship(back_populates="delivery")


class Turn(Entity):
    """A delivery that waits to be read, and from when on."""

    __tablename__ = "delivery_turns"

    delivery_id: Mapped[int] = mapped_column(BigKey, ForeignKey("deliveries.id"), primary_key=True)
    due_at: Mapped[datetime] = mapped_column(index=True)
    tries: Mapped[int] = mapped_column(default=0)


class Reading(Entity):
    """What became of a delivery: counts of events, and of parts passed over or not understood.

    `set_aside_at` says that a person has seen what was not understood, and leaves it.
    """

    __tablename__ = "delivery_readings"

    delivery_id: Mapped[int] = mapped_column(BigKey, ForeignKey("deliveries.id"), primary_key=True)
    read_at: Mapped[datetime]
    accepted: Mapped[int] = mapped_column(default=0)
    repeated: Mapped[int] = mapped_column(default=0)
    waiting: Mapped[int] = mapped_column(default=0)
    passed: Mapped[int] = mapped_column(default=0)
    faults: Mapped[int] = mapped_column(default=0, index=True)
    set_aside_at: Mapped[datetime | None]
    delivery: Mapped[Delivery] = relationship(back_populates="reading")
    unclear: Mapped[list[Unclear]] = relationship(
        order_by="Unclear.id", cascade="all, delete-orphan"
    )


class Unclear(Entity):
    """A part of a delivery that was not understood, and why; `place` counts parts from 1."""

    __tablename__ = "delivery_faults"

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    delivery_id: Mapped[int] = mapped_column(
        BigKey, ForeignKey("delivery_readings.delivery_id"), index=True
    )
    place: Mapped[int]
    # A field's name, or a path in a body that anybody may have written.
    where: Mapped[str] = mapped_column(Text, name="field")
    message: Mapped[str] = mapped_column(Text)
    told: Mapped[str] = mapped_column(Text)

    @property
    def problem(self) -> Problem:
        """Why, ready to be said in the reader's language."""
        values: dict[str, object] = json.loads(self.told)
        return Problem(self.where, self.message, values)


@dataclass(frozen=True, slots=True)
class InboxState:
    """How much waits to be read, since when, and in how many deliveries something is unclear."""

    waiting: int
    oldest_at: datetime | None
    unclear: int


def receive(
    session: Session, found: Connection, body: bytes, *, message_id: str = "", now: datetime
) -> Delivery:
    """Store a delivery, proved to be the connection's, and let it wait to be read."""
    made = Delivery(connection_id=found.id, received_at=now, body=body)
    made.message_id = message_id[:LONGEST_MESSAGE_ID]
    session.add(made)
    session.flush()
    session.add(Turn(delivery_id=made.id, due_at=now))
    session.flush()
    return made


def is_due(session: Session, *, now: datetime) -> bool:
    """Whether anything waits to be read by now."""
    due_at = session.scalar(select(func.min(Turn.due_at)))
    return due_at is not None and due_at <= now


def next_turn(session: Session, *, now: datetime) -> Turn | None:
    """The delivery to read next; other workers do not get it until this transaction ends."""
    wanted = select(Turn).where(Turn.due_at <= now).order_by(Turn.due_at, Turn.delivery_id)
    return session.scalar(wanted.limit(1).with_for_update(skip_locked=True))


def delivery(session: Session, delivery_id: int) -> Delivery:
    """The delivery with that id. Raises NotFound."""
    found = session.get(Delivery, delivery_id)
    if found is None:
        raise NotFound("delivery", delivery_id)
    return found


def unclear_readings(session: Session, *, limit: int) -> list[Reading]:
    """Readings in which something was not understood and that nobody set aside, newest first."""
    wanted = select(Reading).where(Reading.faults > 0, Reading.set_aside_at.is_(None))
    return list(session.scalars(wanted.order_by(Reading.delivery_id.desc()).limit(limit)))


def latest(session: Session, *, limit: int) -> list[Delivery]:
    """The newest deliveries, newest first."""
    return list(session.scalars(select(Delivery).order_by(Delivery.id.desc()).limit(limit)))


def state(session: Session) -> InboxState:
    """How the inbox stands."""
    waiting, oldest = session.execute(
        select(func.count(), func.min(Delivery.received_at))
        .select_from(Turn)
        .join(Delivery, Delivery.id == Turn.delivery_id)
    ).one()
    unclear = select(func.count()).select_from(Reading)
    unclear = unclear.where(Reading.faults > 0, Reading.set_aside_at.is_(None))
    return InboxState(waiting, oldest, session.scalar(unclear) or 0)


def read_again(session: Session, ids: Sequence[int], *, now: datetime) -> None:
    """Let these deliveries be read again, such as after a word was explained."""
    queued = set(session.scalars(select(Turn.delivery_id).where(Turn.delivery_id.in_(ids))))
    session.add_all(Turn(delivery_id=each, due_at=now) for each in ids if each not in queued)
    session.flush()


def set_aside(session: Session, found: Delivery, *, now: datetime) -> None:
    """Take a delivery off the list of what was not understood; it stays stored."""
    if found.reading:
        found.reading.set_aside_at = now
        session.flush()


def forget_reading(session: Session, delivery_id: int) -> None:
    """Make room for a new reading."""
    session.execute(delete(Unclear).where(Unclear.delivery_id == delivery_id))
    session.execute(delete(Reading).where(Reading.delivery_id == delivery_id))
