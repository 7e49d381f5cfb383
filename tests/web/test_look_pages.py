"""Looks, guardrails and designs on the pages, by API and on the terminal."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from experiments import experiment_draft, life
from experiments.experiment import Experiment, experiment
from experiments.looks import planned_looks
from experiments.people import Rep
from experiments.plan import frozen_plan
from experiments.users import Role
from tests.experiments.conftest import Tell
from tests.experiments.test_looks import told_early
from tests.web.conftest import Clock, SignIn


@pytest.fixture
def looked(
    session: Session,
    plan: dict[str, Any],
    reps: list[Rep],
    tell: Tell,
    clock: Clock,
    now: datetime,
) -> Experiment:
    """Two looks and a guardrail; the first look is due."""
    written = plan | {
        "looks": 2,
        "spending": "pocock",
        "guardrails": [{"milestone": "demo", "margin": 0.05}],
    }
    found = experiment_draft.create(session, experiment_draft.checked(written), by=None, now=now)
    life.launch(session, found, seed=7, by=None, now=now)
    first, _last = planned_looks(frozen_plan(found))
    told_early(session, found, reps, tell, at=first.due_at - timedelta(days=9))
    clock.now = first.due_at + timedelta(hours=1)
    return found


def test_a_manager_takes_the_look_that_is_due(looked: Experiment, sign_in: SignIn) -> None:
    client = sign_in(Role.MANAGER)
    page = client.get(f"/experiments/{looked.key}").text
    assert "Take look 1" in page
    assert "<b>Look 1 is due.</b>" in page
    assert "What each milestone says" not in page
    taken = client.get(client.post(f"/experiments/{looked.key}/look").headers["location"])
    assert "The look is taken" in taken.text
    assert "What look 1 saw" in taken.text
    assert "What must not get worse" in taken.text
    assert "Take look" not in taken.text
    again = client.post(f"/experiments/{looked.key}/look")
    assert again.status_code == 422
    assert "No look is due now" in again.text
    assert client.get(f"/experiments/{looked.key}?look=1").status_code == 200
    assert client.get(f"/experiments/{looked.key}?look=2").status_code == 422
    assert "Planned look taken" in client.get(f"/experiments/{looked.key}/plan").text


def test_before_a_look_the_report_says_when_it_comes(
    looked: Experiment, sign_in: SignIn, clock: Clock
) -> None:
    clock.now -= timedelta(days=5)
    page = sign_in(Role.MANAGER).get(f"/experiments/{looked.key}").text
    assert "The next planned look is due on " in page
    assert "Take look" not in page


def test_an_analyst_sees_that_a_look_is_due_and_takes_none(
    looked: Experiment, sign_in: SignIn
) -> None:
    client = sign_in(Role.ANALYST)
    page = client.get(f"/experiments/{looked.key}").text
    assert "due now" in page
    assert "Take look 1" not in page
    assert client.post(f"/experiments/{looked.key}/look").status_code == 403


def test_a_program_takes_the_look_and_reads_it_again(looked: Experiment, program: SignIn) -> None:
    client = program(Role.MANAGER)
    taken = client.post(f"/api/v1/experiments/{looked.key}/looks")
    assert taken.status_code == 200
    assert taken.json()["look"] == 1
    read = client.get(f"/api/v1/experiments/{looked.key}/report", params={"look": 1}).json()
    assert read["look"] == 1
    assert [each["taken_at"] is not None for each in read["looks"]] == [True, False]
    assert read["guardrails"][0]["margin"] == 0.05
    primary = read["milestones"][-1]["comparisons"][0]
    assert primary["primary"] == "group_sequential"
    missing = client.get(f"/api/v1/experiments/{looked.key}/report", params={"look": 2})
    assert missing.status_code == 422
    assert missing.json()["errors"][0]["message"] == "Look 2 was not taken."


FORM = {
    "act": "save",
    "name": "Demo before discovery",
    "hypothesis": "Showing the product first closes more.",
    "variants.1.name": "Discovery first",
    "variants.1.process": "discovery-first@1",
    "variants.1.weight": "1",
    "variants.2.name": "Demo first",
    "variants.2.process": "discovery-first@1",
    "variants.2.weight": "1",
    "control": "1",
    "teams": ["Berlin"],
    "unit": "rep",
    "milestone": "won",
    "horizon_days": "30",
    "level": "0.95",
    "enrol_from": "2026-03-03",
    "enrol_until": "2026-04-30",
    "design": "by_team",
    "looks": "3",
    "spending": "pocock",
    "guard.demo": "2,5",
}


@pytest.mark.usefixtures("version", "reps")
def test_the_form_asks_for_design_looks_and_guardrails_and_keeps_them(
    session: Session, sign_in: SignIn
) -> None:
    client = sign_in(Role.MANAGER)
    plan = client.get(client.post("/experiments/new", data=FORM).headers["location"]).text
    assert "Each team is split by itself." in plan
    assert "“Demo or trial” by more than 2.5 points" in plan
    assert "3 in all, the last when the test is measured. Evenly (Pocock)." in plan
    saved = experiment(session, "demo-before-discovery")
    assert (saved.looks, saved.design, saved.spending) == (3, "by_team", "pocock")
    again = client.get("/experiments/demo-before-discovery/edit").text
    assert 'value="2.5"' in again
    kept = client.post(
        "/experiments/demo-before-discovery/edit", data=FORM | {"guard.demo": "", "looks": "1"}
    )
    assert kept.status_code == 303
    session.expire_all()
    assert experiment(session, "demo-before-discovery").guardrails == []


@pytest.mark.usefixtures("version", "reps")
@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"guard.demo": "a lot"}, "A number is expected."),
        ({"guard.won": "2"}, "Guard another milestone than the one that decides"),
        ({"guard.demo": "80"}, "It must be 50 or less."),
    ],
)
def test_a_guardrail_that_cannot_be_is_said_where_it_was_typed(
    sign_in: SignIn, typed: dict[str, str], said: str
) -> None:
    answer = sign_in(Role.MANAGER).post("/experiments/new", data=FORM | typed)
    assert answer.status_code == 422
    assert said in answer.text
    assert 'id="f-guardrails"' in answer.text
    assert next(iter(typed.values())) in answer.text
