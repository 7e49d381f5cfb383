"""Through when the data of an experiment is complete, and how old each source is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session

from experiments.enrolment import Enrolment
from experiments.events import SITE, Event, Source


@dataclass(frozen=True, slots=True)
class Told:
    """A source that told of a test's leads, and through when it was complete."""

    source: str
    complete_through: datetime

    def age(self, at: datetime) -> timedelta:
        """How old its word is at a moment; 0 where it reaches beyond."""
        return max(at - self.complete_through, timedelta())


def complete_through(session: Session, experiment_id: int, *, now: datetime) -> datetime:
    """The moment through which all that happened to an experiment's leads is known.

    The earliest day of the files that told of them. Live sources count as one, by the last
    that was heard of: a program that brings events is at work, though no new lead came. What
    people do on the site itself is known at once. Without any source it is `now`.
    """
    at = Source.complete_through_at
    wanted = select(func.min(case((~Source.live, at))), func.max(case((Source.live, at)))).where(
        Source.name != SITE, _told_of(experiment_id)
    )
    of_files, of_live = session.execute(wanted).one()
    return min(of_files or now, of_live or now, now)


def sources_told(session: Session, experiment_id: int, *, as_of: datetime) -> list[Told]:
    """The sources that told of an experiment's leads, each file by itself, as on a past day.

    Of live ones it is the last that was heard of. How far a source was complete on a past day is
    not written down where it has gone on since; it was not complete beyond its last word then.
    """
    heard = (
        select(func.max(Event.recorded_at))
        .where(Event.source_id == Source.id, Event.recorded_at <= as_of)
        .correlate(Source)
        .scalar_subquery()
    )
    wanted = (
        select(Source.name, Source.live, Source.complete_through_at, heard)
        .where(Source.name != SITE, Source.complete_through_at.is_not(None))
        .where(_told_of(experiment_id))
        .order_by(Source.name)
    )
    rows = [
        (live, Told(name, through if through <= as_of else min(said, as_of)))
        for name, live, through, said in session.execute(wanted)
        if said and through
    ]
    latest = max(
        (told for live, told in rows if live), key=lambda each: each.complete_through, default=None
    )
    return [*(told for live, told in rows if not live), *([latest] if latest else [])]


def _told_of(experiment_id: int) -> ColumnElement[bool]:
    return (
        select(Event.id)
        .join(Enrolment, Enrolment.lead_id == Event.lead_id)
        .where(Event.source_id == Source.id, Enrolment.experiment_id == experiment_id)
        .exists()
    )
