"""Leads and their accounts, and the present place of each in the funnel."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from experiments.people import Rep
from experiments.problem import NotFound
from experiments.process import ProcessVersion, Stage
from experiments.store.columns import BigKey, Entity


class Account(Entity):
    """A company that leads belong to."""

    __tablename__ = "accounts"

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    external_id: Mapped[str] = mapped_column(String(120), unique=True)


class Lead(Entity):
    """A prospect or deal being worked; `external_id` is the CRM's.

    What is known of it stands in its events. Owner, stage and value here are a copy of
    their latest word, kept by `events.refresh` so that a list need not read all history.
    """

    __tablename__ = "leads"
    __table_args__ = (Index("ix_leads_owner_stage", "owner_id", "stage_id"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    external_id: Mapped[str] = mapped_column(String(120), unique=True)
    name: Mapped[str] = mapped_column(String(200), default="")
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"), index=True)
    version_id: Mapped[int | None] = mapped_column(ForeignKey("process_versions.id"))
    # None where no source has said when the lead began; its first event then tells.
    created_at: Mapped[datetime | None]
    recorded_at: Mapped[datetime]

    owner_id: Mapped[int | None] = mapped_column(ForeignKey("reps.id"))
    stage_id: Mapped[int | None] = mapped_column(ForeignKey("stages.id"))
    stage_entered_at: Mapped[datetime | None]
    amount_minor: Mapped[int | None] = mapped_column(BigKey)
    currency: Mapped[str | None] = mapped_column(String(3))

    account: Mapped[Account | None] = relationship()
    version: Mapped[ProcessVersion | None] = relationship()
    owner: Mapped[Rep | None] = relationship()
    stage: Mapped[Stage | None] = relationship()

    @property
    def title(self) -> str:
        """What people call it."""
        return self.name or self.external_id


def lead(session: Session, external_id: str) -> Lead:
    """The lead with that id. Raises NotFound."""
    found = session.scalar(select(Lead).where(Lead.external_id == external_id))
    if found is None:
        raise NotFound("lead", external_id)
    return found
