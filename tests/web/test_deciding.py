"""What is decided by page, by API and by command, and what waits for a second person."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from experiments import experiment_draft
from experiments.decision import Choice, decision_on
from experiments.experiment import Experiment
from experiments.people import Rep
from experiments.process import standing_version_id
from experiments.users import Role
from tests.web.conftest import SignIn

ONE = "/experiments/demo-before-discovery"


@pytest.fixture
def manager(sign_in: SignIn) -> TestClient:
    """A manager's browser."""
    return sign_in(Role.MANAGER)


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


def test_a_decision_against_advice_waits_for_a_second_person(
    measured: Experiment, manager: TestClient, sign_in: SignIn, session: Session
) -> None:
    form = {"choice": "keep", "reason": "The market turned."}
    assert manager.post(f"{ONE}/decide", data=form).status_code == 303
    assert decision_on(session, measured) is None
    page = manager.get(f"{ONE}/decide").text
    assert "Waits for a second person" in page
    assert "Take it back" in page
    assert f"{ONE}/decide/second" not in page
    assert manager.post(f"{ONE}/decide/second").status_code == 422

    admin = sign_in(Role.ADMIN)
    assert f"{ONE}/decide/second" in admin.get(f"{ONE}/decide").text
    assert admin.post(f"{ONE}/decide/second").status_code == 303
    taken = decision_on(session, measured)
    assert taken is not None
    assert (taken.choice, taken.recommended, taken.variant) == (Choice.KEEP, Choice.ADOPT, None)
    page = manager.get(f"{ONE}/decide").text
    assert "had recommended something else" in page
    assert "with The admin’s consent" in page


def test_a_proposed_decision_is_taken_back(
    measured: Experiment, manager: TestClient, session: Session
) -> None:
    manager.post(f"{ONE}/decide", data={"choice": "keep", "reason": "The market turned."})
    assert manager.post(f"{ONE}/decide/withdraw").status_code == 303
    assert 'name="choice"' in manager.get(f"{ONE}/decide").text


def test_the_rules_stand_in_order_up_to_the_one_that_holds(
    measured: Experiment, manager: TestClient
) -> None:
    page = manager.get(f"{ONE}/decide").text
    first = page.index("A check of the split, the plan or the data fails.")
    last = page.index("A treatment is better beyond doubt, and its guardrails hold.")
    assert first < page.index("The test was stopped before its time.") < last
    assert "Measured, and nothing is beyond doubt." not in page


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
    form = {"choice": "adopt.demo-first", "reason": "Because."}
    assert manager.post(f"{ONE}/decide", data=form).status_code == 303
    assert manager.post(f"{ONE}/decide", data=form | {"reason": "Again."}).status_code == 422
    taken = decision_on(session, measured)
    assert taken is not None
    assert taken.reason == "Because."


def test_a_draft_has_nothing_to_decide(
    manager: TestClient, session: Session, plan: dict[str, Any], reps: list[Rep], now: datetime
) -> None:
    experiment_draft.create(session, experiment_draft.checked(plan), by=None, now=now)
    assert manager.get(f"{ONE}/decide").status_code == 422


def test_a_program_decides_and_a_second_one_agrees(
    measured: Experiment, program: SignIn, session: Session
) -> None:
    address = f"/api/v1{ONE}/decision"
    manager, admin = program(Role.MANAGER), program(Role.ADMIN)
    asked = {"choice": "keep", "reason": "The market turned."}
    said = manager.post(address, json=asked)
    assert said.json() == {
        "choice": "keep",
        "variant": None,
        "recommended": "adopt",
        "reason": "The market turned.",
        "waits": True,
    }
    assert manager.post(f"{address}/second").status_code == 422
    assert admin.post(f"{address}/second").json()["waits"] is False
    taken = decision_on(session, measured)
    assert taken is not None
    assert taken.choice is Choice.KEEP


def test_a_program_s_decision_is_checked_like_anybody_s(
    measured: Experiment, program: SignIn, session: Session
) -> None:
    address = f"/api/v1{ONE}/decision"
    for asked, where in (
        ({"choice": "adopt", "reason": "Because."}, "variant"),
        ({"choice": "keep", "reason": " "}, "reason"),
        ({"choice": "perhaps", "reason": "Because."}, "choice"),
    ):
        answer = program(Role.MANAGER).post(address, json=asked)
        assert answer.status_code == 422
        assert where in answer.json()["errors"][0]["where"]
    assert decision_on(session, measured) is None
