"""Who is in which variant: assignments of units and enrolments of leads, stored once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint, insert, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from assignment.variant import variants_of
from experiments.candidates import Candidate, candidates
from experiments.exchange.outbox_notes import tell_enrolled
from experiments.experiment import Experiment, SplitDesign, Unit, Variant, launched
from experiments.periods import WHOLE, enrolling_period, followed_period
from experiments.plan import Plan, frozen_plan
from experiments.store.bulk import add_rows, among
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
    """A lead counted in an experiment: for ever in this variant, for the rep who had it."""

    __tablename__ = "enrolments"
    __table_args__ = (UniqueConstraint("experiment_id", "lead_id"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    experiment_id: Mapped[int] = mapped_column(ForeignKey("experiments.id"))
    lead_id: Mapped[int] = mapped_column(ForeignKey("leads.id"), index=True)
    rep_id: Mapped[int] = mapped_column(ForeignKey("reps.id"))
    variant_id: Mapped[int] = mapped_column(ForeignKey("variants.id"))
    phase: Mapped[int] = mapped_column(default=1)
    enrolled_at: Mapped[datetime]
    recorded_at: Mapped[datetime]


ENROLMENTS = Enrolment.metadata.tables[Enrolment.__tablename__]


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


def enrol(session: Session, *, now: datetime, lead_ids: Sequence[int] | None = None) -> int:
    """Enrol what may enrol, in every launched experiment; all leads, or only these.

    A lead enrols when it first gets an owner who takes part (unit rep) or is first seen
    (unit lead), while enrolment is open. What it does afterwards plays no part, so that
    enrolment cannot depend on the variant. Returns the number of new enrolments.
    """
    session.flush()
    return sum(_enrol_in(session, found, now, lead_ids) for found in launched(session))


def _enrol_in(
    session: Session, found: Experiment, now: datetime, lead_ids: Sequence[int] | None
) -> int:
    plan = frozen_plan(found)
    since = _since(session, found, plan)
    enrolled = select(Enrolment.lead_id).where(Enrolment.experiment_id == found.id)
    if lead_ids is not None:
        # All that ever enrolled are many, and every delivery asks.
        enrolled = enrolled.where(among(session, Enrolment.lead_id, lead_ids))
    enrolling = [
        each
        for each in candidates(session, without=enrolled, lead_ids=lead_ids)
        if each.rep in since
        and _may_enrol(found, each, since[each.rep])
        and _in_one_period(plan, found, each)
    ]
    variants = _variants(session, found, plan, enrolling, now)
    rows = [
        {
            "experiment_id": found.id,
            "lead_id": each.lead_id,
            "rep_id": each.rep_id,
            "variant_id": variants[_unit(found, each), _period(plan, found, each)],
            "phase": 1,
            "enrolled_at": _enrols_at(found, each),
            "recorded_at": now,
        }
        for each in enrolling
    ]
    if rows:
        add_rows(session, ENROLMENTS, rows)
        told = {
            each.lead_id: variants[_unit(found, each), _period(plan, found, each)]
            for each in enrolling
        }
        tell_enrolled(session, found, told, now=now)
    return len(rows)


def _since(session: Session, found: Experiment, plan: Plan) -> dict[str, datetime]:
    """From when on the leads of each rep may enrol."""
    start = found.enrol_from_at
    if not found.rehearsal and found.launched_at:
        start = max(start, found.launched_at)
    joined = {each.unit: each.assigned_at for each in arrivals(session, found)}
    return dict.fromkeys(plan.participants, start) | {
        unit: max(start, at) for unit, at in joined.items()
    }


def _enrols_at(found: Experiment, each: Candidate) -> datetime:
    return each.first_owned_at if found.unit is Unit.REP else each.first_seen_at


def _may_enrol(found: Experiment, each: Candidate, start: datetime) -> bool:
    at = _enrols_at(found, each)
    # A lead that was under way before the split may owe its course to something else.
    if each.first_seen_at < start or not start <= at < found.enrolment_end_at:
        return False
    return not any(
        pause.from_at <= at and (pause.until_at is None or at < pause.until_at)
        for pause in found.pauses
    )


def _period(plan: Plan, found: Experiment, each: Candidate) -> int | None:
    return enrolling_period(plan, _enrols_at(found, each))


def _in_one_period(plan: Plan, found: Experiment, each: Candidate) -> bool:
    """Whether a lead began in the period in which it enrols; none does in a washout."""
    period = _period(plan, found, each)
    return period is not None and period == enrolling_period(plan, each.first_seen_at)


def _unit(found: Experiment, each: Candidate) -> str:
    if found.unit is Unit.REP:
        return each.rep
    return unit_of(each.lead, each.account, by_account=found.by_account)


def _variants(
    session: Session,
    found: Experiment,
    plan: Plan,
    enrolling: Sequence[Candidate],
    now: datetime,
) -> Mapping[tuple[str, int | None], int]:
    """The variant's id of each unit by period; leads seen first are assigned here."""
    units = list(dict.fromkeys(_unit(found, each) for each in enrolling))
    known = assignments_by_period(session, found, units=units)
    if found.unit is Unit.LEAD:
        unknown = [unit for unit in units if (unit, WHOLE) not in known]
        assign(session, found, plan, unknown, now=now)
        known = assignments_by_period(session, found, units=units)
    return dict(known.items())


def assign(
    session: Session, found: Experiment, plan: Plan, units: Sequence[str], *, now: datetime
) -> None:
    """Store the hashed variant of units not seen before."""
    labels = variants_of(plan.split.salt, units, [variant.weight for variant in plan.variants])
    rows = [
        {
            "experiment_id": found.id,
            "unit": unit,
            "variant_id": plan.variants[label].id,
            "phase": 1,
            "assigned_at": now,
        }
        for unit, label in zip(units, labels, strict=True)
    ]
    if rows:
        session.execute(insert(Assignment), rows)
