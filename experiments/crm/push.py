"""What a CRM pushes, and what its adapter makes of it: pure, one adapter a CRM.

An adapter never guesses. What it understands becomes an event as `POST /api/v1/events` takes
it; what it does not becomes a fault with its place, for a person to look at.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from experiments.problem import Problem, Refused, problem
from experiments.store.columns import EPOCH

# No CRM's clock stands beyond the year 5138; larger numbers are no milliseconds.
_LARGEST_EPOCH = 10**14
_SECONDS_END = 10**11


@dataclass(frozen=True, slots=True)
class Arrival:
    """A request as it came in.

    Args:
        uri: The public address that the sender was given.
        headers: By name in lower case.
    """

    method: str
    uri: str
    body: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a sender must know: a secret, or the id of its organisation."""

    secret: str
    organization: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """A stored delivery, to be read.

    Args:
        id: The sender's own id of it, where its header names one.
        currency: Of amounts that stand without one.
    """

    body: bytes
    received_at: datetime
    source: str
    currency: str
    id: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """An event of a delivery; `place` counts the delivery's parts from 1."""

    place: int
    event: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Fault:
    """A part of a delivery that was not understood."""

    place: int
    problem: Problem


@dataclass(slots=True)
class Heard:
    """All that a delivery says.

    Args:
        pipelines: Lead → the CRM's word for its pipeline.
        passed: Parts that are understood and say nothing of a deal's course.
    """

    said: list[Said] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    pipelines: dict[str, str] = field(default_factory=dict)
    passed: int = 0

    def tell(self, place: int, **event: Any) -> None:
        """Add an event; a field of None is left out."""
        self.said.append(Said(place, {k: v for k, v in event.items() if v is not None}))

    def doubt(self, place: int, refusal: Refused) -> None:
        """Add what is wrong with a part."""
        self.faults += [Fault(place, each) for each in refusal.problems]


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """What the sender takes for a yes."""

    body: bytes = b""
    media_type: str = "text/plain"


@dataclass(frozen=True, slots=True)
class Adapter:
    """How one kind of CRM is heard.

    Args:
        prove: Raises BadSignature for a request that is not proved to come from it.
        read: What a delivery says; raises Refused where it is no such delivery at all.
        snapshots: Whether it tells how a deal stands and not what changed: what stands as
            before is then no event.
    """

    prove: Callable[[Credentials, Arrival, datetime], None]
    read: Callable[[Message], Heard]
    acknowledgement: Acknowledgement = Acknowledgement()
    snapshots: bool = False


def json_of(body: bytes) -> Any:
    """The JSON of a body. Raises Refused for what is none, or cannot be stored."""
    try:
        value = json.loads(body, parse_constant=_no_constant)
        # Half of a pair of surrogates is no text: no database takes it.
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise Refused(problem("body", "This is not JSON in UTF-8.")) from None
    return value


def object_of(value: Any, where: str) -> Mapping[str, Any]:
    """A JSON object. Raises Refused for anything else."""
    if not isinstance(value, dict):
        raise Refused(problem(where, "There is no object {name} here.", name=where))
    return value


def text_of(fields: Mapping[str, Any], name: str) -> str:
    """A field as text; empty where it is missing or null. Raises Refused for an object or list."""
    value = fields.get(name)
    if value is None or isinstance(value, bool):
        return ""
    if not isinstance(value, str | int | float):
        raise Refused(problem(name, "{name} is neither a text nor a number.", name=name))
    return str(value).strip()


def needed(fields: Mapping[str, Any], name: str) -> str:
    """As `text_of`. Raises Refused for what is missing."""
    found = text_of(fields, name)
    if not found:
        raise Refused(problem(name, "{name} is missing.", name=name))
    return found


def moment_of(fields: Mapping[str, Any], name: str) -> str | None:
    """A time in ISO form; a number is seconds or milliseconds since 1970, no zone is UTC."""
    text = text_of(fields, name)
    if not text:
        return None
    try:
        return _moment(text).isoformat()
    except (ValueError, OverflowError):
        raise Refused(problem(name, "{text} is no time.", text=text[:60])) from None


def value_of(amount: str, currency: str) -> Mapping[str, str] | None:
    """An amount as events have it; None where there is none."""
    return {"amount": amount, "currency": currency} if amount else None


def _moment(text: str) -> datetime:
    if text.isascii() and text.isdecimal() and len(text) > 8:
        number = int(text)
        if number >= _LARGEST_EPOCH:
            raise ValueError(text)
        unit = timedelta(seconds=1) if number < _SECONDS_END else timedelta(milliseconds=1)
        return EPOCH + number * unit
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _no_constant(name: str) -> float:
    raise ValueError(name)
