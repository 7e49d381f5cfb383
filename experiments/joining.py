"""Reps who join a running test, and reps who leave one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from experiments import audit
from experiments.company import take_turn
from experiments.enrolment import Assignment, arrivals
from experiments.exchange.outbox_notes import tell_assigned
from experiments.exclusion import overlaps
from experiments.experiment import Experiment, launched
from experiments.people import Rep
from experiments.plan import frozen_plan
from experiments.problem import Problem, problem, refuse_if
from experiments.split import label_of_arrival
from experiments.users import User


def join(
    session: Session, found: Experiment, rep: Rep, *, by: User | None, now: datetime
) -> Assignment:
    """Let a rep join a running test; the plan's rule gives the variant, by order of arrival.

    Raises:
        Refused: where nobody may join, or the rep is in a test already; then nothing is stored.
    """
    take_turn(session)
    refuse_if([*_closed(found, now), *_unfree(session, found, rep, now)])
    plan = frozen_plan(found)
    arrival = len(arrivals(session, found))
    variant = found.variants[label_of_arrival(plan, arrival)]
    row = Assignment(experiment_id=found.id, unit=rep.external_id, variant=variant)
    row.phase, row.arrival, row.assigned_at = 1, arrival, now
    session.add(row)
    found.participants.append(rep)
    session.flush()
    tell_assigned(session, found, [(rep.external_id, variant.id)], now=now)
    detail = f"{rep.name}: {variant.name}"
    audit.record(session, "let join", found.key, by=by, now=now, detail=detail)
    return row


def join_with_team(
    session: Session, rep: Rep, *, by: User | None, now: datetime
) -> Assignment | None:
    """Let a new rep join the running test that the rep's team is in, where one may be joined.

    Who joins is not for anybody to choose then, so that it cannot depend on how the test goes.
    """
    for found in launched(session):
        mates = [each for each in found.participants if each.team_id == rep.team_id]
        open_to_all = not [*_closed(found, now), *_unfree(session, found, rep, now)]
        if rep.team_id is not None and mates and open_to_all:
            return join(session, found, rep, by=by, now=now)
    return None


def may_join(session: Session, found: Experiment, *, now: datetime) -> list[Rep]:
    """Who could join a running test, by name; nobody where its plan has no rule for that."""
    if list(_closed(found, now)):
        return []
    here = select(Rep).where(Rep.left_at.is_(None)).order_by(Rep.name)
    return [rep for rep in session.scalars(here) if not list(_unfree(session, found, rep, now))]


def left(session: Session, found: Experiment, *, as_of: datetime) -> int:
    """How many reps of a test have left since its launch; they count where they were assigned."""
    wanted = (
        select(func.count(Rep.id.distinct()))
        .join(Assignment, Assignment.unit == Rep.external_id)
        .where(
            Assignment.experiment_id == found.id,
            Rep.left_at >= found.launched_at,
            Rep.left_at <= as_of,
        )
    )
    return session.scalar(wanted) or 0


def _closed(found: Experiment, now: datetime) -> Iterator[Problem]:
    if found.launched_at is None or found.stopped_at or found.decided_at:
        yield problem("status", "Reps can join only a test under way.")
    elif now >= found.enrolment_end_at:
        yield problem("status", "Enrolment is not open.")
    elif found.join_rule is None:
        text = "By its plan nobody joins {name}: the rule had to be chosen before the launch."
        yield problem("join_rule", text, name=found.name)


def _unfree(session: Session, found: Experiment, rep: Rep, now: datetime) -> Iterator[Problem]:
    if rep in found.participants:
        yield problem("rep", "{rep} takes part already.", rep=rep.name)
        return
    if rep.left_at is not None:
        yield problem("rep", "{rep} has left.", rep=rep.name)
    yield from overlaps(session, found, [rep], where="rep", now=now)
