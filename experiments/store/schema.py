"""Every entity of the store, imported so that its metadata is whole."""

from __future__ import annotations

from sqlalchemy import MetaData

from experiments import (
    approval,
    audit,
    calendar_feed,
    company,
    decision,
    enrolment,
    events,
    experiment,
    leads,
    looks,
    opening,
    people,
    process,
    process_reading,
    proposal,
    unfinished,
    uploads,
    users,
)
from experiments.access import second_factor, sign_in_links
from experiments.exchange import connections, inbox, outbox
from experiments.importing import batches
from experiments.store.columns import Entity

NOUNS = (
    batches,
    approval,
    audit,
    calendar_feed,
    company,
    connections,
    decision,
    enrolment,
    events,
    experiment,
    inbox,
    leads,
    looks,
    opening,
    outbox,
    people,
    process,
    process_reading,
    proposal,
    second_factor,
    sign_in_links,
    unfinished,
    uploads,
    users,
)


def whole_metadata() -> MetaData:
    """The metadata of all tables."""
    return Entity.metadata
