"""Leads and their accounts, and the present place of each in the funnel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ForeignKey, Index, Select, String, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship, selectinload

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


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list of leads."""

    leads: Sequence[Lead]
    total: int
    number: int
    size: int


def lead(session: Session, external_id: str) -> Lead:
    """The lead with that id. Raises NotFound."""
    found = session.scalar(select(Lead).where(Lead.external_id == external_id))
    if found is None:
        raise NotFound("lead", external_id)
    return found


def owned_by(session: Session, rep: Rep, *, number: int = 1, size: int = 50) -> Page:
    """A rep's leads, those in open stages first, then the longest in their stage."""
    return _page(session, select(Lead).where(Lead.owner_id == rep.id), number, size)


def all_leads(session: Session, *, search: str = "", number: int = 1, size: int = 50) -> Page:
    """Everyone's leads whose name or id holds `search`."""
    wanted = select(Lead)
    if search.strip():
        held = f"%{_escaped(search.strip())}%"
        wanted = wanted.where(
            Lead.external_id.ilike(held, escape="\\") | Lead.name.ilike(held, escape="\\")
        )
    return _page(session, wanted, number, size)


def count_by_stage(session: Session, rep: Rep) -> dict[int, int]:
    """How many of a rep's leads stand in each stage, by stage id."""
    wanted = (
        select(Lead.stage_id, func.count())
        .where(Lead.owner_id == rep.id, Lead.stage_id.is_not(None))
        .group_by(Lead.stage_id)
    )
    return {stage_id: count for stage_id, count in session.execute(wanted) if stage_id}


def _page(session: Session, wanted: Select[Lead], number: int, size: int) -> Page:
    total = session.scalar(select(func.count()).select_from(wanted.subquery())) or 0
    rows = (
        wanted.outerjoin(Stage, Lead.stage_id == Stage.id)
        # "open" sorts between "lost" and "won", so the order is spelled out.
        .order_by((Stage.kind == "open").desc(), Lead.stage_entered_at, Lead.id)
        .limit(size)
        .offset((max(number, 1) - 1) * size)
        .options(selectinload(Lead.stage), selectinload(Lead.owner))
    )
    return Page(list(session.scalars(rows)), total, max(number, 1), size)


def _escaped(search: str) -> str:
    return search.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
