"""Who works by a version of a process: leads, experiments, segments."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from experiments.experiment import Experiment, Variant
from experiments.leads import Lead
from experiments.process import Process, ProcessVersion, StandingProcess


@dataclass(frozen=True, slots=True)
class Use:
    """What a version is used for: how many leads, in which experiments, by which segments."""

    leads: int
    experiments: tuple[Experiment, ...]
    segments: tuple[str, ...]


def uses(session: Session, found: Process) -> dict[int, Use]:
    """The use of each version of a process, by the version's id."""
    ids = [version.id for version in found.versions]
    counted = select(Lead.version_id, func.count()).where(Lead.version_id.in_(ids))
    leads = dict(session.execute(counted.group_by(Lead.version_id)).all())
    tested = _experiments(session, ids)
    standing = _standing(session, ids)
    return {
        each: Use(leads.get(each, 0), tuple(tested[each]), tuple(standing[each])) for each in ids
    }


def standing(session: Session) -> dict[str, ProcessVersion]:
    """The version that each segment follows when no experiment says otherwise."""
    wanted = select(StandingProcess).order_by(StandingProcess.segment)
    return {each.segment: each.version for each in session.scalars(wanted)}


def _experiments(session: Session, ids: list[int]) -> dict[int, list[Experiment]]:
    wanted = select(Variant.version_id, Experiment).join(Experiment).distinct()
    found: dict[int, list[Experiment]] = {each: [] for each in ids}
    rows = session.execute(wanted.where(Variant.version_id.in_(ids)).order_by(Experiment.id))
    for version_id, experiment in rows:
        if version_id is not None:
            found[version_id].append(experiment)
    return found


def _standing(session: Session, ids: list[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {each: [] for each in ids}
    wanted = select(StandingProcess).where(StandingProcess.version_id.in_(ids))
    for each in session.scalars(wanted.order_by(StandingProcess.segment)):
        found[each.version_id].append(each.segment)
    return found
