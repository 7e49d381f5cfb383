"""A test's health by page, API and command: what is checked, on which day, and never an effect."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from experiments import experiment_draft, life
from experiments.experiment import Experiment
from experiments.health_report import health_on
from experiments.ingest import ingest_events
from experiments.people import Rep
from experiments.users import Role
from tests.experiments.conftest import Tell
from tests.web.conftest import SignIn
from web.health_words import ADVICE, FIGURES, as_dict
from web.sentences import CHECKS

ONE = "/experiments/demo-before-discovery"


def test_the_page_shows_every_check_with_its_figures(
    measured: Experiment, sign_in: SignIn
) -> None:
    page = sign_in(Role.VIEWER).get(f"{ONE}/health")
    assert page.status_code == 200
    assert "The plan is the one that was launched." in page.text
    assert "Demo first: leads 40" in page.text
    assert "points" not in page.text
    assert sign_in(Role.REP).get(f"{ONE}/health").status_code == 403


def test_a_past_day_is_told_as_it_was(
    measured: Experiment, session: Session, sign_in: SignIn, now: datetime
) -> None:
    page = sign_in(Role.MANAGER).get(f"{ONE}/health?as_of={now:%Y-%m-%d}").text
    assert "not known yet" in page
    assert "Demo first: leads 40" not in page
    early = health_on(session, measured, now=now + timedelta(days=300), day=now.date())
    assert [group.enrolled for group in early.groups] == [0, 0]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("2020-01-01", "was not launched yet"),
        ("2999-01-01", "is still to come"),
        ("yesterday", "is not a day"),
    ],
)
def test_a_day_that_cannot_be_is_refused(
    measured: Experiment, sign_in: SignIn, asked: str, said: str
) -> None:
    answer = sign_in(Role.MANAGER).get(f"{ONE}/health?as_of={asked}")
    assert answer.status_code == 422
    assert said in answer.text


def test_a_program_reads_it(measured: Experiment, program: SignIn) -> None:
    told = program(Role.VIEWER).get(f"/api/v1{ONE}/health").json()
    assert {each["name"] for each in told["checks"]} >= {"plan", "draw", "stale_data"}
    assert [each["enrolled"] for each in told["groups"]] == [40, 40]
    assert "effect" not in str(told)


def test_what_fails_says_what_to_do(
    measured: Experiment, session: Session, sign_in: SignIn
) -> None:
    measured.plan = (measured.plan or "") + " "
    session.flush()
    page = sign_in(Role.MANAGER).get(f"{ONE}/health").text
    assert "Restore it from a backup" in page
    assert "fails" in page


def test_who_did_not_follow_is_named_to_staff_only(
    session: Session,
    plan: dict[str, Any],
    reps: list[Rep],
    tell: Tell,
    now: datetime,
    sign_in: SignIn,
    clock: Any,
) -> None:
    variants = [
        plan["variants"][0],
        plan["variants"][1] | {"defining_actions": ["Discovery call"]},
    ]
    draft = experiment_draft.checked(plan | {"variants": variants})
    found = experiment_draft.create(session, draft, by=None, now=now)
    life.launch(session, found, seed=7, by=None, now=now)
    events = [
        event
        for n, rep in enumerate(reps)
        for event in (
            tell(f"L{n}", day=1, type="created", owner_id=rep.external_id),
            tell(f"L{n}", "Qualify", day=2),
            tell(f"L{n}", type="action_done", action="Discovery call", day=2.5),
            tell(f"L{n}", "Lost", day=9),
        )[: 4 if n % 2 else 2]
    ]
    clock.now = now + timedelta(days=120)
    assert ingest_events(session, events, now=clock.now).rejected == []
    page = sign_in(Role.MANAGER).get(f"{ONE}/health").text
    assert "What was followed of Demo first" in page
    assert "Rep by rep" in page
    assert reps[0].name in page
    assert "Rep by rep" not in sign_in(Role.VIEWER).get(f"{ONE}/health").text
    told = as_dict(health_on(session, found, now=clock.now))["followed"]
    assert isinstance(told, list)
    assert set(told[0]["shares"]) == {"discovery-first", "demo-first"}


def test_a_draft_has_none(
    session: Session, plan: dict[str, Any], now: datetime, sign_in: SignIn
) -> None:
    experiment_draft.create(session, experiment_draft.checked(plan), by=None, now=now)
    assert sign_in(Role.MANAGER).get(f"{ONE}/health").status_code == 422


def test_every_check_has_its_words() -> None:
    assert ADVICE.keys() == CHECKS.keys()
    assert all(FIGURES.values())
