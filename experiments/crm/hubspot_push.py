"""HubSpot's webhooks: an array of changes, in the older form (`deal.propertyChange`) and the
newer (`object.propertyChange` with `objectTypeId`).

A change names no stage before, `eventId` is not unique and the order is not kept: identity is
made of five fields, order is `occurredAt`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
from experiments.crm.signatures import check_hubspot
from experiments.problem import Refused, problem

DEALS = "0-3"
_IDENTITY = ("portalId", "subscriptionType", "objectId", "eventId", "occurredAt")
# What people do to a deal as a whole, and the site does not do for them.
_LOST = ("deletion", "merge", "privacyDeletion")

# How a property's new value is told: event fields, or None where nothing is.
_Tell = Callable[[str, Message], Mapping[str, Any] | None]
_PROPERTIES: dict[str, _Tell] = {
    "dealstage": lambda value, _: {"type": "stage_entered", "stage": value},
    "hubspot_owner_id": lambda value, _: {"type": "owner_changed", "owner_id": value},
    "amount": lambda value, message: {
        "type": "value_changed",
        "value": value_of(value, message.currency),
    },
}


def prove(credentials: Credentials, arrival: Arrival, now: datetime) -> None:
    """Check the signature of version 3."""
    check_hubspot(
        credentials.secret,
        method=arrival.method,
        uri=arrival.uri,
        body=arrival.body,
        headers=arrival.headers,
        now=now,
    )


def read(message: Message) -> Heard:
    """What the changes of an array say. Raises Refused where there is no array."""
    changes = json_of(message.body)
    if not isinstance(changes, list):
        raise Refused(problem("body", "HubSpot sends a list of changes; this is none."))
    heard = Heard()
    for place, change in enumerate(changes, 1):
        try:
            _hear(heard, place, object_of(change, "change"), message)
        except Refused as refusal:
            heard.doubt(place, refusal)
    return heard


def _hear(heard: Heard, place: int, change: Mapping[str, Any], message: Message) -> None:
    noun, _, verb = needed(change, "subscriptionType").partition(".")
    if noun == "object":
        noun = "deal" if text_of(change, "objectTypeId") == DEALS else "other"
    if noun != "deal":
        heard.passed += 1
    elif verb == "creation":
        heard.tell(place, type="created", **_common(change, message))
    elif verb == "propertyChange":
        _hear_property(heard, place, change, message)
    elif verb in _LOST:
        text = "HubSpot tells of a {verb} of deal {deal}; its history stays here as it was."
        raise Refused(
            problem("subscriptionType", text, verb=verb, deal=needed(change, "objectId"))
        )
    elif verb in ("restore", "associationChange"):
        heard.passed += 1
    else:
        raise Refused(problem("subscriptionType", "{verb} is not known here.", verb=verb[:60]))


def _hear_property(heard: Heard, place: int, change: Mapping[str, Any], message: Message) -> None:
    name, value = needed(change, "propertyName"), text_of(change, "propertyValue")
    if name == "pipeline" and value:
        heard.pipelines[needed(change, "objectId")] = value
    tell = _PROPERTIES.get(name)
    if tell is None or not value:
        # A name, or an owner or amount that was taken away: no word of the deal's course.
        heard.passed += 1
        return
    heard.tell(place, **(tell(value, message) or {}), **_common(change, message))


def _common(change: Mapping[str, Any], message: Message) -> dict[str, Any]:
    lead = needed(change, "objectId")
    identity = [needed(change, name) for name in _IDENTITY]
    # Two changes of one deal in one event differ by their property.
    return {
        "source": message.source,
        "source_id": ":".join([*identity, text_of(change, "propertyName")]).rstrip(":"),
        "lead_id": lead,
        "occurred_at": moment_of(change, "occurredAt"),
        "origin": dict(change),
    }


ADAPTER = Adapter(prove=prove, read=read)
