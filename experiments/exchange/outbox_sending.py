"""Sending what connected programs are to be told, until they take it.

A message is leased in one transaction, sent without any, and settled in another. A worker
that dies in between has sent it or not; when the lease is over it is sent (again), and so a
program is told at least once, each time with the same id.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import httpx2
from sqlalchemy import select

from experiments.crm.adapters import Kind
from experiments.crm.answers import Answered, next_try
from experiments.crm.signatures import BadSignature
from experiments.crm.writing import Call, Target, Telling, call_for
from experiments.exchange.connections import Connection, credentials_of, token_of
from experiments.exchange.outbox import OutboxMessage
from experiments.jobs import Job, Store

PORTION = 10
TIMEOUT_SECONDS = 10.0
# Longer than a portion can take, were every one of its requests to run out of time twice.
LEASE = timedelta(seconds=PORTION * TIMEOUT_SECONDS * 2 + 60)
LONGEST_FAULT = 500

Client = Callable[[], httpx2.Client]


@dataclass(frozen=True, slots=True)
class _Leased:
    """A message that is ours to send, away from the database."""

    id: int
    tries: int
    target: Target
    telling: Telling


def sending(environ: Mapping[str, str], client: Client | None = None) -> Job:
    """The job that sends.

    Args:
        environ: Where tokens and secrets may stand.
        client: Makes the client of one portion; one for the world where None.
    """
    make = client or world

    def run(store: Store, now: datetime) -> int:
        leased = _lease(store, environ, now)
        if leased:
            with make() as opened:
                answers = _send(opened, leased, now)
            _settle(store, answers, now)
        return len(leased)

    return Job("outbox", run)


def world() -> httpx2.Client:
    """A client that waits ten seconds at most, and goes nowhere but where it is sent."""
    return httpx2.Client(timeout=TIMEOUT_SECONDS, follow_redirects=False)


def _lease(store: Store, environ: Mapping[str, str], now: datetime) -> list[_Leased]:
    wanted = (
        select(OutboxMessage)
        .join(Connection)
        .where(OutboxMessage.due_at <= now, Connection.closed_at.is_(None))
        .order_by(OutboxMessage.due_at, OutboxMessage.id)
        .limit(PORTION)
        .with_for_update(skip_locked=True, of=OutboxMessage)
    )
    # Nobody takes the turn to write where nothing is due, as mostly nothing is.
    with store.reading() as session:
        if (
            session.scalar(select(OutboxMessage.id).where(OutboxMessage.due_at <= now).limit(1))
            is None
        ):
            return []
    with store.writing() as session:
        due = session.scalars(wanted).all()
        for each in due:
            each.due_at, each.tries = now + LEASE, each.tries + 1
        return [_leased(each, environ) for each in due]


def _leased(each: OutboxMessage, environ: Mapping[str, str]) -> _Leased:
    of = each.connection
    token = token_of(of, environ)
    if of.kind is Kind.STANDARD:
        token = credentials_of(of, environ).secret
    target = Target(of.kind, of.api_url, token, of.variant_field)
    return _Leased(each.id, each.tries, target, Telling(each.id, each.topic, each.said))


def _send(
    client: httpx2.Client, leased: Sequence[_Leased], now: datetime
) -> list[tuple[_Leased, Answered | None]]:
    """Each message with its answer; None where its server failed a moment before."""
    answers: list[tuple[_Leased, Answered | None]] = []
    down: set[str] = set()
    tokens: dict[Target, Target] = {}
    for each in leased:
        if each.target.url in down:
            answers.append((each, None))
            continue
        answered = _answer(client, each, now, tokens)
        if answered.status in (0, 429):
            down.add(each.target.url)
        answers.append((each, answered))
    return answers


def _answer(
    client: httpx2.Client, each: _Leased, now: datetime, opened: dict[Target, Target]
) -> Answered:
    if not each.target.token:
        return Answered(400, "There is no token or secret for it.")
    try:
        if each.target not in opened:
            opened[each.target] = signed_in(client, each.target)
        return _ask(client, call_for(opened[each.target], each.telling, now))
    except Denied as denied:
        return denied.answered
    except BadSignature:
        return Answered(400, "The secret is no key that can sign.")
    except httpx2.InvalidURL as error:
        return Answered(400, str(error))
    except httpx2.HTTPError as error:
        return Answered(0, f"{type(error).__name__}: {error}")


def _ask(client: httpx2.Client, call: Call) -> Answered:
    response = client.request(call.method, call.url, content=call.body, headers=call.headers)
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Answered(response.status_code, response.text[:LONGEST_FAULT], headers)


class Denied(Exception):
    """A server gives no access; `answered` is what it said."""

    def __init__(self, answered: Answered) -> None:
        super().__init__(answered.fault)
        self.answered = answered


def signed_in(client: httpx2.Client, target: Target) -> Target:
    """The target with a token that opens its API.

    Salesforce's access tokens last hours: `id:secret` of a connected app fetches one.
    """
    client_id, colon, secret = target.token.partition(":")
    if target.kind is not Kind.SALESFORCE or not colon:
        return target
    form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
    response = client.post(f"{target.url}/services/oauth2/token", data=form)
    try:
        token = str(response.json()["access_token"])
    except (ValueError, KeyError, TypeError):
        text = f"Salesforce gives no access token: {response.text[:200]}"
        raise Denied(Answered(response.status_code if response.is_error else 400, text)) from None
    return Target(target.kind, target.url, token, target.field)


def _settle(
    store: Store, answers: Sequence[tuple[_Leased, Answered | None]], now: datetime
) -> None:
    with store.writing() as session:
        for leased, answered in answers:
            message = session.get(OutboxMessage, leased.id)
            if message is None or message.taken_at:
                continue
            if answered is None:
                _put_back(message, leased, now)
            else:
                _note_answer(message, leased, answered, now)


def _put_back(message: OutboxMessage, leased: _Leased, now: datetime) -> None:
    # It was not tried: its server had just failed on another.
    message.tries = leased.tries - 1
    message.due_at = now + timedelta(seconds=30)


def _note_answer(
    message: OutboxMessage, leased: _Leased, answered: Answered, now: datetime
) -> None:
    message.fault = "" if answered.taken else answered.fault[:LONGEST_FAULT]
    message.due_at = None
    if answered.taken:
        message.taken_at = now
        return
    chance = secrets.randbelow(1000) / 1000
    message.due_at = next_try(answered, leased.tries, chance=chance, now=now)
    message.given_up_at = None if message.due_at else now
