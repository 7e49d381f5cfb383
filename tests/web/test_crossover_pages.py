"""A crossover by page and by API: planned, read, followed, asked for."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from experiments import experiment_draft, life
from experiments.experiment import Experiment
from experiments.people import Rep
from experiments.users import Role
from tests.experiments.conftest import Tell
from tests.experiments.test_crossed import CROSSED, WINS, sold
from tests.experiments.worlds import LATER
from tests.web.conftest import Clock, SignIn

ONE = "/experiments/demo-before-discovery"
API = "/api/v1/experiments/demo-before-discovery/assignments"


@pytest.fixture
def draft(session: Session, plan: dict[str, Any], now: datetime) -> Experiment:
    """A crossover that is still planned."""
    checked = experiment_draft.checked(plan | CROSSED)
    return experiment_draft.create(session, checked, by=None, now=now)


@pytest.fixture
def crossed(session: Session, draft: Experiment, now: datetime) -> Experiment:
    """The same, launched."""
    life.launch(session, draft, seed=7, by=None, now=now)
    return draft


def test_the_form_knows_the_design_and_its_washout(
    sign_in: SignIn, draft: Experiment, session: Session
) -> None:
    manager = sign_in(Role.MANAGER)
    page = manager.get(f"{ONE}/edit").text
    assert re.search(r'value="crossover"[^>]* checked', page)
    assert re.search(r'name="washout_days"[^>]*value="20"', page)


def test_the_plan_tells_the_periods_before_the_launch(sign_in: SignIn, draft: Experiment) -> None:
    page = sign_in(Role.MANAGER).get(f"{ONE}/plan").text
    assert "Each rep follows both processes, in an order that is drawn." in page
    assert "Mar 2, 2026 to Mar 21, 2026." in page
    assert "Apr 11, 2026 to Apr 30, 2026." in page
    assert "will still be open" not in page


def test_the_plan_tells_who_begins_with_what_after_it(
    sign_in: SignIn, crossed: Experiment
) -> None:
    page = sign_in(Role.MANAGER).get(f"{ONE}/plan").text
    assert "in the first period; in the second the other way round" in page


def test_the_report_says_how_each_rep_was_compared(
    sign_in: SignIn,
    session: Session,
    crossed: Experiment,
    reps: list[Rep],
    tell: Tell,
    clock: Clock,
) -> None:
    sold(session, crossed, reps, tell, WINS)
    clock.now = LATER
    page = sign_in(Role.MANAGER).get(ONE).text
    assert "Each rep is compared with itself" in page
    assert "All 70 possible splits were compared." in page


def test_a_rep_reads_what_to_follow_now_and_then(
    sign_in: SignIn, session: Session, crossed: Experiment, reps: list[Rep], user: Any
) -> None:
    reps[0].user_id = user(Role.REP).id
    session.flush()
    page = sign_in(Role.REP).get("/today").text
    assert "until Mar 21" in page
    assert "From Mar 22 on you follow" in page


def test_a_program_reads_assignments_by_period(
    program: SignIn, crossed: Experiment, clock: Clock
) -> None:
    client = program(Role.ANALYST)
    told = client.get(API, params={"unit_id": "Rep 2"}).json()
    assert [each["period"] for each in told["assignments"]] == [1, 2]
    assert {each["variant"] for each in told["assignments"]} == {"discovery-first", "demo-first"}
    assert told["assignments"][1]["from_at"] == "2026-04-10T22:00:00Z"
    assert told["next"] is None
    everyone = client.get(API).json()
    assert len(everyone["assignments"]) == 16
    first = client.post(API, json={"unit_id": "Rep 2"}).json()
    assert first["variant"] == told["assignments"][0]["variant"]
    clock.now = datetime.fromisoformat("2026-04-11T12:00:00+00:00")
    second = client.post(API, json={"unit_id": "Rep 2"}).json()
    assert second["variant"] == told["assignments"][1]["variant"]


def test_of_a_plain_test_a_rep_has_one_assignment(program: SignIn, running: Experiment) -> None:
    (told,) = program(Role.ANALYST).get(API, params={"unit_id": "Rep 2"}).json()["assignments"]
    assert (told["period"], told["from_at"], told["until_at"]) == (0, None, None)
    assert program(Role.ANALYST).get(API, params={"unit_id": "X"}).json()["assignments"] == []


def test_an_impossible_crossover_comes_back_with_its_reason(
    sign_in: SignIn, draft: Experiment, session: Session
) -> None:
    manager: TestClient = sign_in(Role.MANAGER)
    form = {
        "name": "Demo before discovery",
        "hypothesis": "It helps.",
        "unit": "rep",
        "milestone": "won",
        "horizon_days": "20",
        "level": "0.95",
        "design": "crossover",
        "washout_days": "70",
        "variants.1.name": "A",
        "variants.1.weight": "1",
        "variants.2.name": "B",
        "variants.2.weight": "1",
        "control": "1",
        "teams": "Berlin",
        "enrol_from": "2026-03-02",
        "enrol_until": "2026-04-30",
    }
    answer = manager.post(f"{ONE}/edit", data=form)
    assert answer.status_code == 422
    assert "60 days of enrolment leave no time for two periods with 70 between." in answer.text
