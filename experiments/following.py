"""Which process version a rep or a lead follows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, and_, func, literal, select, update
from sqlalchemy.orm import Session

from experiments.enrolment import Assignment, Enrolment, assigned
from experiments.experiment import Experiment, Unit, Variant, launched
from experiments.leads import Lead
from experiments.people import Rep, Team
from experiments.periods import followed_period
from experiments.plan import frozen_plan
from experiments.process import ProcessVersion, standing_version_id, version
from experiments.store.bulk import among


def experiment_of_rep(
    session: Session, rep: Rep, *, now: datetime
) -> tuple[Experiment, Variant] | None:
    """The newest test of reps under way that the rep is in, and the rep's variant at present.

    A rehearsal is none: it runs on past data, and nobody follows it.
    """
    for found in reversed(launched(session)):
        followed = found.unit is Unit.REP and not found.rehearsal
        row = assigned(session, found, rep.external_id, at=now) if followed else None
        if row:
            return found, row.variant
    return None


def version_of_rep(session: Session, rep: Rep, *, now: datetime) -> ProcessVersion | None:
    """What a rep follows: the variant of a test under way, else the segment's standing one."""
    test = experiment_of_rep(session, rep, now=now)
    if test and test[1].version_id:
        return version(session, test[1].version_id)
    version_id = standing_version_id(session, rep.team.segment if rep.team else "")
    return version(session, version_id) if version_id else None


def give_versions(session: Session, lead_ids: Sequence[int], *, now: datetime) -> None:
    """Say which process version each of these leads follows, where nothing said so yet.

    That of the variant it is enrolled in, else that of its owner's variant, else the standing
    one of its owner's segment. A lead without an owner waits.
    """
    _set_version(session, lead_ids, _of_enrolment())
    if not session.scalar(_orphans(select(Lead.id), lead_ids).limit(1)):
        return
    for found in reversed(launched(session, whole=False)):
        if found.unit is Unit.REP and not found.rehearsal:
            _set_version(session, lead_ids, _of_owner(found, now))
    for segment in session.scalars(_segments_without_version(lead_ids)).all():
        of_segment = session.scalars(_lead_ids_of_segment(lead_ids, segment)).all()
        version_id = standing_version_id(session, segment)
        _set_version(session, of_segment, literal(version_id, Integer))


def _of_enrolment() -> ColumnElement[Any]:
    return (
        select(Variant.version_id)
        .join(Enrolment, Enrolment.variant_id == Variant.id)
        .where(Enrolment.lead_id == Lead.id)
        .order_by(Enrolment.id.desc())
        .limit(1)
        .scalar_subquery()
    )


def _of_owner(found: Experiment, now: datetime) -> ColumnElement[Any]:
    period = followed_period(frozen_plan(found), now)
    return (
        select(Variant.version_id)
        .join(Assignment, Assignment.variant_id == Variant.id)
        .join(Rep, Rep.external_id == Assignment.unit)
        .where(
            Assignment.experiment_id == found.id,
            Assignment.period == period,
            Rep.id == Lead.owner_id,
        )
        .scalar_subquery()
    )


def _set_version(
    session: Session, lead_ids: Sequence[int], version_id: ColumnElement[Any]
) -> None:
    unsaid = and_(
        among(session, Lead.id, lead_ids), Lead.version_id.is_(None), Lead.owner_id.is_not(None)
    )
    session.execute(
        update(Lead).where(unsaid).values(version_id=version_id),
        execution_options={"synchronize_session": False},
    )


def _segments_without_version(lead_ids: Sequence[int]) -> Select[str]:
    return _orphans(select(func.coalesce(Team.segment, "")).distinct(), lead_ids)


def _lead_ids_of_segment(lead_ids: Sequence[int], segment: str) -> Select[int]:
    wanted = select(Lead.id).where(func.coalesce(Team.segment, "") == segment)
    return _orphans(wanted, lead_ids)


def _orphans(wanted: Select[Any], lead_ids: Sequence[int]) -> Select[Any]:
    return (
        wanted.select_from(Lead)
        .join(Rep, Lead.owner_id == Rep.id)
        .outerjoin(Team, Rep.team_id == Team.id)
        .where(Lead.id.in_(lead_ids), Lead.version_id.is_(None))
    )
