"""Pipedrive's webhooks, versions 1 and 2: how a deal is now, and what its changed fields were.

Nothing is signed and version 1 has no id of the message, so an event's id is made of what it
says: a delivery that comes again says the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from experiments.crm.push import (
    Adapter,
    Arrival,
    Credentials,
    Heard,
    Message,
    json_of,
    moment_of,
    needed,
    object_of,
    text_of,
    value_of,
)
from experiments.crm.signatures import BadSignature, check_basic
from experiments.problem import Refused, problem

_CREATED = ("create", "added")
_CHANGED = ("change", "updated")
_DELETED = ("delete", "deleted")
# Where version 2 has `owner_id`, version 1 has `user_id`.
_OWNER = ("owner_id", "user_id")
_ENDS = {"won": "won_time", "lost": "lost_time"}


@dataclass(frozen=True, slots=True)
class _Change:
    """A deal as it is, the names of what changed, and when; all changed where it is new."""

    deal: Mapping[str, Any]
    lead: str
    at: str
    names: frozenset[str] | None

    def touches(self, *names: str) -> bool:
        return self.names is None or any(name in self.names for name in names)


def prove(credentials: Credentials, arrival: Arrival, _now: datetime) -> None:
    """Check HTTP Basic; the secret is `user:password`."""
    user, colon, password = credentials.secret.partition(":")
    if not colon or not password:
        raise BadSignature
    check_basic(user, password, headers=arrival.headers)


def read(message: Message) -> Heard:
    """What a webhook says. Raises Refused where it is none of Pipedrive's."""
    body = object_of(json_of(message.body), "body")
    meta = object_of(body.get("meta"), "meta")
    heard = Heard()
    entity = text_of(meta, "entity") or text_of(meta, "object")
    if entity != "deal":
        heard.passed += 1
        return heard
    try:
        _hear(heard, body, meta, message)
    except Refused as refusal:
        heard.doubt(1, refusal)
    return heard


def _hear(
    heard: Heard, body: Mapping[str, Any], meta: Mapping[str, Any], message: Message
) -> None:
    action = needed(meta, "action")
    if action in _DELETED:
        lead = text_of(meta, "entity_id") or needed(meta, "id")
        text = "Pipedrive deleted the deal {deal}; its history stays here as it was."
        raise Refused(problem("action", text, deal=lead))
    if action not in (*_CREATED, *_CHANGED):
        raise Refused(problem("action", "{action} is not known here.", action=action[:60]))
    deal = object_of(body.get("data", body.get("current")), "data")
    change = _Change(
        deal=deal,
        lead=needed(deal, "id"),
        at=moment_of(meta, "timestamp") or message.received_at.isoformat(),
        names=None if action in _CREATED else _names(body.get("previous")),
    )
    if pipeline := text_of(deal, "pipeline_id"):
        heard.pipelines[change.lead] = pipeline
    before = len(heard.said)
    _tell(heard, change, message)
    heard.passed += len(heard.said) == before


def _names(previous: Any) -> frozenset[str]:
    return frozenset(previous) if isinstance(previous, dict) else frozenset()


def _tell(heard: Heard, change: _Change, message: Message) -> None:
    deal = change.deal
    owner = _owner(deal)
    if change.names is None:
        _event(
            heard,
            message,
            change,
            "created",
            moment_of(deal, "add_time"),
            type="created",
            owner_id=owner or None,
            name=text_of(deal, "title")[:200],
            account_id=_id(deal, "org_id")[:120] or None,
        )
    elif owner and change.touches(*_OWNER):
        _event(
            heard, message, change, f"owner:{owner}", None, type="owner_changed", owner_id=owner
        )
    if (stage := text_of(deal, "stage_id")) and change.touches("stage_id"):
        at = moment_of(deal, "stage_change_time")
        at = at or (moment_of(deal, "add_time") if change.names is None else None)
        _event(heard, message, change, f"stage:{stage}", at, type="stage_entered", stage=stage)
    _tell_status(heard, change, message)
    amount = text_of(deal, "value")
    if amount and change.touches("value", "currency"):
        value = value_of(amount, text_of(deal, "currency") or message.currency)
        _event(heard, message, change, f"value:{amount}", None, type="value_changed", value=value)


def _tell_status(heard: Heard, change: _Change, message: Message) -> None:
    """Won and lost stand beside the stage; a deal that is open again is in its stage again."""
    deal, status = change.deal, text_of(change.deal, "status")
    if not change.touches("status"):
        return
    if status in _ENDS:
        at, reason = moment_of(deal, _ENDS[status]), text_of(deal, "lost_reason")[:5000]
        _event(
            heard,
            message,
            change,
            f"status:{status}",
            at,
            type="stage_entered",
            stage=status,
            reason=reason,
        )
    elif status == "open" and change.names is not None:
        stage = needed(deal, "stage_id")
        what = f"reopened:{stage}"
        _event(heard, message, change, what, None, type="stage_entered", stage=stage)


def _event(
    heard: Heard, message: Message, change: _Change, what: str, at: str | None, **said: Any
) -> None:
    at = at or change.at
    heard.tell(
        1,
        source=message.source,
        # When a deal began is said once, whatever its clock says the second time.
        source_id=f"deal:{change.lead}:{what}" + ("" if what == "created" else f":{at}"),
        lead_id=change.lead,
        occurred_at=at,
        origin=dict(change.deal),
        **said,
    )


def _owner(deal: Mapping[str, Any]) -> str:
    return next((found for name in _OWNER if (found := _id(deal, name))), "")


def _id(deal: Mapping[str, Any], name: str) -> str:
    # Version 1 gives some ids as an object of the person they are of.
    value = deal.get(name)
    return (
        text_of(value, "value") or text_of(value, "id")
        if isinstance(value, dict)
        else text_of(deal, name)
    )


ADAPTER = Adapter(prove=prove, read=read)
