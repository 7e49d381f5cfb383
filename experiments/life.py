"""The life of an experiment: launch, pause, resume, close enrolment, stop."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import insert
from sqlalchemy.orm import Session

from assignment.design import largest_remainder, seeded
from experiments import audit
from experiments.admission import enrol
from experiments.approval import approval_problems
from experiments.company import take_turn, the_company
from experiments.enrolment import Assignment
from experiments.exchange.outbox_notes import tell_assigned
from experiments.exclusion import overlaps
from experiments.experiment import Experiment, Pause, Unit
from experiments.known_before import design_problems
from experiments.plan import Plan, hash_of
from experiments.planning import planned, too_few_for_the_weights
from experiments.problem import Problem, Refused, problem, refuse_if
from experiments.process import Milestone, Stage
from experiments.roster import Roster
from experiments.users import User
from experiments.valuation import amounts_without_rate

# When clocks are put forward, a day that begins at midnight is over after so long.
_SHORTEST_DAY = timedelta(hours=23)


def launch(
    session: Session, found: Experiment, *, seed: int, by: User | None, now: datetime
) -> Plan:
    """Freeze the plan, split the units, and enrol what may enrol already (a rehearsal).

    Args:
        seed: Of the random split; recorded in the plan, so that the split can be redrawn.
    Raises:
        Refused: naming all that is missing; then nothing has changed.
    """
    take_turn(session)
    refuse_if([*hindrances(session, found, now=now), *approval_problems(session, found, by)])
    plan = planned(session, found, seed=seed, now=now)
    found.seed, found.plan, found.launched_at = seed, plan.text(), now
    found.plan_hash = hash_of(found.plan)
    if found.unit is Unit.REP:
        _assign_reps(session, found, plan, now)
    session.flush()
    audit.record(session, "launched", found.key, by=by, now=now, detail=found.plan_hash)
    if found.rehearsal:
        enrol(session, now=now)
    return plan


def hindrances(session: Session, found: Experiment, *, now: datetime) -> list[Problem]:
    """What keeps a draft from being launched, each at its field; empty when it is ready."""
    if found.launched_at:
        return [problem("status", "The experiment was launched already.")]
    return [
        *_date_problems(found, now, the_company(session).zone),
        *_variant_problems(found),
        *_rate_problems(session, found),
        *(_rep_problems(session, found, now) or _design_problems(session, found, now)),
    ]


def pause(session: Session, found: Experiment, *, by: User | None, now: datetime) -> None:
    """Let no lead enrol until `resume`. Raises Refused where enrolment is not open."""
    _refuse_unless_enrolling(found, now)
    if found.paused:
        raise Refused(problem("status", "The experiment is paused already."))
    found.pauses.append(Pause(from_at=now))
    audit.record(session, "paused", found.key, by=by, now=now)


def resume(session: Session, found: Experiment, *, by: User | None, now: datetime) -> None:
    """End the pause. Raises Refused where there is none."""
    _refuse_unless_enrolling(found, now)
    if not found.paused:
        raise Refused(problem("status", "The experiment is not paused."))
    found.pauses[-1].until_at = now
    audit.record(session, "resumed", found.key, by=by, now=now)


def close_enrolment(
    session: Session, found: Experiment, *, by: User | None, now: datetime
) -> None:
    """End enrolment before its planned day. Raises Refused where it is not open."""
    _refuse_unless_enrolling(found, now)
    found.enrolment_closed_at = now
    audit.record(session, "closed enrolment", found.key, by=by, now=now)


def stop(
    session: Session, found: Experiment, *, reason: str, by: User | None, now: datetime
) -> None:
    """End a test for good. Raises Refused without a reason, or when it is over already."""
    if not reason.strip():
        raise Refused(problem("reason", "Write down why the test is stopped."))
    if found.launched_at is None or found.stopped_at or found.decided_at:
        raise Refused(problem("status", "Only a test under way can be stopped."))
    found.stopped_at, found.stop_reason = now, reason.strip()
    audit.record(session, "stopped", found.key, by=by, now=now, detail=found.stop_reason)


def _refuse_unless_enrolling(found: Experiment, now: datetime) -> None:
    over = found.stopped_at or found.decided_at
    if found.launched_at is None or over or now >= found.enrolment_end_at:
        raise Refused(problem("status", "Enrolment is not open."))


def _date_problems(found: Experiment, now: datetime, zone: ZoneInfo) -> list[Problem]:
    if found.rehearsal:
        if found.measured_at > now:
            text = "A rehearsal runs on past data: enrolment and horizon must be over."
            return [problem("enrol_until", text)]
        return []
    if found.enrol_until_at <= now:
        text = "Enrolment would be over already. For past data, plan a rehearsal."
        return [problem("enrol_until", text)]
    today = now.astimezone(zone).date()
    if found.enrol_from_at + _SHORTEST_DAY > datetime.combine(today, time(), zone):
        return []
    return [
        problem(
            "enrol_from",
            "{day} is over: let enrolment begin today, {today}, or later.",
            day=found.enrol_from_at.astimezone(zone).date(),
            today=today,
        )
    ]


def _variant_problems(found: Experiment) -> list[Problem]:
    problems = []
    for at, variant in enumerate(found.variants, start=1):
        if variant.version is None:
            text = "{variant} is empty: choose the process it follows."
            problems.append(problem(f"variants.{at}.process", text, variant=variant.name))
        elif not _reaches(variant.version.stages, found.milestone):
            text = "{variant} has no stage for the milestone {milestone}."
            values = {"variant": variant.name, "milestone": found.milestone}
            problems.append(problem(f"variants.{at}.process", text, **values))
    return problems


def _rate_problems(session: Session, found: Experiment) -> list[Problem]:
    if not found.values_wins:
        return []
    text = "Leads have amounts in {currency}: say what one is worth, or leave the won value out."
    return [problem("rates", text, currency=code) for code in amounts_without_rate(session, found)]


def _reaches(stages: Sequence[Stage], milestone: Milestone) -> bool:
    return any(stage.milestone is milestone for stage in stages)


def _rep_problems(session: Session, found: Experiment, now: datetime) -> list[Problem]:
    count, needed = len(found.participants), len(found.variants)
    if not count:
        return [problem("reps", "Nobody takes part yet: choose reps or teams.")]
    if found.unit is Unit.REP:
        if count < needed:
            text = "{reps} reps cannot fill {variants} variants: one would be empty."
            return [problem("reps", text, reps=count, variants=needed)]
        weights = [variant.weight for variant in found.variants]
        if 0 in largest_remainder(count, weights, seeded(0)):
            return [too_few_for_the_weights(count)]
    if found.rehearsal:
        return []
    return list(overlaps(session, found, found.participants, where="reps", now=now))


def _design_problems(session: Session, found: Experiment, now: datetime) -> list[Problem]:
    return [] if found.unit is Unit.LEAD else design_problems(session, found, now=now)


def _assign_reps(session: Session, found: Experiment, plan: Plan, now: datetime) -> None:
    rows = [
        {
            "experiment_id": found.id,
            "unit": unit,
            "period": period,
            "variant_id": variant_id,
            "phase": 1,
            "assigned_at": now,
        }
        for (unit, period), variant_id in Roster(plan).drawn.items()
    ]
    session.execute(insert(Assignment), rows)
    told = [(str(row["unit"]), int(str(row["variant_id"]))) for row in rows]
    tell_assigned(session, found, told, now=now)
