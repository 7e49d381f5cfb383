"""Planned looks at a running test: when they are due, and what each was taken on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from experiments import audit
from experiments.experiment import Experiment
from experiments.freshness import complete_through
from experiments.plan import Plan, frozen_plan
from experiments.problem import Refused, problem
from experiments.store.columns import Entity
from experiments.users import User


class Look(Entity):
    """A look that was taken. What it saw is what was recorded by `taken_at`."""

    __tablename__ = "looks"

    experiment_id: Mapped[int] = mapped_column(ForeignKey("experiments.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    matured_through_at: Mapped[datetime]
    taken_at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    by: Mapped[User | None] = relationship()


@dataclass(frozen=True, slots=True)
class PlannedLook:
    """A look as planned; the last one is the measured test itself.

    Attributes:
        share: Of the final information, as alpha is spent.
        due_at: Leads whose horizon ends by then are looked at.
    """

    number: int
    share: float
    due_at: datetime


def planned_looks(plan: Plan) -> tuple[PlannedLook, ...]:
    """The looks of a plan, evenly spread over the time in which its leads mature."""
    start = datetime.fromisoformat(plan.enrol_from_at) + timedelta(days=plan.horizon_days)
    end = datetime.fromisoformat(plan.enrol_until_at) + timedelta(days=plan.horizon_days)
    return tuple(
        PlannedLook(number, number / plan.looks, start + (end - start) * (number / plan.looks))
        for number in range(1, plan.looks + 1)
    )


def looks_taken(session: Session, found: Experiment) -> list[Look]:
    """Every look that was taken, in order."""
    wanted = select(Look).where(Look.experiment_id == found.id).order_by(Look.number)
    return list(session.scalars(wanted))


def due_look(session: Session, found: Experiment, *, now: datetime) -> PlannedLook | None:
    """The latest look before the last that can be taken now; an earlier one that was missed is
    left out, and what it could have spent is there for this one."""
    if found.launched_at is None or found.stopped_at or found.decided_at:
        return None
    through = complete_through(session, found.id, now=now)
    if through >= found.measured_at:
        return None
    taken = max((each.number for each in looks_taken(session, found)), default=0)
    due = [
        each
        for each in planned_looks(frozen_plan(found))[:-1]
        if each.number > taken and each.due_at <= through
    ]
    return due[-1] if due else None


def take_look(session: Session, found: Experiment, *, by: User | None, now: datetime) -> Look:
    """Open the effects as they stand at a planned look, and spend its part of alpha.

    Raises:
        Refused: when none is due.
    """
    due = due_look(session, found, now=now)
    if due is None:
        raise Refused(problem("look", "No look is due now."))
    look = Look(
        experiment_id=found.id,
        number=due.number,
        matured_through_at=due.due_at,
        taken_at=now,
        by_id=by.id if by else None,
    )
    session.add(look)
    session.flush()
    audit.record(session, "took look", found.key, by=by, now=now, detail=str(due.number))
    return look
