"""Who is in which variant: assignments of units and enrolments of leads, stored once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ForeignKey, String, Subquery, UniqueConstraint, and_, func, insert, select
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column, relationship

from assignment.variant import variants_of
from experiments.events import Event
from experiments.experiment import Experiment, Unit, Variant, launched
from experiments.leads import Account, Lead
from experiments.people import Rep
from experiments.plan import Plan, frozen_plan
from experiments.store.columns import BigKey, Entity


class Assignment(Entity):
    """A unit's variant. `unit` is the external id of a rep, a lead or an account."""

    __tablename__ = "assignments"
    __table_args__ = (UniqueConstraint("experiment_id", "unit"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    experiment_id: Mapped[int] = mapped_column(ForeignKey("experiments.id"))
    unit: Mapped[str] = mapped_column(String(130))
    variant_id: Mapped[int] = mapped_column(ForeignKey("variants.id"))
    phase: Mapped[int] = mapped_column(default=1)
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


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A lead that has an owner and is not enrolled yet."""

    lead_id: int
    lead: str
    account: str | None
    rep_id: int
    rep: str
    first_seen_at: datetime
    first_owned_at: datetime


def unit_of(lead: str, account: str | None, *, by_account: bool) -> str:
    """What is hashed for a lead: its account where accounts stay together, else itself."""
    return f"account:{account}" if by_account and account else lead


def assigned(session: Session, found: Experiment, unit: str) -> Assignment | None:
    """The stored assignment of a unit."""
    return session.scalar(
        select(Assignment).where(Assignment.experiment_id == found.id, Assignment.unit == unit)
    )


def assignments(session: Session, found: Experiment) -> dict[str, int]:
    """The variant's id of every assigned unit."""
    wanted = select(Assignment.unit, Assignment.variant_id)
    rows = session.execute(wanted.where(Assignment.experiment_id == found.id))
    return dict(rows.all())


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
    taking_part = set(plan.participants)
    candidates = [
        each
        for each in _candidates(session, found, lead_ids)
        if each.rep in taking_part and _may_enrol(found, each)
    ]
    variants = _variants(session, found, plan, candidates, now)
    rows = [
        {
            "experiment_id": found.id,
            "lead_id": each.lead_id,
            "rep_id": each.rep_id,
            "variant_id": variants[_unit(found, each)],
            "phase": 1,
            "enrolled_at": _enrols_at(found, each),
            "recorded_at": now,
        }
        for each in candidates
    ]
    if rows:
        session.execute(insert(Enrolment), rows)
    return len(rows)


def _candidates(
    session: Session, found: Experiment, lead_ids: Sequence[int] | None
) -> Iterable[_Candidate]:
    standing = _standing_events(lead_ids)
    seen = select(standing.c.lead_id, func.min(standing.c.occurred_at).label("at"))
    first_seen = seen.group_by(standing.c.lead_id).subquery()
    order = [standing.c.occurred_at, standing.c.id]
    turn = func.row_number().over(partition_by=standing.c.lead_id, order_by=order)
    owned = select(standing, turn.label("turn")).where(standing.c.owner_id.is_not(None))
    first_owned = owned.subquery()
    enrolled = select(Enrolment.lead_id).where(Enrolment.experiment_id == found.id)
    wanted = (
        select(
            Lead.id,
            Lead.external_id,
            Account.external_id,
            Rep.id,
            Rep.external_id,
            first_seen.c.at,
            first_owned.c.occurred_at,
        )
        .join(first_owned, and_(first_owned.c.lead_id == Lead.id, first_owned.c.turn == 1))
        .join(first_seen, first_seen.c.lead_id == Lead.id)
        .join(Rep, Rep.id == first_owned.c.owner_id)
        .outerjoin(Account, Account.id == Lead.account_id)
        .where(Lead.id.not_in(enrolled))
        .order_by(first_seen.c.at, Lead.id)
    )
    return [_Candidate(*row) for row in session.execute(wanted)]


def _standing_events(lead_ids: Sequence[int] | None) -> Subquery:
    voiding = aliased(Event)
    wanted = (
        select(Event.id, Event.lead_id, Event.owner_id, Event.occurred_at)
        .outerjoin(voiding, voiding.voids_id == Event.id)
        .where(voiding.id.is_(None))
    )
    if lead_ids is not None:
        wanted = wanted.where(Event.lead_id.in_(lead_ids))
    return wanted.subquery()


def _enrols_at(found: Experiment, each: _Candidate) -> datetime:
    return each.first_owned_at if found.unit is Unit.REP else each.first_seen_at


def _may_enrol(found: Experiment, each: _Candidate) -> bool:
    at = _enrols_at(found, each)
    start = found.enrol_from_at
    if not found.rehearsal and found.launched_at:
        start = max(start, found.launched_at)
    # A lead that was under way before the split may owe its course to something else.
    if each.first_seen_at < start or not start <= at < found.enrolment_end_at:
        return False
    return not any(
        pause.from_at <= at and (pause.until_at is None or at < pause.until_at)
        for pause in found.pauses
    )


def _unit(found: Experiment, each: _Candidate) -> str:
    if found.unit is Unit.REP:
        return each.rep
    return unit_of(each.lead, each.account, by_account=found.by_account)


def _variants(
    session: Session,
    found: Experiment,
    plan: Plan,
    candidates: Sequence[_Candidate],
    now: datetime,
) -> dict[str, int]:
    """The variant's id of each candidate's unit; leads seen first are assigned here."""
    known = assignments(session, found)
    if found.unit is Unit.REP:
        return known
    new = dict.fromkeys(_unit(found, each) for each in candidates)
    assign(session, found, plan, [unit for unit in new if unit not in known], now=now)
    return assignments(session, found)


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
