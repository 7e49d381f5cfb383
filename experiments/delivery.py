"""Deliveries by API: what comes in, and what it says of how complete its source is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from experiments.events import source_named
from experiments.ingest import Ingested, ingest_events, ingest_leads

# The source of a record that names none.
API = "api"


def deliver_events(
    session: Session, written: Sequence[Mapping[str, Any]], *, now: datetime
) -> Ingested:
    """Take events. A source that delivers tells what happened until now."""
    result = ingest_events(session, written, now=now)
    refused = {each.index for each in result.rejected if not each.kept}
    heard = {
        str(each.get("source", API)).strip()
        for index, each in enumerate(written)
        if index not in refused
    }
    for name in heard:
        heard_from(session, name, now)
    return result


def deliver_leads(
    session: Session, written: Sequence[Mapping[str, Any]], *, now: datetime
) -> Ingested:
    """Take leads, in the name of the source "api"."""
    result = ingest_leads(session, written, source=API, now=now)
    if result.accepted or result.duplicates:
        heard_from(session, API, now)
    return result


def heard_from(session: Session, name: str, at: datetime) -> None:
    """Note that a source told, as things happen, what happened until `at`."""
    source = source_named(session, name)
    known = source.complete_through_at
    source.complete_through_at, source.live = max(known, at) if known else at, True
