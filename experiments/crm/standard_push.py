"""Any program's webhooks, signed as Standard Webhooks has it.

The body is what `POST /api/v1/events` takes, or one event in the envelope of the standard:
`{"type": "stage_entered", "timestamp": …, "data": {…}}`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from experiments.crm.push import (
    Adapter,
    Arrival,
    Credentials,
    Heard,
    Message,
    json_of,
    object_of,
)
from experiments.crm.signatures import check_standard
from experiments.problem import Refused, problem


def prove(credentials: Credentials, arrival: Arrival, now: datetime) -> None:
    """Check the signature and its age."""
    check_standard(credentials.secret, body=arrival.body, headers=arrival.headers, now=now)


def read(message: Message) -> Heard:
    """What a body says. Raises Refused where it is in neither form."""
    body = object_of(json_of(message.body), "body")
    heard = Heard()
    if isinstance(body.get("events"), list):
        for place, event in enumerate(body["events"], 1):
            _hear(heard, place, event, message)
    elif "data" in body:
        _hear(heard, 1, _from_envelope(body), message)
    else:
        raise Refused(problem("body", "Send events, or an envelope with type and data."))
    return heard


def _from_envelope(body: Mapping[str, Any]) -> Any:
    data = body["data"]
    if not isinstance(data, dict):
        return data
    said: dict[str, Any] = {}
    if isinstance(body.get("type"), str):
        said["type"] = body["type"].rpartition(".")[2]
    if "timestamp" in body:
        said["occurred_at"] = body["timestamp"]
    return said | data


def _hear(heard: Heard, place: int, event: Any, message: Message) -> None:
    try:
        fields = dict(object_of(event, "event"))
    except Refused as refusal:
        heard.doubt(place, refusal)
        return
    if message.id:
        fields.setdefault("source_id", f"{message.id}:{place}"[:200])
    # Whoever holds this secret speaks for this source, and for no other.
    heard.tell(place, **fields | {"source": message.source})


ADAPTER = Adapter(prove=prove, read=read)
