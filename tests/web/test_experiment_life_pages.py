"""Launching, pausing, stopping and opening early by page."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from experiments import audit, experiment_draft
from experiments.experiment import Experiment
from experiments.opening import openings
from experiments.users import Role
from tests.conftest import count_rows
from tests.web.conftest import SignIn

ONE = "/experiments/demo-before-discovery"


@pytest.fixture
def manager(sign_in: SignIn) -> TestClient:
    """A manager's browser."""
    return sign_in(Role.MANAGER)


@pytest.fixture
def draft(session: Session, plan: dict[str, Any], now: datetime) -> Any:
    """Saves a plan, changed as asked."""

    def make(**changed: Any) -> Experiment:
        checked = experiment_draft.checked(plan | changed)
        return experiment_draft.create(session, checked, by=None, now=now)

    return make


def acts(session: Session, found: Experiment) -> list[str]:
    return [entry.act for entry in audit.entries(session, found.key)]


def test_launching_freezes_the_plan_and_draws_the_split(
    manager: TestClient, draft: Any, session: Session
) -> None:
    found = draft()
    answer = manager.post(f"{ONE}/launch")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{ONE}/plan")
    session.refresh(found)
    assert found.seed is not None
    assert found.plan_hash is not None
    assert count_rows(session, "assignments") == 8

    page = manager.get(f"{ONE}/plan").text
    assert "The plan is frozen" in page
    assert "It is running" in page
    assert "by The manager" in page


def test_each_launch_draws_a_seed_of_its_own(
    manager: TestClient, draft: Any, session: Session
) -> None:
    both = [draft(unit="lead"), draft(unit="lead", name="Another")]
    for each in both:
        manager.post(f"/experiments/{each.key}/launch")
        session.refresh(each)
    assert both[0].seed != both[1].seed


def test_an_empty_variant_keeps_the_plan_a_draft(
    manager: TestClient, draft: Any, plan: dict[str, Any], session: Session
) -> None:
    found = draft(variants=[plan["variants"][0], plan["variants"][1] | {"process": ""}])
    answer = manager.post(f"{ONE}/launch")
    assert answer.status_code == 422
    assert "Demo first is empty: choose the process it follows." in answer.text
    assert f"{ONE}/edit#f-variants.2.process" in answer.text
    session.refresh(found)
    assert found.launched_at is None
    assert count_rows(session, "assignments") == 0


def test_nobody_taking_part_keeps_the_plan_a_draft(manager: TestClient, draft: Any) -> None:
    draft(teams=[])
    answer = manager.post(f"{ONE}/launch")
    assert answer.status_code == 422
    assert "Nobody takes part yet" in answer.text


def test_launching_twice_is_refused(manager: TestClient, draft: Any, session: Session) -> None:
    draft()
    manager.post(f"{ONE}/launch")
    answer = manager.post(f"{ONE}/launch")
    assert answer.status_code == 422
    assert "launched already" in answer.text
    assert count_rows(session, "assignments") == 8


def test_a_test_is_paused_resumed_and_closed(
    manager: TestClient, running: Experiment, session: Session
) -> None:
    said = []
    for act in ("pause", "resume", "close-enrolment"):
        assert manager.post(f"{ONE}/{act}").headers["location"] == f"{ONE}/plan"
        said.append(manager.get(f"{ONE}/plan").text)
    assert "It is paused" in said[0]
    assert "It is running" in said[1]
    assert "Enrolment is closed: the leads" in said[2]
    assert acts(session, running)[2:] == ["paused", "resumed", "closed enrolment"]


def test_only_what_can_be_done_is_offered(manager: TestClient, running: Experiment) -> None:
    page = manager.get(f"{ONE}/plan").text
    assert f"{ONE}/pause" in page
    assert f"{ONE}/resume" not in page
    manager.post(f"{ONE}/close-enrolment")
    page = manager.get(f"{ONE}/plan").text
    assert f"{ONE}/pause" not in page
    assert f'{ONE}/close-enrolment"' not in page
    assert f"{ONE}/stop" in page


@pytest.mark.parametrize("act", ["resume", "pause"])
def test_an_act_out_of_its_time_is_refused(
    manager: TestClient, running: Experiment, session: Session, act: str
) -> None:
    if act == "pause":
        manager.post(f"{ONE}/pause")
    answer = manager.post(f"{ONE}/{act}")
    assert answer.status_code == 422
    assert "paused" in answer.text
    assert acts(session, running).count("paused") == (act == "pause")


def test_a_test_is_stopped_with_its_reason(
    manager: TestClient, running: Experiment, session: Session
) -> None:
    answer = manager.post(f"{ONE}/stop", data={"reason": "The prices changed."})
    assert answer.status_code == 303
    page = manager.get(f"{ONE}/plan").text
    assert "The prices changed." in page
    assert "It was stopped" in page
    session.refresh(running)
    assert running.stop_reason == "The prices changed."


def test_stopping_without_a_reason_is_refused_beside_the_field(
    manager: TestClient, running: Experiment, session: Session
) -> None:
    answer = manager.post(f"{ONE}/stop", data={"reason": " "})
    assert answer.status_code == 422
    assert 'id="f-reason-error"' in answer.text
    assert "Write down why the test is stopped." in answer.text
    session.refresh(running)
    assert running.stopped_at is None


def test_an_admin_opens_the_effects_early_and_leaves_a_mark(
    sign_in: SignIn, running: Experiment, session: Session
) -> None:
    answer = sign_in(Role.ADMIN).post(f"{ONE}/open-early")
    assert (answer.status_code, answer.headers["location"]) == (303, ONE)
    assert [each.by.name for each in openings(session, running) if each.by] == ["The admin"]


def test_what_is_open_is_not_opened_again(
    sign_in: SignIn, measured: Experiment, session: Session
) -> None:
    answer = sign_in(Role.ADMIN).post(f"{ONE}/open-early")
    assert answer.status_code == 422
    assert openings(session, measured) == []


def test_a_manager_does_not_open_early(manager: TestClient, running: Experiment) -> None:
    assert manager.post(f"{ONE}/open-early").status_code == 403


@pytest.mark.parametrize("role", [Role.ANALYST, Role.REP, Role.VIEWER])
@pytest.mark.parametrize("act", ["launch", "pause", "stop", "open-early", "decide"])
def test_others_do_not_steer_a_test(sign_in: SignIn, role: Role, act: str) -> None:
    assert sign_in(role).post(f"{ONE}/{act}").status_code == 403
