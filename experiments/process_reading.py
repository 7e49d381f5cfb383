"""Which version of their process a rep has read last, and what has changed since."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from experiments.people import Rep
from experiments.process import ProcessVersion
from experiments.process_changes import Change, changes
from experiments.store.columns import Entity


class ProcessReading(Entity):
    """The version that a rep said they have read."""

    __tablename__ = "process_readings"

    rep_id: Mapped[int] = mapped_column(ForeignKey("reps.id"), primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("process_versions.id"))
    read_at: Mapped[datetime]
    version: Mapped[ProcessVersion] = relationship()


@dataclass(frozen=True, slots=True)
class News:
    """A process that a rep has not read yet.

    Args:
        before: What they read last; None for nothing, and then nothing is called a change.
        changes: What was done to that one to make it; between two processes, all that differs.
    """

    version: ProcessVersion
    before: ProcessVersion | None
    changes: Sequence[Change]


def news(session: Session, rep: Rep, version: ProcessVersion | None) -> News | None:
    """What is new for a rep in the version that they follow now; None where it is read."""
    reading = session.get(ProcessReading, rep.id)
    if version is None or (reading and reading.version_id == version.id):
        return None
    if reading is None:
        return News(version, None, ())
    return News(version, reading.version, changes(reading.version, version))


def read(session: Session, rep: Rep, version: ProcessVersion, *, now: datetime) -> None:
    """Note that a rep has read a version."""
    reading = session.get(ProcessReading, rep.id)
    if reading is None:
        reading = ProcessReading(rep_id=rep.id)
        session.add(reading)
    reading.version, reading.read_at = version, now
    session.flush()
