"""Through when the data of an experiment is complete."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from experiments.enrolment import Enrolment
from experiments.events import SITE, Event, Source


def complete_through(session: Session, experiment_id: int, *, now: datetime) -> datetime:
    """The moment through which all that happened to an experiment's leads is known.

    The earliest day of the files that told of them. Live sources count as one, by the last
    that was heard of: a program that brings events is at work, though no new lead came. What
    people do on the site itself is known at once. Without any source it is `now`.
    """
    told = (
        select(Event.id)
        .join(Enrolment, Enrolment.lead_id == Event.lead_id)
        .where(Event.source_id == Source.id, Enrolment.experiment_id == experiment_id)
    )
    at = Source.complete_through_at
    wanted = select(func.min(case((~Source.live, at))), func.max(case((Source.live, at)))).where(
        Source.name != SITE, told.exists()
    )
    of_files, of_live = session.execute(wanted).one()
    return min(of_files or now, of_live or now, now)
