"""Letting leads into tests: which enrol, when, and in which variant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Select, insert, select
from sqlalchemy.orm import Session

from assignment.variant import variants_of
from experiments.candidates import Candidate, candidates
from experiments.enrolment import (
    ENROLMENTS,
    Assignment,
    Enrolment,
    arrivals,
    assignments_by_period,
    unit_of,
)
from experiments.exchange.outbox_notes import tell_enrolled
from experiments.exclusion import KeptOut, keep_out, taken
from experiments.experiment import Experiment, Unit, launched
from experiments.periods import WHOLE, enrolling_period
from experiments.phases import ended_phases, phase_at
from experiments.plan import Plan, frozen_plan
from experiments.store.bulk import add_rows, among, count_anew


def enrol(session: Session, *, now: datetime, lead_ids: Sequence[int] | None = None) -> int:
    """Enrol what may enrol, in every launched experiment; all leads, or only these.

    A lead enrols when it first gets an owner who takes part (unit rep) or is first seen
    (unit lead), while enrolment is open. What it does afterwards plays no part, so that
    enrolment cannot depend on the variant. Of an exclusion group only the first experiment to
    be launched gets it. Returns the number of new enrolments.
    """
    session.flush()
    enrolled = sum(_enrol_in(session, found, now, lead_ids) for found in _by_launch(session))
    count_anew(session, ("enrolments",), added=enrolled)
    return enrolled


def _by_launch(session: Session) -> list[Experiment]:
    return sorted(launched(session, whole=False), key=lambda each: (each.launched_at, each.id))


def _enrol_in(
    session: Session, found: Experiment, now: datetime, lead_ids: Sequence[int] | None
) -> int:
    plan = frozen_plan(found)
    may_enrol = _that_may_enrol(session, found, plan, lead_ids)
    firsts = taken(session, plan.exclusion_group, [each.lead_id for each in may_enrol])
    keep_out(session, found, firsts, now=now)
    enrolling = [each for each in may_enrol if each.lead_id not in firsts]
    variants = _variants(session, found, plan, enrolling, now)
    ended = ended_phases(session, found) if plan.phase > 1 else []
    rows = [
        {
            "experiment_id": found.id,
            "lead_id": each.lead_id,
            "rep_id": each.rep_id,
            "variant_id": variants[_unit(found, each), _period(plan, found, each)],
            "phase": phase_at(plan, ended, _enrols_at(found, each)),
            "enrolled_at": _enrols_at(found, each),
            "recorded_at": now,
            "exclusion_group": plan.exclusion_group,
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


def _that_may_enrol(
    session: Session, found: Experiment, plan: Plan, lead_ids: Sequence[int] | None
) -> list[Candidate]:
    """Leads that may enrol but for the group, and of which it was not said before."""
    since = _since(session, found, plan)
    known = [_leads_of(session, Enrolment, found, lead_ids)]
    if plan.exclusion_group:
        known.append(_leads_of(session, KeptOut, found, lead_ids))
    return [
        each
        for each in candidates(session, without=known, lead_ids=lead_ids)
        if each.rep in since
        and _may_enrol(found, each, since[each.rep])
        and _in_one_period(plan, found, each)
    ]


def _leads_of(
    session: Session,
    table: type[Enrolment] | type[KeptOut],
    found: Experiment,
    lead_ids: Sequence[int] | None,
) -> Select[int]:
    wanted = select(table.lead_id).where(table.experiment_id == found.id)
    # All that ever enrolled are many, and every delivery asks.
    return wanted if lead_ids is None else wanted.where(among(session, table.lead_id, lead_ids))


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
