"""Who is in which variant: assignments of units and enrolments of leads, stored once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, ForeignKey, Index, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from experiments.counting import Window
from experiments.experiment import Experiment, SplitDesign, Variant
from experiments.periods import WHOLE, followed_period
from experiments.plan import frozen_plan
from experiments.store.bulk import among
from experiments.store.columns import BigKey, Entity


class Assignment(Entity):
    """A unit's variant. `unit` is the external id of a rep, a lead or an account.

    `period` is 0 for the whole test, 1 or 2 in a crossover.
    `arrival` counts those who joined after the launch, from 0; None for all others.
    """

    __tablename__ = "assignments"
    __table_args__ = (
        UniqueConstraint("experiment_id", "unit", "period"),
        UniqueConstraint("experiment_id", "arrival"),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    experiment_id: Mapped[int] = mapped_column(ForeignKey("experiments.id"))
    unit: Mapped[str] = mapped_column(String(130))
    period: Mapped[int] = mapped_column(default=WHOLE)
    variant_id: Mapped[int] = mapped_column(ForeignKey("variants.id"))
    phase: Mapped[int] = mapped_column(default=1)
    arrival: Mapped[int | None]
    assigned_at: Mapped[datetime]
    variant: Mapped[Variant] = relationship()


class Enrolment(Entity):
    """A lead counted in an experiment: for ever in this variant, for the rep who had it.

    `exclusion_group` is its experiment's: of the experiments of a group only one has the lead.
    """

    __tablename__ = "enrolments"
    __table_args__ = (
        UniqueConstraint("experiment_id", "lead_id"),
        # An index, not a constraint: to add one of those, SQLite would copy the whole table.
        Index(None, "exclusion_group", "lead_id", unique=True),
    )

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    experiment_id: Mapped[int] = mapped_column(ForeignKey("experiments.id"))
    lead_id: Mapped[int] = mapped_column(ForeignKey("leads.id"), index=True)
    rep_id: Mapped[int] = mapped_column(ForeignKey("reps.id"))
    variant_id: Mapped[int] = mapped_column(ForeignKey("variants.id"))
    phase: Mapped[int] = mapped_column(default=1)
    enrolled_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    exclusion_group: Mapped[str | None] = mapped_column(String(60))


ENROLMENTS = Enrolment.metadata.tables[Enrolment.__tablename__]


def counted_in(window: Window) -> list[ColumnElement[bool]]:
    """The enrolments that a window counts, as conditions."""
    found = [
        Enrolment.experiment_id == window.experiment_id,
        Enrolment.recorded_at <= window.as_of,
    ]
    if window.enrolled_from:
        found.append(Enrolment.enrolled_at >= window.enrolled_from)
    return found


def unit_of(lead: str, account: str | None, *, by_account: bool) -> str:
    """What is hashed for a lead: its account where accounts stay together, else itself."""
    return f"account:{account}" if by_account and account else lead


def assigned(
    session: Session, found: Experiment, unit: str, *, at: datetime | None = None
) -> Assignment | None:
    """The stored assignment of a unit.

    Args:
        at: In a crossover, the moment whose process is asked for; left out, its beginning.
    """
    period = WHOLE
    if found.design is SplitDesign.CROSSOVER and found.launched_at:
        period = followed_period(frozen_plan(found), at or found.launched_at)
    return session.scalar(
        select(Assignment).where(
            Assignment.experiment_id == found.id,
            Assignment.unit == unit,
            Assignment.period == period,
        )
    )


def assignments(session: Session, found: Experiment) -> dict[str, int]:
    """The variant's id of every assigned unit; in a crossover that of the first period."""
    return {
        unit: variant_id
        for (unit, period), variant_id in assignments_by_period(session, found).items()
        if period in (WHOLE, 1)
    }


def assignments_by_period(
    session: Session,
    found: Experiment,
    *,
    as_of: datetime | None = None,
    units: Sequence[str] | None = None,
) -> dict[tuple[str, int], int]:
    """The variant's id of every unit assigned, or assigned by `as_of`, in each of its periods.

    Args:
        units: Only these; None for all.
    """
    wanted = select(Assignment.unit, Assignment.period, Assignment.variant_id)
    wanted = wanted.where(Assignment.experiment_id == found.id)
    if units is not None:
        wanted = wanted.where(among(session, Assignment.unit, units))
    rows = session.execute(wanted.where(Assignment.assigned_at <= as_of) if as_of else wanted)
    return {(unit, period): variant_id for unit, period, variant_id in rows}


def arrivals(session: Session, found: Experiment) -> list[Assignment]:
    """Those who joined after the launch, in order of arrival."""
    wanted = select(Assignment).where(
        Assignment.experiment_id == found.id, Assignment.arrival.is_not(None)
    )
    return list(session.scalars(wanted.order_by(Assignment.arrival)))
