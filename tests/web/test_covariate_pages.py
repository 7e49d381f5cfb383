"""A value of each rep from before, as a plan's form, page and API know it."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.testclient import TestClient

from experiments import experiment_draft
from experiments.experiment import Covariate, experiment
from experiments.people import Rep
from experiments.users import Role
from tests.experiments.conftest import Tell
from tests.experiments.test_split_designs import drafted, launched, sold
from tests.web.conftest import SignIn
from web.experiment_form import values_of_draft, written

ONE = "/experiments/demo-before-discovery"


@pytest.fixture
def manager(sign_in: SignIn) -> TestClient:
    """A manager's browser."""
    return sign_in(Role.MANAGER)


def test_the_form_keeps_what_was_chosen(
    manager: TestClient, session: Session, plan: dict[str, Any], now: datetime
) -> None:
    draft = experiment_draft.checked(plan | {"covariate": "leads"})
    experiment_draft.create(session, draft, by=None, now=now)
    page = manager.get(f"{ONE}/edit").text
    chosen = re.search(r'name="covariate" value="(\w*)"[^>]* checked', page)
    assert chosen is not None
    assert chosen[1] == "leads"
    typed = FormData([("covariate", str(values_of_draft(draft, [])["covariate"]))])
    assert written(typed, "")["covariate"] == "leads"
    assert experiment(session, draft.key).covariate is Covariate.LEADS


def test_a_draft_whose_reps_have_no_past_names_them(
    manager: TestClient,
    session: Session,
    plan: dict[str, Any],
    reps: list[Rep],
    tell: Tell,
    now: datetime,
) -> None:
    sold(session, reps[:7], tell, now)
    drafted(session, plan, now, covariate="share")
    page = manager.get(f"{ONE}/plan").text
    assert "takes out how the reps’ shares differed" in page
    assert f"Of {reps[7].name} no leads from before are known" in page


def test_a_plan_of_before_names_who_stood_in_with_the_average(
    manager: TestClient,
    session: Session,
    plan: dict[str, Any],
    reps: list[Rep],
    tell: Tell,
    now: datetime,
) -> None:
    sold(session, reps, tell, now)
    found = launched(session, plan, now, covariate="share")
    assert found.plan is not None
    assert "taken as the team’s average" not in manager.get(f"{ONE}/plan").text
    written = json.loads(found.plan)
    written["split"]["baseline"][reps[7].external_id] = [0.175, 0]
    found.plan = json.dumps(written)
    session.flush()
    page = manager.get(f"{ONE}/plan").text
    assert f"taken as the team’s average: {reps[7].name}." in page
