"""Exclusion groups by page, API and command: named in a draft, shown, and held at the launch."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from experiments import experiment_draft, life
from experiments.experiment import Experiment, experiment
from experiments.ingest import ingest_events
from experiments.people import Rep
from experiments.users import Role
from tests.experiments.conftest import PROCESS, Tell
from tests.web.conftest import Clock, Run, SignIn, said
from tests.web.test_experiment_pages import Form, form

__all__ = ["form"]

WRITTEN = {
    "hypothesis": "It closes more.",
    "variants": [
        {"name": "As now", "process": "discovery-first", "control": True},
        {"name": "New", "process": "discovery-first"},
    ],
    "teams": ["Berlin"],
    # The command line has the real clock.
    "enrol_from": "2199-01-01",
    "enrol_until": "2199-03-01",
}
API = "/api/v1/experiments"


@pytest.fixture
def manager(sign_in: SignIn) -> TestClient:
    """A manager's browser."""
    return sign_in(Role.MANAGER)


@pytest.fixture
def grouped(session: Session, plan: dict[str, Any], now: datetime) -> list[Experiment]:
    """Two tests of leads of one group, the first of them under way."""
    made = []
    for name in ("First", "Second"):
        more = {"name": name, "unit": "lead", "exclusion_group": "Pricing & terms"}
        draft = experiment_draft.checked(plan | more)
        made.append(experiment_draft.create(session, draft, by=None, now=now))
    life.launch(session, made[0], seed=7, by=None, now=now)
    return made


def test_a_group_is_named_in_the_form_and_stands_there_again(
    manager: TestClient, form: Form, session: Session, grouped: list[Experiment]
) -> None:
    empty = manager.get("/experiments/new").text
    assert '<datalist id="exclusion-groups"><option value="Pricing &amp; terms">' in empty
    typed = form | {"unit": "lead", "exclusion_group": " pricing & TERMS "}
    assert manager.post("/experiments/new", data=typed).status_code == 303
    assert experiment(session, "demo-before-discovery").exclusion_group == "Pricing & terms"
    again = manager.get("/experiments/demo-before-discovery/edit").text
    assert 'name="exclusion_group" type="text" value="Pricing &amp; terms"' in again


def test_what_is_wrong_with_a_group_is_said_at_its_field(manager: TestClient, form: Form) -> None:
    answer = manager.post("/experiments/new", data=form | {"exclusion_group": "a" * 61})
    assert answer.status_code == 422
    assert 'id="f-exclusion_group-error"' in answer.text
    past = form | {"rehearsal": "yes", "exclusion_group": "Pricing"}
    assert "A rehearsal needs none" in manager.post("/experiments/new", data=past).text


def test_the_list_shows_the_groups_and_one_of_them_alone(
    manager: TestClient, grouped: list[Experiment], form: Form, session: Session
) -> None:
    manager.post("/experiments/new", data=form)
    page = manager.get("/experiments").text
    link = 'href="/experiments?group=Pricing%20%26%20terms"'
    assert page.count(link) == 3  # each of the two, and above the list
    assert "demo-before-discovery" in page
    alone = manager.get("/experiments?group=Pricing%20%26%20terms").text
    assert "/experiments/first" in alone
    assert "demo-before-discovery" not in alone
    assert "All experiments" in alone
    grouped[1].archived_at = grouped[1].created_at
    session.flush()
    assert "/experiments/second/plan" in manager.get("/experiments?group=Pricing+%26+terms").text
    assert "No experiment is in this group." in manager.get("/experiments?group=none").text


