"""Connecting a CRM by page, and the list of what it sent."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from experiments.crm.adapters import Kind
from experiments.exchange import connections, inbox, inbox_reading, outbox
from experiments.exchange.connections import Connection
from experiments.process import ProcessVersion
from experiments.users import Role
from tests.experiments.crm.pushes import ORGANIZATION, hubspot_change
from tests.web.conftest import SignIn

HOME = "/settings/connections"


@pytest.fixture
def admin(sign_in: SignIn) -> TestClient:
    return sign_in(Role.ADMIN)


@pytest.fixture
def found(session: Session, admin: TestClient, now: datetime) -> Connection:
    """HubSpot, connected."""
    made, _ = connections.create(session, "hubspot", "hubspot", secret="s3cret", by=None, now=now)
    return made


def receive(session: Session, found: Connection, body: Any, now: datetime) -> inbox.Delivery:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    stored = inbox.receive(session, found, raw, now=now)
    inbox_reading.read(session, stored, now=now)
    return stored


def test_a_secret_made_here_is_shown_once(admin: TestClient, session: Session) -> None:
    made = admin.post(HOME, data={"kind": "pipedrive", "name": "Pipedrive"})
    [stored] = connections.connections(session)
    page = admin.get(f"{HOME}/{stored.id}")

    assert made.status_code == page.status_code == 200
    assert stored.secret in made.text
    assert stored.secret not in page.text
    assert f"http://testserver{stored.path}" in page.text
    assert "STAGELIFT_PUBLIC_URL" in page.text
    assert "STAGELIFT_SECRET_PIPEDRIVE" in page.text


def test_hubspots_own_secret_is_kept_and_shown_never(admin: TestClient, session: Session) -> None:
    fields = {"kind": "hubspot", "name": "HubSpot", "secret": "given by HubSpot"}
    made = admin.post(HOME, data=fields)
    [stored] = connections.connections(session)

    assert stored.secret == "given by HubSpot"
    assert stored.secret not in made.text + admin.get(f"{HOME}/{stored.id}").text
    again = admin.post(f"{HOME}/{stored.id}/secret", data={"secret": "another"})
    assert (stored.secret, "another" in again.text) == ("another", False)


def test_what_is_wrong_stands_at_its_field(admin: TestClient) -> None:
    answer = admin.post(HOME, data={"kind": "salesforce", "name": "SF", "organization": "1"})

    assert answer.status_code == 422
    assert "Give the id of the organisation" in answer.text
    assert admin.post(HOME, data={"kind": "x", "name": ""}).status_code == 422


def test_salesforce_is_told_by_its_organisation(admin: TestClient) -> None:
    answer = admin.post(
        HOME, data={"kind": "salesforce", "name": "SF", "organization": ORGANIZATION}
    )

    assert ORGANIZATION in answer.text
    assert "LastStageChangeDate" in answer.text


def test_a_closed_connection_can_be_opened_again(
    admin: TestClient, found: Connection, session: Session
) -> None:
    assert admin.post(f"{HOME}/{found.id}/close").status_code == 303
    session.refresh(found)
    assert found.closed_at is not None
    assert "closed" in admin.get(HOME).text
    admin.post(f"{HOME}/{found.id}/reopen")
    session.refresh(found)
    assert found.closed_at is None


def test_a_pipeline_is_given_a_process_and_taken_it_again(
    admin: TestClient, found: Connection, session: Session, version: ProcessVersion
) -> None:
    here = f"{HOME}/{found.id}/pipelines"
    fields = {"word": "renewals", "process": "discovery-first"}

    assert admin.post(here, data=fields).status_code == 303
    assert "Discovery first" in admin.get(f"{HOME}/{found.id}").text
    session.refresh(found)
    [held] = found.pipelines
    assert admin.post(f"{here}/{held.id}/drop").status_code == 303
    session.refresh(found)
    assert found.pipelines == []
    assert admin.post(here, data={"word": ""}).status_code == 422


def test_what_it_is_told_is_changed_and_an_empty_token_keeps_the_one_there_is(
    admin: TestClient, found: Connection, session: Session
) -> None:
    here = f"{HOME}/{found.id}"
    fields = {"api_url": "https://api.hubapi.com", "variant_field": "stagelift_variant"}

    admin.post(here, data=fields | {"token": "t0ken", "writes_tasks": "yes"})
    admin.post(here, data=fields)
    session.refresh(found)

    assert (found.token, found.variant_field) == ("t0ken", "stagelift_variant")
    assert (found.writes_tasks, found.writes) == (False, True)
    assert "t0ken" not in admin.get(here).text
    refused = admin.post(here, data=fields | {"api_url": "file:///etc", "token": "t0ken"})
    assert refused.status_code == 422
    assert "Give the address with https" in refused.text
    assert "t0ken" not in refused.text


def test_what_was_not_understood_is_listed_with_its_reason_and_read_again(
    found: Connection, session: Session, sign_in: SignIn, now: datetime
) -> None:
    change = hubspot_change(1, "2026-03-01T12:00:00+00:00", subscriptionType="deal.deletion")
    stored = receive(session, found, [change], now)
    analyst = sign_in(Role.ANALYST)

    page = analyst.get("/data/deliveries")
    assert "a deletion of deal 123" in page.text
    assert "62515" in analyst.get(f"/data/deliveries/{stored.id}").text
    assert analyst.post(f"/data/deliveries/{stored.id}/again").status_code == 303
    assert inbox.state(session).waiting == 1
    assert "1 delivery waits" in analyst.get("/data/deliveries").text
    assert analyst.post("/data/deliveries/again").status_code == 303
    assert analyst.post(f"/data/deliveries/{stored.id}/aside").status_code == 303
    assert "a deletion of deal 123" not in analyst.get("/data/deliveries").text


def test_a_body_is_shown_as_text_whatever_it_holds(
    found: Connection, session: Session, admin: TestClient, now: datetime
) -> None:
    stored = receive(session, found, b"<script>\xff" + b"x" * 30_000, now)

    page = admin.get(f"/data/deliveries/{stored.id}").text

    assert "&lt;script&gt;" in page
    assert "the beginning" in page


def test_an_empty_inbox_says_what_it_will_hold(admin: TestClient) -> None:
    assert "Nothing was sent yet" in admin.get("/data/deliveries").text
    assert admin.get("/data/deliveries/7").status_code == 404
    assert admin.get(f"{HOME}/7").status_code == 404


def given_up(session: Session, found: Connection, now: datetime) -> outbox.OutboxMessage:
    """A message that HubSpot refused."""
    said = {"lead_id": "7", "variant_name": "Demo first"}
    found.variant_field = "lift"
    note = outbox.Note(outbox.Topic.LEAD_VARIANT, "variant:1:7", said)
    found.kind = Kind.STANDARD
    outbox.tell(session, [found], [note], now=now)
    [message] = outbox.latest(session, limit=9)
    message.due_at, message.given_up_at, message.tries = None, now, 3
    message.fault = "404: no such property"
    session.flush()
    return message


def test_what_was_given_up_is_listed_with_its_reason_and_tried_again(
    found: Connection, session: Session, sign_in: SignIn, now: datetime
) -> None:
    message = given_up(session, found, now)
    manager = sign_in(Role.MANAGER)

    page = manager.get("/data/outbox").text
    assert "404: no such property" in page
    assert "7 · Demo first" in page
    assert "3 tries" in page
    assert manager.post(f"/data/outbox/{message.id}/again").status_code == 303
    assert outbox.state(session) == outbox.OutboxState(1, 0)
    assert manager.post(f"/data/outbox/{message.id}/again").status_code == 404
    assert manager.post("/data/outbox/again").status_code == 303
    assert "waits" in manager.get("/data/outbox").text


def test_an_empty_outbox_says_what_it_will_hold_and_telling_all_is_a_button(
    admin: TestClient, found: Connection, session: Session
) -> None:
    assert "Nothing is to be told yet" in admin.get("/data/outbox").text
    found.variant_field = "lift"
    session.flush()
    assert "Tell it of them now" in admin.get(f"{HOME}/{found.id}").text
    assert admin.post(f"{HOME}/{found.id}/tell-all").status_code == 303
