"""Leads and events by API: the good ones stay, the others are listed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from experiments.events import Source
from experiments.experiment import Experiment
from experiments.leads import lead
from experiments.people import Rep
from experiments.process import ProcessVersion
from experiments.users import Role
from tests.conftest import count_rows
from tests.experiments.conftest import Tell
from tests.web.conftest import Clock, SignIn

LEAD = {"lead_id": "L1", "owner_id": "Rep 1", "created_at": "2026-03-02T08:00:00+01:00"}
EVENT = {
    "source": "crm",
    "source_id": "e1",
    "lead_id": "L1",
    "stage": "Qualify",
    "occurred_at": "2026-03-02T08:30:00+01:00",
    "owner_id": "Rep 1",
}


@pytest.fixture
def analyst(program: SignIn, version: ProcessVersion, reps: list[Rep]) -> TestClient:
    """A program of RevOps, in a company with one process and eight reps."""
    return program(Role.ANALYST)


def post(client: TestClient, noun: str, *records: Any) -> dict[str, Any]:
    answer = client.post(f"/api/v1/{noun}", json={noun: list(records)})
    assert answer.status_code == 200, answer.text
    said: dict[str, Any] = answer.json()
    return said


def test_a_lead_is_taken_and_told_again_is_a_duplicate(
    analyst: TestClient, session: Session
) -> None:
    assert post(analyst, "leads", LEAD) == {"accepted": 1, "duplicates": 0, "rejected": []}
    assert post(analyst, "leads", LEAD) == {"accepted": 0, "duplicates": 1, "rejected": []}
    owner = lead(session, "L1").owner
    assert owner is not None
    assert owner.external_id == "Rep 1"


def test_an_event_moves_its_lead(analyst: TestClient, session: Session) -> None:
    assert post(analyst, "events", EVENT)["accepted"] == 1
    stage = lead(session, "L1").stage
    assert stage is not None
    assert stage.name == "Qualify"


def test_a_time_without_zone_is_the_companys(analyst: TestClient, session: Session) -> None:
    post(analyst, "leads", LEAD | {"created_at": "2026-03-02T08:00:00"})
    at = lead(session, "L1").created_at
    assert at is not None
    assert at.isoformat() == "2026-03-02T07:00:00+00:00"  # Berlin is an hour ahead in March


def test_a_batch_keeps_its_good_records_and_lists_the_others(
    analyst: TestClient, session: Session, now: datetime
) -> None:
    tomorrow = (now + timedelta(days=1)).isoformat()
    said = post(
        analyst,
        "events",
        EVENT,
        EVENT | {"source_id": "e2", "stage": "Nowhere"},
        EVENT | {"source_id": "e3", "occurred_at": tomorrow},
        EVENT | {"source_id": "e4", "lead_id": 7},
        EVENT | {"source_id": "e5", "unheard_of": 1},
        EVENT | {"source_id": "e6", "lead_id": "L9", "owner_id": None},
        EVENT | {"source_id": "e7", "type": "flew"},
        "not an event",
        EVENT,
    )
    assert (said["accepted"], said["duplicates"]) == (1, 1)
    assert [(each["index"], each["kept"]) for each in said["rejected"]] == [
        (1, True),
        (2, False),
        (3, False),
        (4, False),
        (5, True),
        (6, False),
        (7, False),
    ]
    assert [each["error"].split(":")[0] for each in said["rejected"][:6]] == [
        "stage",
        "occurred_at",
        "lead_id",
        "unheard_of",
        "lead_id",
        "type",
    ]
    assert "Nowhere" in said["rejected"][0]["error"]
    assert "L9" in said["rejected"][4]["error"]
    assert count_rows(session, "kept_records") == 2


def test_the_same_id_with_other_content_is_a_conflict(analyst: TestClient) -> None:
    post(analyst, "events", EVENT)
    said = post(analyst, "events", EVENT | {"stage": "Demo"})
    assert said["rejected"] == [
        {"index": 0, "error": "source_id: e1 was sent before with other content.", "kept": True}
    ]


def test_a_delivery_says_that_its_source_is_complete_until_now(
    analyst: TestClient, session: Session, now: datetime
) -> None:
    post(analyst, "events", EVENT, EVENT | {"source": "bad", "occurred_at": "never"})
    through = dict(session.execute(select(Source.name, Source.complete_through_at)).all())
    assert through["crm"] == now
    assert "bad" not in through


def test_a_delivery_of_leads_says_so_too(
    analyst: TestClient, session: Session, now: datetime
) -> None:
    post(analyst, "leads", LEAD | {"created_at": "soon"})
    assert session.scalar(select(Source)) is None
    post(analyst, "leads", LEAD)
    source = session.scalar(select(Source))
    assert source is not None
    assert (source.name, source.complete_through_at) == ("api", now)


def test_leads_told_during_a_test_enrol_by_their_owner(
    analyst: TestClient, running: Experiment, session: Session, tell: Tell, clock: Clock
) -> None:
    clock.now += timedelta(days=2)
    told = [tell(f"L{n}", "New", day=1, owner_id="Rep 2") for n in range(3)]
    post(analyst, "events", *told)
    assert count_rows(session, "enrolments") == 3


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({}, "events"),
        ({"events": {}}, "events"),
        ({"events": [], "evnets": []}, "evnets"),
        ([], "body"),
        ({"events": [EVENT] * 10_001}, "events"),
    ],
)
def test_a_body_of_another_shape_is_refused_whole(
    analyst: TestClient, session: Session, body: Any, where: str
) -> None:
    answer = analyst.post("/api/v1/events", json=body)
    assert answer.status_code == 422
    assert [each["where"] for each in answer.json()["errors"]] == [where]
    assert count_rows(session, "events") == 0


@pytest.mark.parametrize("text", ["{", '{"events": [}', ""])
def test_what_is_not_json_is_refused(analyst: TestClient, text: str) -> None:
    headers = {"Content-Type": "application/json"}
    answer = analyst.post("/api/v1/events", content=text, headers=headers)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["where"] == "body"


@pytest.mark.parametrize("forget", ["token", "scheme", "everything"])
def test_a_token_that_does_not_hold_is_401(
    analyst: TestClient, forget: str, session: Session
) -> None:
    right = analyst.headers["Authorization"]
    wrong = {"token": right + "x", "scheme": right.removeprefix("Bearer "), "everything": ""}
    answer = analyst.post(
        "/api/v1/leads", json={"leads": [LEAD]}, headers={"Authorization": wrong[forget]}
    )
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert "Bearer TOKEN" in answer.json()["errors"][0]["message"]
    assert count_rows(session, "leads") == 0


def test_ten_thousand_events_are_taken_at_once(
    analyst: TestClient, make_events: Callable[[int], list[dict[str, Any]]]
) -> None:
    assert post(analyst, "events", *make_events(10_000))["accepted"] == 10_000


@pytest.fixture
def make_events() -> Callable[[int], list[dict[str, Any]]]:
    """Many first events, a lead each."""

    def make(count: int) -> list[dict[str, Any]]:
        return [EVENT | {"source_id": f"e{n}", "lead_id": f"L{n}"} for n in range(count)]

    return make
