"""Processes by API."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from experiments.users import Role
from tests.conftest import count_rows
from tests.experiments.conftest import PROCESS
from tests.web.conftest import SignIn


@pytest.fixture
def analyst(program: SignIn) -> TestClient:
    """A program of RevOps."""
    return program(Role.ANALYST)


def test_a_process_is_defined_and_read_again(analyst: TestClient) -> None:
    answer = analyst.post("/api/v1/processes", json=PROCESS)
    assert answer.status_code == 201
    said = analyst.get("/api/v1/processes/discovery-first").json()
    assert said == answer.json()
    assert (said["version"], said["segment"]) == (1, "inbound")
    assert [stage["key"] for stage in said["stages"]][:2] == ["new", "qualify"]
    assert said["stages"][1]["actions"][0]["instructions"] == "Why now?"


def test_a_change_is_a_new_version_and_the_old_one_stays(analyst: TestClient) -> None:
    analyst.post("/api/v1/processes", json=PROCESS)
    stages = [*PROCESS["stages"][:1], *PROCESS["stages"][2:]]
    answer = analyst.put("/api/v1/processes/discovery-first", json=PROCESS | {"stages": stages})
    assert (answer.status_code, answer.json()["version"]) == (200, 2)
    assert len(analyst.get("/api/v1/processes/discovery-first").json()["stages"]) == 5
    assert len(analyst.get("/api/v1/processes/discovery-first@1").json()["stages"]) == 6
    line = {"key": "discovery-first", "name": "Discovery first", "segment": "inbound"}
    said = analyst.get("/api/v1/processes").json()
    assert said == {"processes": [line | {"versions": 2}]}


def test_there_are_no_processes_at_first(analyst: TestClient) -> None:
    assert analyst.get("/api/v1/processes").json() == {"processes": []}


def test_an_unknown_process_is_404(analyst: TestClient) -> None:
    answer = analyst.get("/api/v1/processes/none")
    assert answer.status_code == 404
    assert answer.json() == {"errors": [{"where": "", "message": "There is no process none."}]}
    assert analyst.put("/api/v1/processes/none", json=PROCESS).status_code == 404


def broken(at: int, **change: Any) -> dict[str, Any]:
    stages = [dict(stage) for stage in PROCESS["stages"]]
    stages[at] |= change
    return PROCESS | {"stages": stages}


@pytest.mark.parametrize(
    ("written", "where"),
    [
        (PROCESS | {"name": ""}, ["name"]),
        (PROCESS | {"stages": PROCESS["stages"][:1]}, ["stages"]),
        (broken(1, kind="half-open"), ["stages.2.kind"]),
        (broken(1, milestone="proposel", name=7), ["stages.2.name", "stages.2.milestone"]),
        (PROCESS | {"colour": "red"}, ["colour"]),
        ([], ["body"]),
        ({"name": "x"}, ["stages"]),
    ],
)
def test_a_wrong_process_is_refused_whole_and_every_field_named(
    analyst: TestClient, session: Session, written: Any, where: list[str]
) -> None:
    answer = analyst.post("/api/v1/processes", json=written)
    assert answer.status_code == 422
    assert [each["where"] for each in answer.json()["errors"]] == where
    assert count_rows(session, "processes") == 0


def test_a_key_that_is_taken_is_refused(analyst: TestClient, session: Session) -> None:
    analyst.post("/api/v1/processes", json=PROCESS)
    answer = analyst.post("/api/v1/processes", json=PROCESS)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["where"] == "key"
    assert count_rows(session, "process_versions") == 1
