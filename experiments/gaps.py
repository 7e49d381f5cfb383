"""What is not known of enrolled leads: stages without a place here, outcomes that nobody told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, literal, or_, select
from sqlalchemy.orm import Session, aliased

from experiments.counting import Window
from experiments.enrolment import Enrolment, counted_in
from experiments.events import Event, Kept, KeptRecord
from experiments.experiment import Unit
from experiments.leads import Lead
from experiments.plan import Plan

# Records of these kinds may hold an outcome; one of an unknown action holds none.
_TELLING = (Kept.UNKNOWN_LEAD, Kept.UNKNOWN_OWNER, Kept.UNKNOWN_EVENT, Kept.CONFLICT)


@dataclass(frozen=True, slots=True)
class Gaps:
    """A variant's leads of one unit of the split: of a rep, of an account; all where leads were.

    Attributes:
        unmapped: Enrolled leads of which a stage waits for a person to say what it means.
        matured: Leads whose horizon has passed.
        untold: Matured leads that no source has put into any stage, or of which a record waits.
    """

    variant_id: int
    enrolled: int
    unmapped: int
    matured: int
    untold: int


def gaps(session: Session, plan: Plan, window: Window) -> list[Gaps]:
    """What is missing, as it was known at the window's moment, a row per variant and unit."""
    matured = Enrolment.enrolled_at <= window.complete_through - timedelta(
        days=window.horizon_days
    )
    untold = and_(matured, or_(~_in_a_stage(window.as_of), _waits(_TELLING, window.as_of)))
    unit = _unit(plan)
    wanted = (
        select(
            Enrolment.variant_id,
            func.count(),
            _count_of(_waits((Kept.UNKNOWN_STAGE,), window.as_of)),
            _count_of(matured),
            _count_of(untold),
        )
        .join(Lead, Lead.id == Enrolment.lead_id)
        .where(*counted_in(window))
        .group_by(Enrolment.variant_id, *unit)
        .order_by(Enrolment.variant_id, *unit)
    )
    return [Gaps(*row) for row in session.execute(wanted)]


def _unit(plan: Plan) -> list[ColumnElement[Any]]:
    if plan.unit is Unit.REP:
        return [Enrolment.rep_id.expression]
    # A lead without an account is one of its own.
    return [func.coalesce(Lead.account_id, -Lead.id)] if plan.by_account else []


def _waits(kinds: Sequence[Kept], as_of: datetime) -> ColumnElement[bool]:
    return (
        select(KeptRecord.id)
        .where(
            KeptRecord.lead_ref == Lead.external_id,
            KeptRecord.why.in_(kinds),
            KeptRecord.recorded_at <= as_of,
            or_(KeptRecord.placed_at.is_(None), KeptRecord.placed_at > as_of),
        )
        .exists()
    )


def _in_a_stage(as_of: datetime) -> ColumnElement[bool]:
    voiding = aliased(Event)
    voided = select(voiding.id).where(voiding.voids_id == Event.id, voiding.recorded_at <= as_of)
    return (
        select(Event.id)
        .where(
            Event.lead_id == Enrolment.lead_id,
            Event.stage_id.is_not(None),
            Event.recorded_at <= as_of,
            ~voided.exists(),
        )
        .exists()
    )


def _count_of(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, literal(1)), else_=literal(0)))
