"""What is written to a CRM, as requests to its API: pure, one writer a kind."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from experiments.crm.adapters import Kind
from experiments.crm.signatures import sign_standard

# HubSpot's own number for the bond between a task and a deal.
_TASK_TO_DEAL = 216
SALESFORCE_API = "v62.0"
_HUBSPOT_TASKS = {"call": "CALL", "email": "EMAIL"}
_PIPEDRIVE_TASKS = {"call": "call", "email": "email", "meeting": "meeting", "demo": "meeting"}


@dataclass(frozen=True, slots=True)
class Target:
    """Where and how a connection is told.

    Args:
        token: For its API; for a program that takes our webhooks the secret that signs them.
    """

    kind: Kind
    url: str
    token: str
    field: str


@dataclass(frozen=True, slots=True)
class Telling:
    """A message: its id stays the same however often it is sent."""

    id: int
    topic: str
    said: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Call:
    """A request to make."""

    method: str
    url: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


def call_for(target: Target, telling: Telling, now: datetime) -> Call:
    """The request that tells a program something."""
    return _WRITERS[target.kind](target, telling, now)


def _hubspot(target: Target, telling: Telling, _now: datetime) -> Call:
    said, root = telling.said, f"{target.url}/crm/v3/objects"
    headers = {"Authorization": f"Bearer {target.token}"}
    if telling.topic != "lead.task":
        body = {"properties": {target.field: said["variant_name"]}}
        return _json("PATCH", f"{root}/deals/{said['lead_id']}", body, headers)
    properties = {
        # The end of the day's working hours in Europe, noon in America: any zone's same day.
        "hs_timestamp": f"{said['due_on']}T16:00:00Z",
        "hs_task_subject": said["subject"],
        "hs_task_body": said["instructions"],
        "hs_task_status": "NOT_STARTED",
        "hs_task_type": _HUBSPOT_TASKS.get(said["kind"], "TODO"),
    } | _owner(said, "hubspot_owner_id", str.isdecimal)
    bond = {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": _TASK_TO_DEAL}
    associations = [{"to": {"id": said["lead_id"]}, "types": [bond]}]
    return _json(
        "POST", f"{root}/tasks", {"properties": properties, "associations": associations}, headers
    )


def _salesforce(target: Target, telling: Telling, _now: datetime) -> Call:
    said, root = telling.said, f"{target.url}/services/data/{SALESFORCE_API}/sobjects"
    headers = {"Authorization": f"Bearer {target.token}"}
    if telling.topic != "lead.task":
        body = {target.field: said["variant_name"]}
        return _json("PATCH", f"{root}/Opportunity/{said['lead_id']}", body, headers)
    task = {
        "WhatId": said["lead_id"],
        "Subject": said["subject"][:255],
        "Description": said["instructions"],
        "ActivityDate": said["due_on"],
        "Status": "Not Started",
    } | _owner(said, "OwnerId", lambda word: word.startswith("005"))
    return _json("POST", f"{root}/Task", task, headers)


def _pipedrive(target: Target, telling: Telling, _now: datetime) -> Call:
    said, root = telling.said, f"{target.url}/api/v2"
    headers = {"x-api-token": target.token}
    if telling.topic != "lead.task":
        body = {"custom_fields": {target.field: said["variant_name"]}}
        return _json("PATCH", f"{root}/deals/{said['lead_id']}", body, headers)
    owner = _owner(said, "owner_id", str.isdecimal)
    activity = {
        "subject": said["subject"],
        "type": _PIPEDRIVE_TASKS.get(said["kind"], "task"),
        "due_date": said["due_on"],
        "note": said["instructions"],
        "deal_id": int(said["lead_id"]) if said["lead_id"].isdecimal() else said["lead_id"],
    } | {name: int(word) for name, word in owner.items()}
    return _json("POST", f"{root}/activities", activity, headers)


def _standard(target: Target, telling: Telling, now: datetime) -> Call:
    envelope = {"type": telling.topic, "timestamp": now.isoformat(), "data": telling.said}
    body = json.dumps(envelope, ensure_ascii=False).encode()
    message_id, stamp = f"msg_{telling.id}", str(int(now.timestamp()))
    signature = sign_standard(target.token, message_id=message_id, stamp=stamp, body=body)
    headers = {
        "Content-Type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": stamp,
        "webhook-signature": signature,
    }
    return Call("POST", target.url, body, headers)


def _json(method: str, url: str, body: Mapping[str, Any], headers: Mapping[str, str]) -> Call:
    raw = json.dumps(body, ensure_ascii=False).encode()
    return Call(method, url, raw, {"Content-Type": "application/json", **headers})


def _owner(said: Mapping[str, Any], name: str, is_theirs: Callable[[str], bool]) -> dict[str, str]:
    """The owner, where the word that we have for them is an id of the CRM's."""
    word = said.get("owner_id") or ""
    return {name: word} if word and is_theirs(word) else {}


_WRITERS: dict[Kind, Callable[[Target, Telling, datetime], Call]] = {
    Kind.HUBSPOT: _hubspot,
    Kind.SALESFORCE: _salesforce,
    Kind.PIPEDRIVE: _pipedrive,
    Kind.STANDARD: _standard,
}
