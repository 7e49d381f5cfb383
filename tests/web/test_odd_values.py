"""Odd values in every field: each is refused or taken, and none is a fault of ours."""

from __future__ import annotations

import json
from itertools import product
from typing import Any

import pytest
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from experiments.people import Rep
from experiments.process import ProcessVersion
from experiments.users import Role
from tests.experiments.conftest import PROCESS
from tests.web.conftest import SignIn

NULL = "a\0b"
ODD: list[Any] = [
    "\0",
    NULL,
    "\ud800",
    " ",
    "x" * 100_000,
    "9999-12-31T23:59:59-12:00",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31",
    "0001-01-01",
    "1e999",
    10**400,
    -1,
    1e308,
    float("nan"),
    True,
    None,
    [],
    [NULL],
    {},
    {"a": {"b": NULL}},
    {"amount": "NaN", "currency": "EUR"},
    {"amount": "1e12", "currency": "JPY"},
    {"amount": "0.001", "currency": "EUR"},
]
EVENT = {
    "source": "crm",
    "lead_id": "L1",
    "stage": "Qualify",
    "occurred_at": "2026-03-02T08:30:00+01:00",
    "owner_id": "Rep 1",
}
LEAD = {"owner_id": "Rep 1", "created_at": "2026-03-02T08:30:00+01:00"}
EVENT_FIELDS = ["source", "source_id", "type", "stage", "action", "occurred_at", "owner_id"]
EVENT_FIELDS += [
    "lead_id",
    "actor_id",
    "value",
    "reason",
    "voids",
    "account_id",
    "process",
    "name",
]
LEAD_FIELDS = ["lead_id", "owner_id", "account_id", "created_at", "process", "attributes"]
PLAN_FIELDS = ["name", "key", "hypothesis", "unit", "variants", "reps", "milestone", "level"]
PLAN_FIELDS += ["horizon_days", "enrol_from", "enrol_until", "rehearsal"]
STAGE_FIELDS = ["name", "key", "kind", "milestone", "purpose", "actions", "exit_criteria"]


@pytest.fixture
def client(program: SignIn, version: ProcessVersion, reps: list[Rep]) -> TestClient:
    """A program that may do everything; a fault of ours raises in the test."""
    return program(Role.ADMIN)


def post(client: TestClient, noun: str, body: Any) -> tuple[int, Any]:
    # Python's JSON writes what JSON forbids (NaN) and splits what UTF-8 cannot hold.
    headers = {"Content-Type": "application/json"}
    answer = client.post(f"/api/v1/{noun}", content=json.dumps(body), headers=headers)
    return answer.status_code, answer.json()


@pytest.mark.parametrize(
    ("noun", "record", "own_id", "fields"),
    [("events", EVENT, "source_id", EVENT_FIELDS), ("leads", LEAD, "lead_id", LEAD_FIELDS)],
)
def test_each_odd_record_of_a_batch_is_in_one_of_the_three(
    client: TestClient, noun: str, record: dict[str, Any], own_id: str, fields: list[str]
) -> None:
    records = [
        {own_id: f"own-{at}"} | record | {field: odd}
        for at, (field, odd) in enumerate(product(fields, ODD))
    ]
    records += [{own_id: "good"} | record]
    status, said = post(client, noun, {noun: records})
    assert status == 200
    rejected = [each["index"] for each in said["rejected"]]
    assert said["accepted"] + said["duplicates"] + len(rejected) == len(records)
    assert len(records) - 1 not in rejected
    for index in rejected:
        assert rejected.count(index) == 1
    nulls = {at for at, each in enumerate(records) if NULL in each.values()}
    assert nulls <= set(rejected)


@pytest.mark.parametrize("field", PLAN_FIELDS)
def test_an_odd_plan_is_refused_or_can_be_read_again(
    client: TestClient, plan: dict[str, Any], field: str
) -> None:
    for at, odd in enumerate(ODD):
        status, said = post(client, "experiments", plan | {"key": f"k{at}", field: odd})
        assert status in (201, 422), odd
        if status == 201:
            assert client.get(f"/api/v1/experiments/{said['key']}").json() == said
    assert client.get("/api/v1/experiments").status_code == 200


@pytest.mark.parametrize("field", STAGE_FIELDS)
def test_an_odd_stage_is_refused_or_can_be_read_again(client: TestClient, field: str) -> None:
    for at, odd in enumerate(ODD):
        stages = [dict(stage) for stage in PROCESS["stages"]]
        stages[1][field] = odd
        process = PROCESS | {"key": f"p{at}", "stages": stages}
        status, said = post(client, "processes", process)
        assert status in (201, 422), odd
        if status == 201:
            assert client.get(f"/api/v1/processes/{said['key']}").json() == said


def test_a_null_character_is_named(client: TestClient, plan: dict[str, Any]) -> None:
    _status, said = post(client, "experiments", plan | {"hypothesis": NULL})
    assert said["errors"] == [{"where": "body", "message": "hypothesis holds a null character"}]


def test_a_time_beyond_the_calendar_is_named(client: TestClient) -> None:
    odd = {"source_id": "e1", "occurred_at": "9999-12-31T23:59:59-12:00"}
    _status, said = post(client, "events", {"events": [EVENT | odd]})
    error = "occurred_at: this time is beyond the calendar"
    assert said["rejected"] == [{"index": 0, "error": error, "kept": False}]


@pytest.mark.parametrize("path", ["%00", "a%ff", "x" * 200, "../../etc/passwd", "a%2fb", "ß"])
def test_odd_addresses_are_not_there(client: TestClient, session: Session, path: str) -> None:
    for noun in ("experiments", "processes"):
        assert client.get(f"/api/v1/{noun}/{path}").status_code in (404, 422)


def test_a_null_character_in_a_form_is_left_out(browser: TestClient) -> None:
    browser.get("/first-run")
    token = browser.cookies["stagelift_form"]
    page = browser.post("/first-run", data={"csrf_token": token, "company": NULL}).text
    assert 'value="ab"' in page