def test_the_plan_names_the_others_and_says_who_stands_in_the_way(
    manager: TestClient, grouped: list[Experiment], form: Form
) -> None:
    plan = manager.get("/experiments/first/plan").text
    assert "It does not overlap with: Second." in plan
    assert "while it enrols" not in plan
    second = manager.get("/experiments/second/plan").text
    assert "First was launched before and shares reps with this test" in second
    manager.post("/experiments/new", data=form | {"exclusion_group": "Pricing & terms"})
    hindered = manager.get("/experiments/demo-before-discovery/plan").text
    assert "First is in the same exclusion group" in hindered
    assert "Rep 1, Rep 2" in hindered
    answer = manager.post("/experiments/demo-before-discovery/launch", data={"seed": "7"})
    assert answer.status_code == 422
    manager.post("/experiments/new", data=form | {"name": "Alone", "exclusion_group": "Other"})
    assert "No other experiment is in it yet." in manager.get("/experiments/alone/plan").text


def test_report_and_health_say_who_was_kept_out(
    manager: TestClient,
    session: Session,
    grouped: list[Experiment],
    reps: list[Rep],
    tell: Tell,
    clock: Clock,
    program: SignIn,
) -> None:
    life.launch(session, grouped[1], seed=7, by=None, now=clock())
    told = [tell(f"L{n}", day=3, type="created", owner_id=reps[n].external_id) for n in range(2)]
    clock.now += timedelta(days=9)
    ingest_events(session, told, now=clock())
    page = manager.get("/experiments/second/health").text
    assert "2 leads were kept out: they are in First." in page
    assert "kept out" not in manager.get("/experiments/first/health").text
    assert "Leads kept out: 2. They are in First" in manager.get("/experiments/second").text
    health = program(Role.VIEWER).get(f"{API}/second/health").json()
    assert health["exclusion_group"] == "Pricing & terms"
    assert health["kept_out"] == [{"experiment": "first", "leads": 2}]
    asked = program(Role.MANAGER).post(f"{API}/second/assignments", json={"unit_id": "L0"})
    assert asked.status_code == 422
    assert asked.json()["errors"][0]["message"].startswith("L0 is kept out of this test: it is in")


def test_programs_name_a_group_and_ask_for_one(
    program: SignIn, plan: dict[str, Any], grouped: list[Experiment]
) -> None:
    manager = program(Role.MANAGER)
    made = manager.post(API, json=plan | {"exclusion_group": "Pricing & terms"})
    assert made.json()["exclusion_group"] == "Pricing & terms"
    of_group = manager.get(API, params={"group": "Pricing & terms"}).json()["experiments"]
    assert {each["key"] for each in of_group} == {"first", "second", "demo-before-discovery"}
    assert manager.get(API, params={"group": "none"}).json() == {"experiments": []}
    refused = manager.post(f"{API}/demo-before-discovery/launch", json={"seed": 7})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["where"] == "reps"


def test_commands_name_a_group_list_it_and_hold_it(run: Run, tmp_path: Path) -> None:
    run("company", "set", "--name", "Kestrel", "--time-zone", "UTC", "--currency", "EUR")
    process = tmp_path / "process.yaml"
    process.write_text(yaml.safe_dump(PROCESS))
    assert run("import", "process", str(process)).exit_code == 0
    assert run("team", "add", "Berlin").exit_code == 0
    for rep in ("Ada", "Ben"):
        assert run("rep", "add", rep, "--team", "Berlin").exit_code == 0
    for name, unit in (("First", "lead"), ("Second", "rep")):
        file = tmp_path / f"{name}.yaml"
        more = {"name": name, "unit": unit, "exclusion_group": "Pricing"}
        file.write_text(yaml.safe_dump(WRITTEN | more))
        made = run("experiment", "create", str(file))
        assert made.exit_code == 0, made.output
    assert run("experiment", "launch", "first", "--seed", "7").exit_code == 0

    refused = run("experiment", "launch", "second")
    assert refused.exit_code == 2
    assert "First is in the same exclusion group" in refused.stderr
    listed = said(run("experiment", "list", "--group", "Pricing", "--json"))["experiments"]
    assert [each["key"] for each in listed] == ["second", "first"]
    assert said(run("experiment", "list", "--group", "x", "--json")) == {"experiments": []}
    assert "[Pricing]" in run("experiment", "list").stdout
