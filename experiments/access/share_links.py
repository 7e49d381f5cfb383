"""Links by which people without an account read a report, for a while.

Whoever has the address sees what a viewer sees: no names of reps, no leads. It ends by itself, and
any manager can end it before.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, String, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from experiments import audit
from experiments.experiment import Experiment
from experiments.problem import NotFound, Refused, problem
from experiments.store.columns import Entity
from experiments.users import User, digest

USUAL_DAYS, MOST_DAYS = 14, 90


class ShareLink(Entity):
    """A link that was given out. Only its token's hash is stored."""

    __tablename__ = "share_links"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    experiment_id: Mapped[int] = mapped_column(ForeignKey("experiments.id"), index=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    by: Mapped[User | None] = relationship()


def share(
    session: Session, found: Experiment, *, days: int, by: User | None, now: datetime
) -> str:
    """Make a link to a report; returns its token, which nobody can read again.

    Raises:
        Refused: for a draft, and for a time that is too long or none.
    """
    if found.launched_at is None:
        raise Refused(problem("status", "A draft has nothing to report yet: launch it first."))
    if not 1 <= days <= MOST_DAYS:
        raise Refused(problem("days", "Give a number of days from 1 to {most}.", most=MOST_DAYS))
    token = secrets.token_urlsafe(32)
    made = ShareLink(token_hash=digest(token), experiment_id=found.id, created_at=now)
    made.expires_at, made.by_id = now + timedelta(days=days), by.id if by else None
    session.add(made)
    session.flush()
    audit.record(session, "shared the report", found.key, by=by, now=now, detail=str(days))
    return token


def shares(session: Session, found: Experiment, *, now: datetime) -> list[ShareLink]:
    """The links that still work, the latest first."""
    wanted = select(ShareLink).where(
        ShareLink.experiment_id == found.id, ShareLink.expires_at > now
    )
    return list(session.scalars(wanted.order_by(ShareLink.id.desc())))


def end_share(
    session: Session, found: Experiment, link_id: int, *, by: User | None, now: datetime
) -> None:
    """Let a link work no longer. Raises NotFound where the experiment has no such link."""
    ended = session.execute(
        delete(ShareLink)
        .where(ShareLink.id == link_id, ShareLink.experiment_id == found.id)
        .returning(ShareLink.id)
    ).all()
    if not ended:
        raise NotFound("link", str(link_id))
    audit.record(session, "ended a shared link", found.key, by=by, now=now)


def experiment_of_share(session: Session, token: str, *, now: datetime) -> Experiment:
    """Whose report a link shows. Raises NotFound where it ended, or never was one."""
    wanted = (
        select(Experiment)
        .join(ShareLink, ShareLink.experiment_id == Experiment.id)
        .where(ShareLink.token_hash == digest(token), ShareLink.expires_at > now)
    )
    found = session.scalar(wanted)
    if found is None:
        raise NotFound("shared report", token[:6])
    return found
