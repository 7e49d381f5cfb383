"""Where a record belongs: its lead, stage, action, owner; or why it has no place yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from experiments.events import EventType, Kept
from experiments.ingest_lookup import LeadFacts, Lookup
from experiments.problem import Problem, Refused, problem
from experiments.records import EventRecord

# A sender's clock may run a little ahead of ours.
CLOCK_TOLERANCE = timedelta(minutes=5)
# A CRM writes a deal's first fields in the moments around its creation, in any order.
BIRTH_TOLERANCE = timedelta(minutes=1)


class Unplaceable(Exception):
    """The record names something that is not known yet; it is kept until it is."""

    def __init__(self, why: Kept, found: Problem) -> None:
        super().__init__(str(found))
        self.why, self.problem = why, found


@dataclass(frozen=True, slots=True)
class Beginnings:
    """The first words of new leads; `implied` are those that no source has said itself."""

    leads: list[EventRecord]
    implied: list[EventRecord]


def beginnings(records: Sequence[EventRecord], lookup: Lookup) -> Beginnings:
    """Which records begin a lead: its `created` event, else the first with a known owner."""
    first: dict[str, EventRecord] = {}
    for record in records:
        known = record.lead_id in lookup.leads
        starts = record.type is EventType.CREATED or record.owner_id is not None
        if known or not starts or (record.owner_id and record.owner_id not in lookup.reps):
            continue
        held = first.get(record.lead_id)
        if held is None or _rank(record) < _rank(held):
            first[record.lead_id] = record
    leads = list(first.values())
    return Beginnings(leads, [_implied(each) for each in leads if each.type != "created"])


def refuse_impossible(record: EventRecord, lookup: Lookup, *, latest: datetime) -> None:
    """Raise Refused for a time in the future or a process that does not exist.

    Args:
        latest: The last moment that is not in the future.
    """
    if record.occurred_at > latest:
        text = "{at} is in the future."
        raise Refused(problem("occurred_at", text, at=record.occurred_at.isoformat()))
    if record.process and lookup.version_id(record.process) is None:
        raise Refused(problem("process", "There is no process {word}.", word=record.process))


def event_row(record: EventRecord, lookup: Lookup, *, now: datetime) -> dict[str, Any]:
    """The row to store for a record.

    Raises:
        Unplaceable: where it names something that is not known yet.
        Refused: where it is older than its lead.
    """
    owner_id = _rep_id("owner_id", record.owner_id, lookup)
    actor_id = _rep_id("actor_id", record.actor_id, lookup)
    value = record.value
    lead = lookup.leads.get(record.lead_id)
    if lead is None:
        text = "There is no lead {lead} yet, and no owner_id to begin it."
        raise Unplaceable(Kept.UNKNOWN_LEAD, problem("lead_id", text, lead=record.lead_id))
    _refuse_before_lead(record, lead)
    created = lead.created_at or record.occurred_at
    return {
        "source_id": lookup.source_ids[record.source],
        "source_ref": record.source_id,
        "type": record.type,
        "lead_id": lead.id,
        "stage_id": _stage_id(record.stage, lead, lookup),
        "action_id": _action_id(record.action, lead, lookup),
        "owner_id": owner_id,
        "actor_id": actor_id,
        "occurred_at": max(record.occurred_at, created),
        "recorded_at": now,
        "amount_minor": value.minor if value else None,
        "currency": value.currency if value else None,
        "reason": record.reason,
        "voids_id": _voided_id(record, lookup),
        "digest": lookup.digest_of(record),
        "payload": record.model_dump_json(exclude_defaults=True),
    }


def _refuse_before_lead(record: EventRecord, lead: LeadFacts) -> None:
    if lead.created_at and record.occurred_at < lead.created_at - BIRTH_TOLERANCE:
        text = "{at} is before the lead was created ({created})."
        at, created = record.occurred_at.isoformat(), lead.created_at.isoformat()
        raise Refused(problem("occurred_at", text, at=at, created=created))


def _rank(record: EventRecord) -> tuple[bool, datetime]:
    return record.type is not EventType.CREATED, record.occurred_at


def _implied(record: EventRecord) -> EventRecord:
    return EventRecord(
        source=record.source,
        source_id=f"{record.source_id[:190]}#created",
        type=EventType.CREATED,
        lead_id=record.lead_id,
        occurred_at=record.occurred_at,
        owner_id=record.owner_id,
    )


def _rep_id(where: str, word: str | None, lookup: Lookup) -> int | None:
    if word is None:
        return None
    if word not in lookup.reps:
        raise Unplaceable(Kept.UNKNOWN_OWNER, problem(where, "There is no rep {rep}.", rep=word))
    return lookup.reps[word]


def _stage_id(word: str | None, lead: LeadFacts, lookup: Lookup) -> int | None:
    if word is None:
        return None
    known = lookup.words(lead.version_id).stages if lead.version_id else {}
    found = known.get(word) or known.get(word.casefold())
    if found is None:
        text = "There is no stage {stage} in the lead's process."
        raise Unplaceable(Kept.UNKNOWN_STAGE, problem("stage", text, stage=word))
    return found


def _action_id(word: str | None, lead: LeadFacts, lookup: Lookup) -> int | None:
    if word is None:
        return None
    known = lookup.words(lead.version_id).actions if lead.version_id else {}
    found = known.get(word) or known.get(word.casefold())
    if found is None:
        text = "There is no action {action} in the lead's process."
        raise Unplaceable(Kept.UNKNOWN_ACTION, problem("action", text, action=word))
    return found


def _voided_id(record: EventRecord, lookup: Lookup) -> int | None:
    if record.voids is None:
        return None
    found = lookup.event_id((lookup.source_id(record), record.voids))
    if found is None:
        text = "There is no event {event} of this source to void."
        raise Unplaceable(Kept.UNKNOWN_EVENT, problem("voids", text, event=record.voids))
    return found
