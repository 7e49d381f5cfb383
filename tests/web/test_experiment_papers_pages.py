"""The note to the team, approvals, copies and the archive by page."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from experiments import experiment_draft
from experiments.company import Company
from experiments.experiment import Experiment
from experiments.people import Rep
from experiments.users import Role
from tests.web.conftest import SignIn

ONE = "/experiments/demo-before-discovery"


@pytest.fixture
def draft(session: Session, plan: dict[str, Any], reps: list[Rep], now: datetime) -> Experiment:
    """A complete draft."""
    return experiment_draft.create(session, experiment_draft.checked(plan), by=None, now=now)


def test_the_note_says_what_is_tested_and_until_when(draft: Experiment, sign_in: SignIn) -> None:
    page = sign_in(Role.ANALYST).get(f"{ONE}/note").text
    assert draft.hypothesis in page
    assert "The test compares processes, not people." in page
    assert "Which one is drawn by chance" in page
    assert "A process for those who have had none until now" in page
    assert sign_in(Role.REP).get(f"{ONE}/note").status_code == 403


def test_the_note_of_a_test_without_processes_says_what_is_missing(
    session: Session, plan: dict[str, Any], reps: list[Rep], now: datetime, sign_in: SignIn
) -> None:
    variants = [each | {"process": ""} for each in plan["variants"]]
    written = experiment_draft.checked(plan | {"variants": variants, "unit": "lead"})
    experiment_draft.create(session, written, by=None, now=now)
    page = sign_in(Role.MANAGER).get(f"{ONE}/note").text
    assert "Choose the variants’ processes first." in page
    assert "the lead’s page says it first" in page


def test_a_second_person_approves_and_the_first_launches(
    draft: Experiment, company: Company, sign_in: SignIn, session: Session
) -> None:
    admin, manager = sign_in(Role.ADMIN), sign_in(Role.MANAGER)
    form = {"company": company.name, "time_zone": "UTC", "currency": "EUR"}
    assert admin.post("/settings", data=form | {"second_approval": "yes"}).status_code == 303
    assert "Nobody has approved this plan" in manager.get(f"{ONE}/plan").text
    refused = manager.post(f"{ONE}/launch")
    assert refused.status_code == 422
    assert "A second person has to approve" in refused.text
    admin.post(f"{ONE}/approve")
    assert "Approved as it stands by The admin" in manager.get(f"{ONE}/plan").text
    assert manager.post(f"{ONE}/launch").status_code == 303
    assert "checked" in admin.get("/settings").text


def test_a_copy_opens_as_a_draft(draft: Experiment, sign_in: SignIn, session: Session) -> None:
    answer = sign_in(Role.ANALYST).post(f"{ONE}/copy")
    assert answer.headers["location"] == "/experiments/demo-before-discovery-2/edit"
    assert sign_in(Role.ANALYST).get(answer.headers["location"]).status_code == 200
    assert len(session.scalars(select(Experiment)).all()) == 2


def test_what_is_put_away_is_listed_when_asked(draft: Experiment, sign_in: SignIn) -> None:
    manager = sign_in(Role.MANAGER)
    manager.post(f"{ONE}/archive")
    page = manager.get("/experiments").text
    assert draft.name not in page
    assert "1 put away" in page
    assert draft.name in manager.get("/experiments?archived=1").text
    manager.post(f"{ONE}/unarchive")
    assert draft.name in manager.get("/experiments").text
    assert "Nothing is put away." in manager.get("/experiments?archived=1").text
