"""What a rep follows at present: a variant of a test, or the segment's standing process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from experiments.enrolment import Enrolment, assigned
from experiments.experiment import Experiment, Unit, Variant, launched
from experiments.following import experiment_of_rep, version_of_rep
from experiments.leads import Lead
from experiments.people import Rep
from experiments.periods import followed_period
from experiments.plan import frozen_plan
from experiments.process import (
    WHOLE,
    ProcessVersion,
    Stage,
    StageKind,
    StandingProcess,
)


@dataclass(frozen=True, slots=True)
class Period:
    """The time in which leads join a test, as a rep is told of it.

    Args:
        from_at: Its begin.
        last_day_at: A moment of its last day.
        end_at: Its end, excluded.
    """

    from_at: datetime
    last_day_at: datetime
    end_at: datetime


@dataclass(frozen=True, slots=True)
class Turn:
    """The variant that a rep follows next, and from when on."""

    name: str
    from_at: datetime


@dataclass(frozen=True, slots=True)
class Following:
    """What a rep follows.

    Args:
        name: As the rep knows it: the variant's in a test of reps, else the process's.
        version: None where nothing has been chosen for the rep's segment.
        since_at: When the rep began, or begins, to follow it; None with the version.
        test: The time of the test of reps that the rep is in, if any.
        splits: The times of the tests in which the rep's leads are split.
        then: What comes after it, in a test in which the rep follows both variants.
    """

    name: str
    version: ProcessVersion | None
    since_at: datetime | None
    test: Period | None
    splits: Sequence[Period]
    then: Turn | None = None


def following(session: Session, rep: Rep, *, now: datetime) -> Following:
    """What a rep follows, and through which test."""
    splits = [_period(found) for found in launched(session) if _splits_leads_of(found, rep)]
    version = version_of_rep(session, rep, now=now)
    test = experiment_of_rep(session, rep, now=now)
    if test is None:
        name = version.process.name if version else ""
        since = _standing_since(session, rep, version) if version else None
        return Following(name, version, since, None, splits)
    period = _turn(test[0], now)
    row = assigned(session, test[0], rep.external_id)
    since = max(period.from_at, row.assigned_at) if row else period.from_at
    then = _next_turn(session, test[0], rep, now)
    return Following(test[1].name, version, since, period, splits, then)


def versions_at_hand(session: Session, rep: Rep, *, now: datetime) -> list[ProcessVersion]:
    """The version a rep follows, then the others that the rep's open leads are on."""
    own = version_of_rep(session, rep, now=now)
    open_leads = (
        select(Lead.version_id)
        .outerjoin(Stage, Stage.id == Lead.stage_id)
        .where(Lead.owner_id == rep.id)
        .where(Lead.stage_id.is_(None) | (Stage.kind == StageKind.OPEN))
    )
    wanted = select(ProcessVersion).where(ProcessVersion.id.in_(open_leads))
    rows = session.scalars(wanted.order_by(ProcessVersion.id).options(*WHOLE))
    return [*([own] if own else []), *(each for each in rows if each is not own)]


def variant_of_lead(session: Session, lead: Lead) -> Variant | None:
    """The variant of a lead that was split itself, in the newest test under way."""
    wanted = (
        select(Variant)
        .join(Enrolment, Enrolment.variant_id == Variant.id)
        .join(Experiment, Experiment.id == Enrolment.experiment_id)
        .where(
            Enrolment.lead_id == lead.id,
            Experiment.unit == Unit.LEAD,
            Experiment.rehearsal.is_(False),
            Experiment.stopped_at.is_(None),
            Experiment.decided_at.is_(None),
        )
        .order_by(Enrolment.id.desc())
        .limit(1)
    )
    return session.scalar(wanted)


def _splits_leads_of(found: Experiment, rep: Rep) -> bool:
    return found.unit is Unit.LEAD and not found.rehearsal and rep in found.participants


def _period(found: Experiment) -> Period:
    begins = max(each for each in (found.enrol_from_at, found.launched_at) if each)
    end = found.enrolment_end_at
    # Enrolment ends with the first moment of the day after its last.
    return Period(begins, end - timedelta(microseconds=1), end)


def _turn(found: Experiment, now: datetime) -> Period:
    """The time for which a rep follows the present variant of a test."""
    whole = _period(found)
    plan = frozen_plan(found)
    if not plan.crossed:
        return whole
    first_end = datetime.fromisoformat(plan.periods[0][1])
    if followed_period(plan, now) == 1:
        return Period(whole.from_at, first_end - timedelta(microseconds=1), first_end)
    return Period(first_end, whole.last_day_at, whole.end_at)


def _next_turn(session: Session, found: Experiment, rep: Rep, now: datetime) -> Turn | None:
    plan = frozen_plan(found)
    if not plan.crossed or followed_period(plan, now) != 1:
        return None
    at = datetime.fromisoformat(plan.periods[0][1])
    row = assigned(session, found, rep.external_id, at=at)
    return Turn(row.variant.name, at) if row else None


def _standing_since(session: Session, rep: Rep, version: ProcessVersion) -> datetime:
    standing = session.get(StandingProcess, rep.team.segment if rep.team else "")
    return standing.since_at if standing else version.created_at
