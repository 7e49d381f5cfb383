"""The address that connected programs send to: proof, limits, answers, what is stored."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from experiments.company import Company
from experiments.crm.adapters import Kind
from experiments.crm.salesforce_push import ACKNOWLEDGED
from experiments.exchange import connections, inbox
from experiments.exchange.connections import Connection
from tests.conftest import count_rows
from tests.experiments.crm.pushes import (
    HUBSPOT_SECRET,
    ORGANIZATION,
    PIPEDRIVE_SECRET,
    STANDARD_SECRET,
    basic,
    hubspot_change,
    hubspot_signed,
    outbound,
    pipedrive,
    standard_signed,
)
from tests.experiments.crm.test_push import BOMB
from tests.web.conftest import Clock
from web.settings import Settings
from web.webhooks import MOST_MB

SECRETS = {
    Kind.HUBSPOT: HUBSPOT_SECRET,
    Kind.PIPEDRIVE: PIPEDRIVE_SECRET,
    Kind.STANDARD: STANDARD_SECRET,
    Kind.SALESFORCE: "",
}
PUBLIC = "https://lift.kestrel.example"
AT = "2026-03-01T12:00:00+00:00"
BODIES: dict[Kind, bytes] = {
    Kind.HUBSPOT: json.dumps([hubspot_change(1, AT, subscriptionType="deal.creation")]).encode(),
    Kind.PIPEDRIVE: json.dumps(pipedrive("create")).encode(),
    Kind.STANDARD: json.dumps({"events": []}).encode(),
    Kind.SALESFORCE: outbound({"mark": "n1", "Id": "006A", "StageName": "Demo"}),
}
Connect = Callable[[Kind], Connection]


@pytest.fixture
def settings() -> Settings:
    """A site that the world reaches under another address than the proxy asks for."""
    return Settings.model_construct(public_url=PUBLIC)


@pytest.fixture
def connect(session: Session, company: Company, clock: Clock) -> Connect:
    """Makes a connection of a kind."""

    def make(kind: Kind) -> Connection:
        made, _ = connections.create(
            session,
            kind,
            f"our {kind}",
            secret=SECRETS[kind],
            organization=ORGANIZATION,
            by=None,
            now=clock.now,
        )
        return made

    return make


def proof(found: Connection, body: bytes, clock: Clock) -> dict[str, str]:
    if found.kind is Kind.HUBSPOT:
        return hubspot_signed(PUBLIC + found.path, body, clock.now)
    if found.kind is Kind.STANDARD:
        return standard_signed(body, clock.now)
    return basic() if found.kind is Kind.PIPEDRIVE else {}


def send(client: TestClient, found: Connection, clock: Clock, **changed: Any) -> Any:
    body = changed.pop("body", BODIES[found.kind])
    headers = changed.pop("headers", None)
    headers = proof(found, body, clock) if headers is None else headers
    return client.post(changed.pop("path", found.path), content=body, headers=headers)


@pytest.mark.parametrize("kind", Kind)
def test_what_is_proved_is_stored_as_it_came_before_it_is_read(
    kind: Kind, browser: TestClient, connect: Connect, clock: Clock, session: Session
) -> None:
    found = connect(kind)

    answer = send(browser, found, clock)

    assert answer.status_code == 200, answer.text
    [stored] = inbox.latest(session, limit=9)
    assert (stored.body, stored.received_at) == (BODIES[kind], clock.now)
    assert stored.reading is None
    assert inbox.state(session).waiting == 1
    assert count_rows(session, "leads") == 0


def test_salesforce_gets_its_acknowledgement(
    browser: TestClient, connect: Connect, clock: Clock
) -> None:
    answer = send(browser, connect(Kind.SALESFORCE), clock)

    assert answer.content == ACKNOWLEDGED
    assert answer.headers["content-type"].startswith("text/xml")


def test_the_receipt_rings_the_workers_alarm(
    browser: TestClient, app: FastAPI, connect: Connect, clock: Clock
) -> None:
    send(browser, connect(Kind.HUBSPOT), clock)

    assert app.state.site.alarm.is_set()


@pytest.mark.parametrize("kind", Kind)
def test_what_is_not_proved_is_refused_and_not_stored(
    kind: Kind, browser: TestClient, connect: Connect, clock: Clock, session: Session
) -> None:
    found = connect(kind)
    path = found.path
    other = BODIES[kind].replace(b"62515", b"62516").replace(ORGANIZATION.encode(), b"00D2")
    wrong = [
        send(browser, found, clock, path=path[:-1] + ("A" if path[-1] != "A" else "B")),
        send(browser, found, clock, path="/webhooks/99/" + found.key),
        send(browser, found, clock, path=f"/webhooks/{10**30}/" + found.key),
        send(browser, found, clock, path="/webhooks/one/" + found.key),
    ]
    if kind in (Kind.HUBSPOT, Kind.STANDARD):
        kept = proof(found, BODIES[kind], clock)
        wrong.append(send(browser, found, clock, body=BODIES[kind] + b" ", headers=kept))
    if kind is Kind.SALESFORCE:
        wrong.append(send(browser, found, clock, body=other))
    else:
        wrong.append(send(browser, found, clock, headers={}))
    found.closed_at = clock.now
    session.flush()
    wrong.append(send(browser, found, clock))

    assert [answer.status_code for answer in wrong] == [401] * len(wrong)
    assert len({answer.text for answer in wrong}) == 1
    assert count_rows(session, "deliveries") == 0


@pytest.mark.parametrize("kind", [Kind.HUBSPOT, Kind.STANDARD])
def test_an_old_request_that_is_sent_again_is_refused(
    kind: Kind, browser: TestClient, connect: Connect, clock: Clock, session: Session
) -> None:
    found = connect(kind)
    headers = proof(found, BODIES[kind], clock)
    clock.now += timedelta(minutes=6)

    assert send(browser, found, clock, headers=headers).status_code == 401
    assert count_rows(session, "deliveries") == 0


def test_a_connection_without_its_secret_takes_nothing(
    browser: TestClient, session: Session, company: Company, clock: Clock
) -> None:
    found, _ = connections.create(session, "hubspot", "crm", by=None, now=clock.now)

    assert send(browser, found, clock).status_code == 401


def test_a_body_over_the_limit_is_refused(
    browser: TestClient, connect: Connect, clock: Clock, session: Session
) -> None:
    answer = send(browser, connect(Kind.PIPEDRIVE), clock, body=b" " * (MOST_MB * 1_000_000 + 1))

    assert answer.status_code == 413
    assert "at most 5 MB" in answer.json()["errors"][0]["message"]
    assert count_rows(session, "deliveries") == 0


def test_an_xml_bomb_is_refused_and_not_stored(
    browser: TestClient, connect: Connect, clock: Clock, session: Session
) -> None:
    answer = send(browser, connect(Kind.SALESFORCE), clock, body=BOMB)

    assert answer.status_code == 422
    assert "no outbound message does" in answer.json()["errors"][0]["message"]
    assert count_rows(session, "deliveries") == 0
