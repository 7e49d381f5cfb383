"""What comes in from programs and files: one record an event, checked field by field."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Self
from zoneinfo import ZoneInfo

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from experiments.events import SITE, EventType
from experiments.findings import from_pydantic
from experiments.money import known_currency, to_minor
from experiments.problem import Refused, problem
from experiments.written import Written

OLDEST = datetime(1970, 1, 2, tzinfo=UTC)
LARGEST_AMOUNT = Decimal(10) ** 13


class Value(BaseModel):
    """An amount of money."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    amount: Decimal = Field(ge=0, le=LARGEST_AMOUNT, allow_inf_nan=False)
    currency: str

    @field_validator("currency")
    @classmethod
    def _known(cls, code: str) -> str:
        if not known_currency(code.upper()):
            raise ValueError(f"no currency has the code {code}")
        return code.upper()

    @property
    def minor(self) -> int:
        """The amount in minor units."""
        return to_minor(self.amount, self.currency)


class EventRecord(Written):
    """An event as a source tells it.

    `source` and `source_id` are its identity. `account_id`, `process` and `name` matter
    only where the event is the first word of its lead. `origin` is the row as it stood.
    """

    source: str = Field("api", min_length=1, max_length=120)
    source_id: str = Field(min_length=1, max_length=200)
    type: EventType = EventType.STAGE_ENTERED
    lead_id: str = Field(min_length=1, max_length=120)
    stage: str | None = Field(None, min_length=1, max_length=200)
    action: str | None = Field(None, min_length=1, max_length=200)
    occurred_at: datetime
    owner_id: str | None = Field(None, min_length=1, max_length=120)
    actor_id: str | None = Field(None, min_length=1, max_length=120)
    value: Value | None = None
    reason: str = Field("", max_length=5000)
    voids: str | None = Field(None, min_length=1, max_length=200)
    account_id: str | None = Field(None, min_length=1, max_length=120)
    process: str | None = Field(None, min_length=1, max_length=80)
    name: str = Field("", max_length=200)
    origin: dict[str, Any] = Field(default_factory=dict)

    @field_validator("occurred_at")
    @classmethod
    def _aware(cls, at: datetime, info: ValidationInfo) -> datetime:
        return aware(at, (info.context or {}).get("zone"))

    @model_validator(mode="after")
    def _complete(self) -> Self:
        needed = _NEEDED.get(self.type)
        if needed and getattr(self, needed) is None:
            raise ValueError(f"an event of type {self.type} needs {needed}")
        for field, kinds in _OF.items():
            if getattr(self, field) is not None and self.type not in kinds:
                raise ValueError(f"{field} belongs to an event of type {' or '.join(kinds)}")
        if self.type is EventType.ACTION_SKIPPED and not self.reason.strip():
            raise ValueError("an event of type action_skipped needs reason")
        return self

    def digest(self) -> str:
        """A short hash of what it says; a repeat says the same."""
        said = self.model_dump_json(exclude={"origin"})
        return hashlib.blake2b(said.encode(), digest_size=16).hexdigest()


_NEEDED = {
    EventType.STAGE_ENTERED: "stage",
    EventType.ACTION_DONE: "action",
    EventType.ACTION_SKIPPED: "action",
    EventType.OWNER_CHANGED: "owner_id",
    EventType.VALUE_CHANGED: "value",
    EventType.VOIDED: "voids",
}
_OF = {
    "stage": (EventType.STAGE_ENTERED,),
    "action": (EventType.ACTION_DONE, EventType.ACTION_SKIPPED),
}


class LeadRecord(Written):
    """A lead as a source tells it for the first time."""

    lead_id: str = Field(min_length=1, max_length=120)
    owner_id: str | None = Field(None, min_length=1, max_length=120)
    account_id: str | None = Field(None, min_length=1, max_length=120)
    created_at: datetime
    process: str | None = Field(None, min_length=1, max_length=80)
    name: str = Field("", max_length=200)
    attributes: dict[str, Any] = Field(default_factory=dict)

    @field_validator("created_at")
    @classmethod
    def _aware(cls, at: datetime, info: ValidationInfo) -> datetime:
        return aware(at, (info.context or {}).get("zone"))

    def event(self, source: str) -> EventRecord:
        """The event by which the lead begins."""
        return EventRecord(
            source=source,
            source_id=f"lead:{self.lead_id}",
            type=EventType.CREATED,
            lead_id=self.lead_id,
            occurred_at=self.created_at,
            owner_id=self.owner_id,
            account_id=self.account_id,
            process=self.process,
            name=self.name or str(self.attributes.get("name", ""))[:200],
            origin=self.attributes,
        )


def aware(at: datetime, zone: ZoneInfo | None) -> datetime:
    """A time with its zone; one without it is taken in `zone`. Raises ValueError if too old."""
    try:
        moment = (at if at.tzinfo else at.replace(tzinfo=zone or UTC)).astimezone(UTC)
    except OverflowError:
        raise ValueError("this time is beyond the calendar") from None
    if moment < OLDEST:
        raise ValueError("this time is before 1970")
    return moment


def read_event(written: Mapping[str, Any], *, zone: ZoneInfo) -> EventRecord:
    """The record in a JSON value. Raises Refused naming each wrong field."""
    try:
        record = EventRecord.model_validate(written, context={"zone": zone})
    except ValidationError as error:
        raise from_pydantic(error) from None
    if record.source == SITE:
        text = "The source {source} is the site's own: give yours another name."
        raise Refused(problem("source", text, source=SITE))
    return record


def read_lead(written: Mapping[str, Any], *, zone: ZoneInfo) -> LeadRecord:
    """The record in a JSON value. Raises Refused naming each wrong field."""
    try:
        return LeadRecord.model_validate(written, context={"zone": zone})
    except ValidationError as error:
        raise from_pydantic(error) from None
