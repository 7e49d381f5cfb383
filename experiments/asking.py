"""Asking for the variant of a unit: the stored answer, for leads given at first sight."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from assignment.crossover import VARIANTS
from experiments.delivery import deliver_leads
from experiments.enrolment import Assignment, assigned, unit_of
from experiments.exclusion import first_of
from experiments.experiment import Experiment, SplitDesign, Unit
from experiments.leads import Lead
from experiments.plan import Plan, frozen_plan
from experiments.problem import NotFound, Refused, problem


@dataclass(frozen=True, slots=True)
class Listed:
    """A unit's variant; in a crossover that of a period, and when that is."""

    unit: str
    variant: str
    period: int
    from_at: datetime | None
    until_at: datetime | None
    assigned_at: datetime


@dataclass(frozen=True, slots=True)
class Page:
    """Some of the assignments; `next` is the unit after which there are more."""

    assigned: tuple[Listed, ...]
    next: str | None


def ask(
    session: Session, found: Experiment, unit_id: str, *, owner_id: str | None, now: datetime
) -> Assignment:
    """The assignment of a rep or a lead; once given it never changes.

    In a crossover a rep's is that of the present period. A lead that nobody has heard of begins
    now, with its owner.

    Raises:
        NotFound: for a rep who does not take part.
        Refused: for a draft, and for a lead that may not enrol; then nothing is stored.
    """
    if found.launched_at is None:
        raise Refused(problem("status", "The experiment has not been launched."))
    if found.unit is Unit.LEAD:
        return _of_lead(session, found, unit_id, owner_id, now)
    stored = assigned(session, found, unit_id, at=now)
    if stored is None:
        raise NotFound("participating rep", unit_id)
    return stored


def listed(
    session: Session, found: Experiment, *, unit: str | None, after: str, most: int
) -> Page:
    """Units and their variants, in the order of the units' ids.

    Args:
        unit: Only this one.
        after: Only those whose id comes later.
        most: Units at a time.
    """
    wanted = select(Assignment).where(Assignment.experiment_id == found.id)
    wanted = wanted.where(Assignment.unit == unit if unit else Assignment.unit > after)
    order = wanted.order_by(Assignment.unit, Assignment.period)
    per_unit = VARIANTS if found.design is SplitDesign.CROSSOVER else 1
    rows = list(session.scalars(order.limit(per_unit * most + 1)))
    plan = frozen_plan(found) if found.launched_at else None
    shown = rows[: per_unit * most]
    more = shown[-1].unit if len(rows) > len(shown) else None
    return Page(tuple(_listed(each, plan) for each in shown), more)


def _listed(row: Assignment, plan: Plan | None) -> Listed:
    start, end = None, None
    if plan and plan.crossed:
        start, end = (datetime.fromisoformat(each) for each in plan.periods[row.period - 1])
    return Listed(row.unit, row.variant.key, row.period, start, end, row.assigned_at)


def _of_lead(
    session: Session, found: Experiment, unit_id: str, owner_id: str | None, now: datetime
) -> Assignment:
    lead = _lead(session, unit_id)
    if lead is None:
        _begin(session, unit_id, owner_id, now)
        lead = _lead(session, unit_id)
    if lead:
        _refuse_kept_out(session, found, lead)
    account = lead.account.external_id if lead and lead.account else None
    unit = unit_of(unit_id, account, by_account=found.by_account)
    stored = assigned(session, found, unit)
    if stored is None:
        text = (
            "{lead} does not take part: enrolment is not open, the lead began before it, "
            "or its owner is not among the participants."
        )
        raise Refused(problem("unit_id", text, lead=unit_id))
    return stored


def _refuse_kept_out(session: Session, found: Experiment, lead: Lead) -> None:
    first = first_of(session, found, lead.id)
    if first:
        raise Refused(
            problem(
                "unit_id",
                "{lead} is kept out of this test: it is in {first}, of the same exclusion group.",
                lead=lead.external_id,
                first=first.name,
            )
        )


def _begin(session: Session, lead_id: str, owner_id: str | None, now: datetime) -> None:
    if owner_id is None:
        text = "There is no lead {lead} yet, and no owner_id to begin it."
        raise Refused(problem("owner_id", text, lead=lead_id))
    record = {"lead_id": lead_id, "owner_id": owner_id, "created_at": now.isoformat()}
    for rejection in deliver_leads(session, [record], now=now).rejected:
        raise Refused(rejection.problem)


def _lead(session: Session, external_id: str) -> Lead | None:
    return session.scalar(select(Lead).where(Lead.external_id == external_id))
