"""Leads and events as programs deliver them: the good ones stay, the others are listed."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body
from pydantic import BaseModel, Field, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue

from experiments.delivery import deliver_events, deliver_leads
from experiments.ingest import Ingested, Rejection
from experiments.records import EventRecord, LeadRecord
from experiments.users import User
from experiments.written import Written
from web.api import FAULTS, PREFIX
from web.deps import DbSession, Now
from web.security import STAFF, allow_token

MOST_RECORDS = 10_000

router = APIRouter(prefix=PREFIX, tags=["Leads and events"], responses=FAULTS)


class Shape:
    """Describes an element in OpenAPI that is checked later, one by one.

    One bad element must not refuse the whole delivery.
    """

    def __init__(self, model: type[BaseModel]) -> None:
        self.model = model

    def __get_pydantic_json_schema__(
        self, _schema: Any, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return handler(self.model.__pydantic_core_schema__)


class LeadsIn(Written):
    """Leads, told for the first time or again."""

    leads: list[Annotated[Any, Shape(LeadRecord)]] = Field(max_length=MOST_RECORDS)


class EventsIn(Written):
    """Events, in any order."""

    events: list[Annotated[Any, Shape(EventRecord)]] = Field(max_length=MOST_RECORDS)


class Rejected(BaseModel):
    """A record that was not taken; a kept one waits for a person on the Data page.

    `index` counts from 0, as programs do.
    """

    index: int
    error: str
    kept: bool


class Delivered(BaseModel):
    """What became of a delivery; every record is in exactly one of the three."""

    accepted: int
    duplicates: int
    rejected: list[Rejected]


LEADS_EXAMPLE = {
    "leads": [
        {
            "lead_id": "L-1001",
            "owner_id": "mina",
            "account_id": "acme",
            "created_at": "2026-03-02T09:00:00+01:00",
            "process": "discovery-first",
            "attributes": {"name": "Acme, twenty seats"},
        }
    ]
}
EVENTS_EXAMPLE = {
    "events": [
        {
            "source": "crm",
            "source_id": "evt-1",
            "lead_id": "L-1001",
            "stage": "Qualify",
            "occurred_at": "2026-03-03T11:30:00+01:00",
            "owner_id": "mina",
        },
        {
            "source": "crm",
            "source_id": "evt-2",
            "type": "value_changed",
            "lead_id": "L-1001",
            "occurred_at": "2026-03-04T08:00:00+01:00",
            "value": {"amount": "2400.00", "currency": "EUR"},
        },
    ]
}


@router.post("/leads")
def add_leads(
    delivered: Annotated[LeadsIn, Body(openapi_examples={"one": {"value": LEADS_EXAMPLE}})],
    session: DbSession,
    now: Now,
    _user: Annotated[User, allow_token(*STAFF)],
) -> Delivered:
    """Tell of new leads, up to 10,000. The same lead again is a duplicate, not an error."""
    return _told(deliver_leads(session, delivered.leads, now=now))


@router.post("/events")
def add_events(
    delivered: Annotated[EventsIn, Body(openapi_examples={"two": {"value": EVENTS_EXAMPLE}})],
    session: DbSession,
    now: Now,
    _user: Annotated[User, allow_token(*STAFF)],
) -> Delivered:
    """Tell what happened, up to 10,000 events.

    `source` and `source_id` are an event's identity: sent again it is a duplicate; sent again
    with other content it is a conflict. An event that names an unknown lead, stage, action or
    rep is kept and placed as soon as that is known. A time without zone is the company's.
    """
    return _told(deliver_events(session, delivered.events, now=now))


def _told(result: Ingested) -> Delivered:
    return Delivered(
        accepted=result.accepted,
        duplicates=result.duplicates,
        rejected=[_rejected(each) for each in result.rejected],
    )


def _rejected(rejection: Rejection) -> Rejected:
    return Rejected(index=rejection.index, error=str(rejection.problem), kept=rejection.kept)
