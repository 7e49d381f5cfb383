"""The sources that told of leads: how much, and through when it is complete."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from experiments import audit
from experiments.audit import AuditEntry
from experiments.events import SITE, Event, Source


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """A source; `last_import` is the latest file that was imported as it.

    `complete_day` is the last day of which its files told all; None for one that tells by
    itself, as things happen, or that has not said so.
    """

    name: str
    is_site: bool
    live: bool
    events: int
    last_recorded_at: datetime | None
    complete_day: date | None
    last_import: AuditEntry | None


def import_subject(source: str) -> str:
    """Under which subject imports as a source are written down."""
    return f"source {source}"


def sources(session: Session, *, zone: ZoneInfo) -> list[SourceFacts]:
    """Every source, by name.

    Args:
        zone: The company's, in which days end.
    """
    told = (
        select(Source, func.count(Event.id), func.max(Event.recorded_at))
        .outerjoin(Event, Event.source_id == Source.id)
        .group_by(Source.id)
        .order_by(Source.name)
    )
    return [
        SourceFacts(
            name=source.name,
            is_site=source.name == SITE,
            live=source.live or source.name == SITE,
            events=events,
            last_recorded_at=last,
            complete_day=None if source.live else _last_day(source.complete_through_at, zone),
            last_import=next(reversed(audit.entries(session, import_subject(source.name))), None),
        )
        for source, events, last in session.execute(told)
    ]


def _last_day(through: datetime | None, zone: ZoneInfo) -> date | None:
    # Complete through midnight means: the day before, to its end.
    return (through - timedelta(microseconds=1)).astimezone(zone).date() if through else None
