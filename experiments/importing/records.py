"""What a row says → the records to ingest, given what is known of its lead already.

The ids of records are made of the deal's id and of what is said, so that the same file
tells nothing new a second time, and a later export of the same deals only what changed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from experiments.events import Event, EventType, Source
from experiments.findings import from_pydantic
from experiments.importing.course import Entry
from experiments.importing.deal import Deal
from experiments.importing.stage_book import StageBook
from experiments.leads import Lead
from experiments.people import Rep
from experiments.records import EventRecord, Value
from experiments.store.bulk import among

LONGEST_ID = 200


@dataclass(frozen=True, slots=True)
class Known:
    """What the store knows of a lead. `owner` is an external id.

    `beginning` is the record by which this very source once told how the lead began.
    """

    stage_id: int | None
    owner: str | None
    amount_minor: int | None
    currency: str | None
    beginning: EventRecord | None


def known_leads(session: Session, source: str, lead_ids: Collection[str]) -> dict[str, Known]:
    """What is known of these leads, by their id."""
    told = _beginnings(session, source, lead_ids)
    wanted = (
        select(Lead.external_id, Lead.stage_id, Rep.external_id, Lead.amount_minor, Lead.currency)
        .outerjoin(Rep, Lead.owner_id == Rep.id)
        .where(among(session, Lead.external_id, lead_ids))
    )
    return {
        lead_id: Known(stage_id, owner, amount, currency, told.get(lead_id))
        for lead_id, stage_id, owner, amount, currency in session.execute(wanted)
    }


def _beginnings(session: Session, source: str, lead_ids: Iterable[str]) -> dict[str, EventRecord]:
    voiding = aliased(Event)
    wanted = (
        select(Event.payload)
        .join(Source, Source.id == Event.source_id)
        .outerjoin(voiding, voiding.voids_id == Event.id)
        .where(Source.name == source, voiding.id.is_(None))
        .where(among(session, Event.source_ref, [created_id(each) for each in lead_ids]))
    )
    records = [EventRecord.model_validate_json(each) for each in session.scalars(wanted)]
    return {each.lead_id: each for each in records}


@dataclass(frozen=True, slots=True)
class RecordWriter:
    """Writes the records of deals.

    Args:
        seen_at: The end of the file's data, and `seen_day` its day.
        follows_history: Whether stage moves were told by a history file: then the deals
            file adds only what that does not know.
    """

    source: str
    book: StageBook
    seen_at: datetime
    seen_day: str
    follows_history: bool = False

    def beginning(self, deal: Deal, known: Known | None) -> list[EventRecord]:
        """How the lead began; repeated word for word where this source has told it before.

        Names and owners change in a CRM, the beginning of a deal does not: another date is
        a conflict, another owner is a change of owner.
        """
        if deal.created_at is None:
            return []
        if known and known.beginning and known.beginning.occurred_at == deal.created_at:
            return [known.beginning]
        begun = {"type": EventType.CREATED, "occurred_at": deal.created_at, "origin": deal.row}
        return [self._record(deal, created_id(deal.id), begun | _beginning_of(deal))]

    def course(self, deal: Deal, known: Known | None) -> list[EventRecord]:
        """The stages that the deal entered, its value, and a new owner."""
        records = self._new_owner(deal, known)
        for entry in deal.entries:
            last = entry is deal.entries[-1]
            if last and self._stands(entry, known):
                records += self._new_value(deal, entry, known)
            else:
                records.append(self._entry(deal, entry, known, last=last))
        return records

    def _entry(self, deal: Deal, entry: Entry, known: Known | None, *, last: bool) -> EventRecord:
        said = ["stage", entry.stage, entry.mark]
        fields: dict[str, Any] = {"stage": entry.stage, "occurred_at": entry.at}
        if last:
            fields |= {"value": deal.value, "reason": deal.reason}
            said += [_amount(deal.value)] if deal.value else []
        if deal.created_at is None:
            fields |= _beginning_of(deal)
            said += [deal.owner] if deal.owner else []
        if deal.created_at is None or (known and known.beginning):
            # Else the row rests beside the record of the deal's beginning.
            fields["origin"] = deal.row
        return self._record(deal, _id(deal.id, *said), fields)

    def _stands(self, entry: Entry, known: Known | None) -> bool:
        """Whether the lead stands in the stage already, and the row cannot say better."""
        if known is None or (entry.dated and not self.follows_history):
            return False
        return known.stage_id in self.book.ids.get(entry.stage.casefold(), ())

    def _new_value(self, deal: Deal, entry: Entry, known: Known | None) -> list[EventRecord]:
        value = deal.value
        if value is None or known is None:
            return []
        if (value.minor, value.currency) == (known.amount_minor, known.currency):
            return []
        fields = {"type": EventType.VALUE_CHANGED, "value": value, "occurred_at": entry.at}
        said = _id(deal.id, "value", _amount(value), entry.mark)
        return [self._record(deal, said, fields | {"origin": deal.row})]

    def _new_owner(self, deal: Deal, known: Known | None) -> list[EventRecord]:
        told = known is not None and known.beginning is not None
        if known is None or not told or not deal.owner or known.owner == deal.owner:
            return []
        fields = {
            "type": EventType.OWNER_CHANGED,
            "owner_id": deal.owner,
            "occurred_at": max(self.seen_at, deal.created_at or self.seen_at),
            "origin": deal.row,
        }
        return [self._record(deal, _id(deal.id, "owner", deal.owner, self.seen_day), fields)]

    def _record(self, deal: Deal, source_id: str, fields: dict[str, Any]) -> EventRecord:
        try:
            return EventRecord(source=self.source, source_id=source_id, lead_id=deal.id, **fields)
        except ValidationError as error:
            raise from_pydantic(error) from None


def created_id(lead_id: str) -> str:
    """The id of the record by which a deal begins."""
    return _id(lead_id, "created")


def move_id(lead_id: str, stage: str, mark: str) -> str:
    """The id of a move that a history file tells."""
    return _id(lead_id, "move", stage, mark)


def _id(lead_id: str, *said: str) -> str:
    whole = ":".join(("deal", lead_id, *said))
    if len(whole) <= LONGEST_ID:
        return whole
    return whole[:150] + "#" + hashlib.blake2b(whole.encode(), digest_size=16).hexdigest()


def _amount(value: Value) -> str:
    return f"{value.amount.normalize():f}{value.currency}"


def _beginning_of(deal: Deal) -> dict[str, Any]:
    return {
        "owner_id": deal.owner,
        "account_id": deal.account,
        "process": deal.process,
        "name": deal.name,
    }
