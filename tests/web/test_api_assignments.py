"""Asking which variant a unit is in: the same answer for ever."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from experiments import experiment_draft, life
from experiments.experiment import Experiment
from experiments.leads import lead
from experiments.users import Role
from tests.conftest import count_rows
from tests.web.conftest import Clock, SignIn

PATH = "/api/v1/experiments/demo-before-discovery/assignments"


@pytest.fixture
def router(program: SignIn) -> TestClient:
    """The program that routes new leads."""
    return program(Role.ANALYST)


@pytest.fixture
def of_leads(session: Session, plan: dict[str, Any], clock: Clock) -> Experiment:
    """A test under way in which leads are split."""
    draft = experiment_draft.checked(plan | {"unit": "lead"})
    found = experiment_draft.create(session, draft, by=None, now=clock.now)
    life.launch(session, found, seed=7, by=None, now=clock.now)
    return found


def ask(client: TestClient, unit: str, owner: str | None = None) -> tuple[int, dict[str, Any]]:
    body = {"unit_id": unit} | ({"owner_id": owner} if owner else {})
    answer = client.post(PATH, json=body)
    return answer.status_code, answer.json()


def message(said: tuple[int, dict[str, Any]]) -> tuple[int, str, str]:
    error = said[1]["errors"][0]
    return said[0], error["where"], error["message"]


def test_a_reps_variant_is_the_one_drawn_at_launch(
    router: TestClient, running: Experiment, clock: Clock
) -> None:
    first = ask(router, "Rep 3")
    assert first[0] == 200
    assert first[1]["variant"] in {"discovery-first", "demo-first"}
    assert first[1]["assigned_at"] == "2026-03-02T09:00:00Z"
    clock.now += timedelta(days=200)
    assert ask(router, "Rep 3") == first


def test_a_rep_who_does_not_take_part_is_404(router: TestClient, running: Experiment) -> None:
    assert message(ask(router, "Rep 9")) == (404, "", "There is no participating rep Rep 9.")


def test_a_new_lead_begins_and_enrols_and_gets_its_variant(
    router: TestClient, of_leads: Experiment, session: Session, clock: Clock
) -> None:
    status, said = ask(router, "L1", "Rep 1")
    assert status == 200
    begun = lead(session, "L1")
    assert begun.owner is not None
    assert (begun.created_at, begun.owner.external_id) == (clock.now, "Rep 1")
    assert count_rows(session, "enrolments") == 1
    variant = next(each for each in of_leads.variants if each.key == said["variant"])
    assert begun.version_id == variant.version_id


def test_a_lead_keeps_its_variant_whatever_happens(
    router: TestClient, of_leads: Experiment, session: Session, clock: Clock
) -> None:
    first = ask(router, "L1", "Rep 1")
    life.stop(session, of_leads, reason="Over.", by=None, now=clock.now)
    clock.now += timedelta(days=100)
    assert ask(router, "L1", "Rep 2") == first
    assert ask(router, "L1") == first


def test_leads_come_into_both_variants(router: TestClient, of_leads: Experiment) -> None:
    variants = {ask(router, f"L{n}", "Rep 1")[1]["variant"] for n in range(20)}
    assert variants == {"discovery-first", "demo-first"}


@pytest.mark.parametrize(
    ("owner", "expected"),
    [
        (None, (422, "owner_id", "There is no lead L1 yet, and no owner_id to begin it.")),
        ("Nobody", (422, "owner_id", "There is no rep Nobody.")),
    ],
)
def test_a_new_lead_needs_a_known_owner(
    router: TestClient,
    of_leads: Experiment,
    session: Session,
    owner: str | None,
    expected: tuple[int, str, str],
) -> None:
    assert message(ask(router, "L1", owner)) == expected
    assert count_rows(session, "leads") == 0
    assert count_rows(session, "kept_records") == 0


def test_a_lead_that_cannot_enrol_any_more_is_refused_and_not_stored(
    router: TestClient, of_leads: Experiment, session: Session, clock: Clock
) -> None:
    life.stop(session, of_leads, reason="Over.", by=None, now=clock.now)
    status, where, said = message(ask(router, "L1", "Rep 1"))
    assert (status, where) == (422, "unit_id")
    assert said.startswith("L1 does not take part")
    assert count_rows(session, "leads") == 0


def test_a_draft_assigns_nobody(
    router: TestClient, plan: dict[str, Any], session: Session, clock: Clock
) -> None:
    experiment_draft.create(session, experiment_draft.checked(plan), by=None, now=clock.now)
    expected = (422, "status", "The experiment has not been launched.")
    assert message(ask(router, "Rep 1")) == expected


@pytest.mark.parametrize("body", [{}, {"unit_id": ""}, {"unit_id": 5}, {"unit_id": "x" * 121}])
def test_a_unit_is_named(router: TestClient, running: Experiment, body: dict[str, Any]) -> None:
    answer = router.post(PATH, json=body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["where"] == "unit_id"
