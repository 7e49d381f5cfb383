"""Effects opened before they were due: it can be done, and it leaves a mark."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from experiments import audit
from experiments.experiment import Experiment
from experiments.store.columns import Entity
from experiments.users import User


class EarlyOpening(Entity):
    """Somebody looked at the effects of a test that was not measured yet."""

    __tablename__ = "early_openings"

    id: Mapped[int] = mapped_column(primary_key=True)
    experiment_id: Mapped[int] = mapped_column(ForeignKey("experiments.id"), index=True)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime]
    by: Mapped[User | None] = relationship()


def open_early(session: Session, found: Experiment, *, by: User | None, now: datetime) -> None:
    """Show the effects from now on, and write down who wanted it."""
    session.add(EarlyOpening(experiment_id=found.id, by_id=by.id if by else None, at=now))
    session.flush()
    audit.record(session, "opened early", found.key, by=by, now=now)


def openings(session: Session, found: Experiment) -> list[EarlyOpening]:
    """Every early opening, oldest first."""
    wanted = select(EarlyOpening).where(EarlyOpening.experiment_id == found.id)
    return list(session.scalars(wanted.order_by(EarlyOpening.id)))
