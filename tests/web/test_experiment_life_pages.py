"""Launching, pausing, stopping, opening early and deciding by page."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from experiments import audit, experiment_draft
from experiments.decision import Choice, decision_on
from experiments.experiment import Experiment
from experiments.opening import openings
from experiments.people import Rep
from experiments.process import standing_version_id
from experiments.users import Role
from tests.conftest import count_rows
from tests.experiments.conftest import Tell
from tests.experiments.worlds import LATER, world
from tests.web.conftest import Clock, SignIn

ONE = "/experiments/demo-before-discovery"
WINS = {"discovery-first": [1, 2, 2, 3], "demo-first": [6, 7, 8, 7]}


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


@pytest.fixture
def measured(
    session: Session, running: Experiment, reps: list[Rep], tell: Tell, clock: Clock
) -> Experiment:
    """A test of eight reps with a clear winner, all of it over."""
    world(session, running, reps, tell, WINS)
    clock.now = LATER
    return running


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


def test_before_it_is_measured_there_is_nothing_to_decide(
    manager: TestClient, running: Experiment, session: Session
) -> None:
    page = manager.get(f"{ONE}/decide").text
    assert "A decision can be taken once every lead has had its days" in page
    assert 'name="choice"' not in page
    answer = manager.post(f"{ONE}/decide", data={"choice": "keep", "reason": "Because."})
    assert answer.status_code == 422
    assert decision_on(session, running) is None


def test_the_choices_stand_beside_the_verdict_and_none_is_chosen(
    measured: Experiment, manager: TestClient
) -> None:
    page = manager.get(f"{ONE}/decide").text
    assert "<b>Demo first</b> closes <b>50.0 points more</b>" in page
    assert page.count('name="choice"') == 4
    assert "checked" not in page
    assert "becomes the standing process of inbound" in page
    # Adopting is what the report recommends, and nothing else.
    adopt, keep = page.index("Adopt Demo first"), page.index("Keep Discovery first")
    assert page.count("Recommended") == 1
    assert adopt < page.index("Recommended") < keep


def test_adopting_makes_the_variant_s_process_its_segment_s_standing_one(
    measured: Experiment, manager: TestClient, session: Session
) -> None:
    form = {"choice": "adopt.demo-first", "reason": "Clear, and the team likes it."}
    answer = manager.post(f"{ONE}/decide", data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{ONE}/decide")
    taken = decision_on(session, measured)
    assert taken is not None
    assert taken.variant is not None
    assert (taken.choice, taken.recommended) == (Choice.ADOPT, Choice.ADOPT)
    assert standing_version_id(session, "inbound") == taken.variant.version_id

    page = manager.get(f"{ONE}/decide").text
    assert "Demo first is adopted." in page
    assert "Clear, and the team likes it." in page
    assert 'name="choice"' not in page


def test_another_choice_than_the_recommended_one_is_taken_and_remembered(
    measured: Experiment, manager: TestClient, session: Session
) -> None:
    manager.post(f"{ONE}/decide", data={"choice": "keep", "reason": "The market turned."})
    taken = decision_on(session, measured)
    assert taken is not None
    assert (taken.choice, taken.recommended, taken.variant) == (Choice.KEEP, Choice.ADOPT, None)
    assert "had recommended something else" in manager.get(f"{ONE}/decide").text


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"choice": "", "reason": "Because."}, "Choose what you decide."),
        ({"choice": "everything", "reason": "Because."}, "Choose what you decide."),
        ({"choice": "adopt", "reason": "Because."}, "Choose the variant to adopt."),
        ({"choice": "adopt.discovery-first", "reason": "Because."}, "Choose the variant"),
        ({"choice": "adopt.nothing", "reason": "Because."}, "Choose the variant to adopt."),
        ({"choice": "keep", "reason": ""}, "Write down why"),
    ],
)
def test_a_decision_names_what_and_why(
    measured: Experiment, manager: TestClient, session: Session, form: dict[str, str], said: str
) -> None:
    answer = manager.post(f"{ONE}/decide", data=form)
    assert answer.status_code == 422
    assert said in answer.text
    assert decision_on(session, measured) is None
    session.refresh(measured)
    assert measured.decided_at is None


def test_a_refused_decision_keeps_what_was_chosen(
    measured: Experiment, manager: TestClient
) -> None:
    page = manager.post(f"{ONE}/decide", data={"choice": "run_again", "reason": ""}).text
    assert 'value="run_again" checked' in page
    assert page.count("checked") == 1


def test_deciding_twice_is_refused(
    measured: Experiment, manager: TestClient, session: Session
) -> None:
    form = {"choice": "keep", "reason": "Because."}
    assert manager.post(f"{ONE}/decide", data=form).status_code == 303
    assert manager.post(f"{ONE}/decide", data=form | {"reason": "Again."}).status_code == 422
    taken = decision_on(session, measured)
    assert taken is not None
    assert taken.reason == "Because."


def test_a_draft_has_nothing_to_decide(manager: TestClient, draft: Any) -> None:
    draft()
    assert manager.get(f"{ONE}/decide").status_code == 422


@pytest.mark.parametrize("role", [Role.ANALYST, Role.REP, Role.VIEWER])
@pytest.mark.parametrize("act", ["launch", "pause", "stop", "open-early", "decide"])
def test_others_do_not_steer_a_test(sign_in: SignIn, role: Role, act: str) -> None:
    assert sign_in(role).post(f"{ONE}/{act}").status_code == 403
