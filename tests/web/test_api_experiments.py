"""Experiments by API: planned, launched, carried to their end, reported."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from experiments.audit import AuditEntry
from experiments.experiment import Experiment
from experiments.users import Role
from tests.conftest import count_rows
from tests.web.conftest import Clock, SignIn

BASE = "/api/v1/experiments"
ONE = f"{BASE}/demo-before-discovery"


@pytest.fixture
def manager(program: SignIn) -> TestClient:
    """A program of a manager."""
    return program(Role.MANAGER)


@pytest.fixture
def drafted(manager: TestClient, plan: dict[str, Any]) -> TestClient:
    """The same, with a plan written down."""
    assert manager.post(BASE, json=plan).status_code == 201
    return manager


def test_a_plan_is_written_down_and_read_again(
    manager: TestClient, plan: dict[str, Any], session: Session
) -> None:
    answer = manager.post(BASE, json=plan)
    said = answer.json()
    assert (answer.status_code, said["status"], said["launched_at"]) == (201, "draft", None)
    assert said["reps"] == [f"Rep {n}" for n in range(1, 9)]
    assert [each["process"] for each in said["variants"]] == ["discovery-first@1"] * 2
    assert manager.get(ONE).json() == said
    line = {"key": said["key"], "name": said["name"], "unit": "rep", "status": "draft"}
    line["exclusion_group"] = None
    assert manager.get(BASE).json() == {"experiments": [line]}
    entry = session.scalar(select(AuditEntry))
    assert entry is not None
    assert entry.by is not None
    assert (entry.act, entry.by.role) == ("created", Role.MANAGER)


def test_a_draft_is_written_anew(drafted: TestClient, plan: dict[str, Any]) -> None:
    answer = drafted.put(ONE, json=plan | {"horizon_days": 45, "name": "Demo at once"})
    assert answer.status_code == 200
    said = drafted.get(ONE).json()
    assert (said["key"], said["name"]) == ("demo-before-discovery", "Demo at once")
    assert said["horizon_days"] == 45


def test_a_key_cannot_change(drafted: TestClient, plan: dict[str, Any]) -> None:
    answer = drafted.put(ONE, json=plan | {"key": "another"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["where"] == "key"


def test_launching_freezes_the_plan_and_splits_the_reps(
    drafted: TestClient, plan: dict[str, Any], session: Session
) -> None:
    said = drafted.post(f"{ONE}/launch", json={"seed": 7}).json()
    assert (said["status"], said["seed"]) == ("running", 7)
    assert len(said["plan_hash"]) == 64
    assert count_rows(session, "assignments") == 8
    refused = drafted.put(ONE, json=plan)
    assert refused.status_code == 422
    assert refused.json()["errors"] == [
        {"where": "plan", "message": "The plan froze at launch and cannot change."}
    ]


def test_a_launch_without_a_seed_draws_one(drafted: TestClient) -> None:
    assert drafted.post(f"{ONE}/launch").json()["seed"] > 0


@pytest.mark.parametrize("seed", [-1, 2**63, "seven", 0.5])
def test_a_seed_is_a_number_that_can_be_stored(drafted: TestClient, seed: Any) -> None:
    answer = drafted.post(f"{ONE}/launch", json={"seed": seed})
    assert [each["where"] for each in answer.json()["errors"]] == ["seed"]
    assert drafted.get(ONE).json()["status"] == "draft"


def test_an_experiment_goes_through_its_life(drafted: TestClient, clock: Clock) -> None:
    acts = ["launch", "pause", "resume", "close-enrolment"]
    answers = [drafted.post(f"{ONE}/{act}") for act in acts]
    assert [answer.json()["status"] for answer in answers] == [
        "running",
        "paused",
        "running",
        "enrolment_closed",
    ]
    clock.now += timedelta(days=31)
    assert drafted.get(ONE).json()["status"] == "measured"


def test_a_test_is_stopped_with_a_reason(drafted: TestClient) -> None:
    drafted.post(f"{ONE}/launch")
    said = drafted.post(f"{ONE}/stop", json={"reason": "The product changed."}).json()
    assert (said["status"], said["stop_reason"]) == ("stopped", "The product changed.")


@pytest.mark.parametrize(
    ("act", "body", "where"),
    [
        ("pause", None, "status"),
        ("resume", None, "status"),
        ("close-enrolment", None, "status"),
        ("stop", {"reason": "Because."}, "status"),
        ("stop", {"reason": " "}, "reason"),
        ("stop", {}, "reason"),
        ("stop", None, "body"),
    ],
)
def test_an_act_out_of_its_time_is_refused(
    drafted: TestClient, act: str, body: Any, where: str
) -> None:
    answer = drafted.post(f"{ONE}/{act}", json=body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["where"] == where
    assert drafted.get(ONE).json()["status"] == "draft"


def test_launching_twice_is_refused(drafted: TestClient, session: Session) -> None:
    drafted.post(f"{ONE}/launch")
    assert drafted.post(f"{ONE}/launch").status_code == 422
    assert count_rows(session, "assignments") == 8


VARIANTS: list[dict[str, Any]] = [
    {"name": "A", "process": "discovery-first", "control": True},
    {"name": "B", "process": "discovery-first"},
]


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"variants": VARIANTS[:1]}, ["variants"]),
        ({"variants": [VARIANTS[0], VARIANTS[1] | {"weight": 0}]}, ["variants.2.weight"]),
        ({"variants": [VARIANTS[0], VARIANTS[1] | {"control": True}]}, ["variants"]),
        ({"variants": [VARIANTS[0], VARIANTS[1] | {"process": "none"}]}, ["variants.2.process"]),
        ({"teams": ["Nowhere"], "reps": ["Nobody"]}, ["reps", "teams"]),
        ({"unit": "team", "level": 2, "horizon_days": 0}, ["unit", "horizon_days", "level"]),
        ({"enrol_from": "2026-13-01"}, ["enrol_from"]),
        ({"enrol_until": "2026-01-01"}, ["enrol_until"]),
        ({"hypothesis": ""}, ["hypothesis"]),
        ({"colour": "red"}, ["colour"]),
    ],
)
def test_a_wrong_plan_is_refused_whole_and_every_field_named(
    manager: TestClient,
    plan: dict[str, Any],
    session: Session,
    change: dict[str, Any],
    where: list[str],
) -> None:
    answer = manager.post(BASE, json=plan | change)
    assert answer.status_code == 422
    assert [each["where"] for each in answer.json()["errors"]] == where
    assert count_rows(session, "experiments") == 0


def test_launching_with_an_empty_variant_is_refused(
    manager: TestClient, plan: dict[str, Any], session: Session
) -> None:
    manager.post(BASE, json=plan | {"variants": [VARIANTS[0], {"name": "B"}]})
    answer = manager.post(f"{ONE}/launch")
    assert answer.status_code == 422
    assert answer.json()["errors"] == [
        {
            "where": "variants.2.process",
            "message": "B is empty: choose the process it follows.",
        }
    ]
    assert count_rows(session, "assignments") == 0


def test_an_unknown_experiment_is_404(manager: TestClient, plan: dict[str, Any]) -> None:
    for method, path in [
        ("GET", ONE),
        ("PUT", ONE),
        ("POST", f"{ONE}/launch"),
        ("GET", f"{ONE}/report"),
        ("GET", f"{ONE}/report.csv"),
        ("POST", f"{ONE}/assignments"),
    ]:
        body = plan if method == "PUT" else {"unit_id": "L1"} if "assign" in path else None
        answer = manager.request(method, path, json=body)
        message = "There is no experiment demo-before-discovery."
        assert answer.status_code == 404, path
        assert answer.json() == {"errors": [{"where": "", "message": message}]}


def test_the_report_of_a_running_test_hides_the_effects(
    manager: TestClient, running: Experiment
) -> None:
    said = manager.get(f"{ONE}/report").json()
    assert (said["experiment"], said["status"]) == (running.key, "running")
    assert said["effects_shown"] is False
    assert said["milestones"] == []
    assert said["leads"] == {"enrolled": 0, "matured": 0, "open": 0}


def test_the_report_is_a_table_too(manager: TestClient, running: Experiment) -> None:
    answer = manager.get(f"{ONE}/report.csv")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"].endswith("demo-before-discovery.csv")
    header = next(csv.reader(io.StringIO(answer.text)))
    assert header[:2] == ["experiment", "milestone"]


def test_a_draft_has_no_report(drafted: TestClient) -> None:
    answer = drafted.get(f"{ONE}/report")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["where"] == "status"


def test_a_rep_gets_403_on_any_report(program: SignIn, running: Experiment) -> None:
    for path in (f"{ONE}/report", f"{ONE}/report.csv", ONE):
        answer = program(Role.REP).get(path)
        assert answer.status_code == 403
        assert answer.json() == {
            "errors": [{"where": "", "message": "This is not open to the role rep."}]
        }


def test_a_viewer_reads_the_report(program: SignIn, running: Experiment) -> None:
    assert program(Role.VIEWER).get(f"{ONE}/report").status_code == 200
