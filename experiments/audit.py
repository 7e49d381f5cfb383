"""Who did what and when. Rows are added; nothing here changes or removes one."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from experiments.store.columns import Entity
from experiments.users import User


class AuditEntry(Entity):
    """One act of one person; `by` is None for the command line."""

    __tablename__ = "audit_entries"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    act: Mapped[str] = mapped_column(String(60))
    subject: Mapped[str] = mapped_column(String(160), index=True)
    detail: Mapped[str] = mapped_column(Text, default="")
    by: Mapped[User | None] = relationship()


def record(
    session: Session, act: str, subject: str, *, by: User | None, now: datetime, detail: str = ""
) -> None:
    """Write an act down."""
    entry = AuditEntry(at=now, act=act, subject=subject, detail=detail)
    entry.by_id = by.id if by else None
    session.add(entry)
    session.flush()


def entries(session: Session, subject: str) -> list[AuditEntry]:
    """All acts upon a subject, oldest first."""
    wanted = select(AuditEntry).where(AuditEntry.subject == subject).order_by(AuditEntry.id)
    return list(session.scalars(wanted))


def acts_of(session: Session, user: User) -> list[AuditEntry]:
    """All that a person did, oldest first."""
    wanted = select(AuditEntry).where(AuditEntry.by_id == user.id).order_by(AuditEntry.id)
    return list(session.scalars(wanted))
