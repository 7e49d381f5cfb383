"""Reps who join a running test, by page, API and command."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from experiments import experiment_draft, life
from experiments.enrolment import arrivals
from experiments.experiment import Experiment
from experiments.people import Rep, add_rep
from experiments.users import Role
from tests.web.conftest import Run, SignIn, refusal, said

ONE = "/experiments/demo-before-discovery"
JOINERS = "/api/v1/experiments/demo-before-discovery/joiners"


@pytest.fixture
def joinable(session: Session, plan: dict[str, Any], now: datetime) -> Experiment:
    """A test under way that others may join."""
    draft = experiment_draft.checked(plan | {"join_rule": "blocks"})
    found = experiment_draft.create(session, draft, by=None, now=now)
    life.launch(session, found, seed=7, by=None, now=now)
    return found


@pytest.fixture
def manager(sign_in: SignIn) -> TestClient:
    """A manager's browser."""
    return sign_in(Role.MANAGER)


def test_the_form_asks_what_becomes_of_those_who_come_later(
    manager: TestClient, session: Session, plan: dict[str, Any], now: datetime
) -> None:
    draft = experiment_draft.checked(plan | {"join_rule": "coin"})
    experiment_draft.create(session, draft, by=None, now=now)
    page = manager.get(f"{ONE}/edit").text
    chosen = re.search(r'name="join_rule" value="(\w*)"[^>]* checked', page)
    assert chosen is not None
    assert chosen[1] == "coin"
    assert "New reps join by a coin of their own." in manager.get(f"{ONE}/plan").text


def test_a_manager_lets_a_rep_join(
    manager: TestClient, session: Session, joinable: Experiment, now: datetime
) -> None:
    add_rep(session, "Zoe", team=None, now=now)
    assert "Somebody joins" in manager.get(f"{ONE}/plan").text
    answer = manager.post(f"{ONE}/join", data={"rep": "Zoe"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{ONE}/plan")
    assert [row.unit for row in arrivals(session, joinable)] == ["Zoe"]
    page = manager.get(f"{ONE}/plan").text
    assert "A rep joined" in page
    # Nobody else is left who could.
    assert "Somebody joins" not in page


@pytest.mark.parametrize(("rep", "text"), [("Nobody", "no rep Nobody"), ("Rep 1", "already")])
def test_who_cannot_join_is_told_on_the_plan(
    manager: TestClient, session: Session, joinable: Experiment, rep: str, text: str
) -> None:
    answer = manager.post(f"{ONE}/join", data={"rep": rep})
    assert answer.status_code == 422
    assert text in answer.text
    assert arrivals(session, joinable) == []


def test_a_rep_added_to_the_team_joins(
    manager: TestClient, session: Session, joinable: Experiment, reps: list[Rep]
) -> None:
    form = {"name": "Nina", "team": str(reps[0].team_id)}
    answer = manager.post("/team/reps/new", data=form)
    assert answer.status_code == 303
    assert [row.unit for row in arrivals(session, joinable)] == ["Nina"]
    assert "joins the team’s running test" in manager.get("/team").text


def test_a_program_lets_a_rep_join_and_reads_the_variant(
    program: SignIn, session: Session, joinable: Experiment, now: datetime
) -> None:
    add_rep(session, "Zoe", team=None, now=now)
    client = program(Role.MANAGER)
    told = client.post(JOINERS, json={"rep": "Zoe"})
    assert told.status_code == 200
    (row,) = arrivals(session, joinable)
    assert told.json()["variant"] == row.variant.key
    asked = client.post(JOINERS.replace("joiners", "assignments"), json={"unit_id": "Zoe"})
    assert asked.json() == told.json()
    again = client.post(JOINERS, json={"rep": "Zoe"})
    assert again.status_code == 422
    assert program(Role.REP).post(JOINERS, json={"rep": "Zoe"}).status_code == 403


def test_a_command_lets_a_rep_join(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    today = datetime.now(UTC).date()
    Path("process.yaml").write_text(
        "name: Trial\nstages: "
        "[{name: New, milestone: lead}, {name: Won, kind: won}, {name: Lost, kind: lost}]\n"
    )
    Path("plan.yaml").write_text(
        "{name: One, hypothesis: It helps., teams: [Berlin], join_rule: coin, variants: ["
        "{name: A, process: trial, control: true}, {name: B, process: trial}], "
        f"enrol_from: {today}, enrol_until: {today + timedelta(days=30)}}}"
    )
    for words in (
        ("company", "set", "--name", "K", "--time-zone", "UTC", "--currency", "EUR"),
        ("import", "process", "process.yaml"),
        ("team", "add", "Berlin"),
        ("team", "add", "Paris"),
        *(("rep", "add", name, "--team", "Berlin") for name in ("Ann", "Ben")),
        ("experiment", "create", "plan.yaml"),
        ("experiment", "launch", "one", "--seed", "3"),
        ("rep", "add", "Eve", "--team", "Paris"),
    ):
        done = run(*words)
        assert done.exit_code == 0, done.output
    assert said(run("experiment", "join", "one", "Eve", "--json"))["variant"] in {"a", "b"}
    assert "Eve takes part already" in refusal(run("experiment", "join", "one", "Eve"))[1]
    added = run("rep", "add", "Zoe", "--team", "Berlin").stdout
    assert added.startswith("Added the rep Zoe. The rep joins one and follows ")
    Path("team.csv").write_text("name,team\nOmar,Berlin\n")
    told = run("import", "team", "team.csv").stdout
    assert "Joined the running test of their team: Omar." in told
