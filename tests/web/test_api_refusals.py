"""Tests that cannot be: each is refused at its field, in words, and the store stays as it was."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy.orm import Session

from experiments import people, process_draft
from experiments.people import Rep
from experiments.process import ProcessVersion
from experiments.shares import share_problems
from experiments.store.columns import Entity
from experiments.users import Role
from tests.conftest import count_rows
from tests.experiments.conftest import Tell
from tests.experiments.test_split_designs import sold
from tests.web.conftest import SignIn

BASE = "/api/v1/experiments"
ONE = f"{BASE}/demo-before-discovery"
FIRST = {"name": "Discovery first", "process": "discovery-first", "control": True}
SECOND = {"name": "Demo first", "process": "discovery-first"}


def weighing(first: float, second: float) -> dict[str, Any]:
    return {"variants": [FIRST | {"weight": first}, SECOND | {"weight": second}]}


@pytest.fixture
def company(
    session: Session, version: ProcessVersion, reps: list[Rep], tell: Tell, now: datetime
) -> None:
    """Seven of eight reps with a past, one more in a team of one, and a team of nobody."""
    sold(session, reps[:7], tell, now)
    people.add_team(session, "Nobody yet")
    solo = people.add_rep(session, "Solo", team=people.add_team(session, "Paris"), now=now)
    assert solo.team is not None
    stages = [each for each in process_draft.draft_of(version).stages if each.milestone != "demo"]
    short = process_draft.draft_of(version).model_copy(update={"name": "Short", "key": "short"})
    process_draft.create(session, short.model_copy(update={"stages": stages}), now=now)


def rows(session: Session) -> dict[str, int]:
    """How many rows each table has."""
    return {name: count_rows(session, name) for name in Entity.metadata.tables}


@pytest.mark.usefixtures("company")
@pytest.mark.parametrize(
    ("changed", "where", "words"),
    [
        pytest.param(
            {"teams": [], "reps": ["Rep 1"]},
            "reps",
            "1 reps cannot fill 2 variants",
            id="fewer than two units",
        ),
        pytest.param(weighing(0, 1), "variants.1.weight", "more than 0", id="no weight"),
        pytest.param(
            weighing(0.5, 0.4), "variants", "0.5 + 0.4 add up to 0.9", id="shares of no whole"
        ),
        pytest.param(weighing(40, 1), "variants", "none of 8 reps", id="a weight too small"),
        pytest.param(
            {"design": "by_team", "teams": ["Berlin", "Paris"]},
            "design",
            "Solo is the only rep of the team Paris",
            id="a stratum of one",
        ),
        pytest.param(
            {"covariate": "share"},
            "covariate",
            "Of Rep 8 no leads from before are known",
            id="a covariate with missing values",
        ),
        pytest.param(
            {"design": "paired"},
            "design",
            "Of Rep 8 no leads from before are known",
            id="a pairing with missing values",
        ),
        pytest.param(
            {"design": "rerandomised"},
            "design",
            "70 ways to split are too few to choose among: 1000 must be acceptable",
            id="an impossible criterion",
        ),
        pytest.param(
            {"enrol_from": "2026-03-01"}, "enrol_from", "2026-03-01 is over", id="a first day past"
        ),
        pytest.param(
            {"enrol_from": "2026-01-01", "enrol_until": "2026-03-01"},
            "enrol_until",
            "Enrolment would be over already",
            id="a last day past",
        ),
        pytest.param(
            {"teams": ["Nobody yet"]}, "reps", "Nobody takes part yet", id="an empty segment"
        ),
        pytest.param(
            {"teams": ["Nobody yet"], "unit": "lead"},
            "reps",
            "Nobody takes part yet",
            id="an empty segment of leads",
        ),
        pytest.param(
            {"milestone": "demo", "variants": [FIRST, SECOND | {"process": "short"}]},
            "variants.2.process",
            "Demo first has no stage for the milestone demo",
            id="a version without the milestone",
        ),
    ],
)
def test_what_cannot_be_tested_is_refused_at_its_field_and_nothing_is_launched(
    program: SignIn,
    session: Session,
    plan: dict[str, Any],
    changed: dict[str, Any],
    where: str,
    words: str,
) -> None:
    manager = program(Role.MANAGER)
    before = rows(session)
    answer = manager.post(BASE, json=plan | changed)
    if answer.status_code == 201:  # a draft may be unfinished; its launch may not
        draft, before = manager.get(ONE).json(), rows(session)
        answer = manager.post(f"{ONE}/launch", json={"seed": 7})
        assert manager.get(ONE).json() == draft
        assert (draft["status"], draft["launched_at"], draft["plan_hash"]) == ("draft", None, None)
    assert answer.status_code == 422
    told = {each["where"]: each["message"] for each in answer.json()["errors"]}
    assert words in told[where]
    assert rows(session) == before


@pytest.mark.usefixtures("company")
def test_the_same_team_without_what_is_wrong_is_launched(
    program: SignIn, plan: dict[str, Any]
) -> None:
    manager = program(Role.MANAGER)
    good = plan | weighing(0.33, 0.66) | {"teams": [], "reps": [f"Rep {n}" for n in range(1, 8)]}
    assert manager.post(BASE, json=good | {"covariate": "share"}).status_code == 201
    assert manager.post(f"{ONE}/launch", json={"seed": 7}).json()["status"] == "running"


@pytest.mark.parametrize("weights", [(1, 1), (0.5, 0.5), (0.33, 0.33, 0.33), (2, 0.5), (60, 50)])
def test_proportions_and_rounded_shares_are_weights(weights: tuple[float, ...]) -> None:
    assert list(share_problems(weights)) == []
