"""The report's page and exports, as each reader sees them."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from experiments import report, report_export
from experiments.experiment import Experiment
from experiments.opening import open_early
from experiments.people import Rep
from experiments.users import Role
from tests.experiments.conftest import Tell
from tests.experiments.worlds import LATER, world
from tests.web.conftest import Clock, SignIn

WINS = {"discovery-first": [1, 2, 2, 3], "demo-first": [6, 7, 8, 7]}
ADDRESS = "/experiments/demo-before-discovery"


@pytest.fixture
def measured(
    session: Session, running: Experiment, reps: list[Rep], tell: Tell, clock: Clock
) -> Experiment:
    """A test of eight reps with a clear winner, all of it over."""
    world(session, running, reps, tell, WINS)
    clock.now = LATER
    return running


def test_the_verdict_stands_first_with_its_interval(measured: Experiment, sign_in: SignIn) -> None:
    page = sign_in(Role.MANAGER).get(ADDRESS)

    assert page.status_code == 200
    assert "<b>Demo first</b> closes <b>50.0 points more</b>" in page.text
    assert page.text.index("50.0 points more") < page.text.index("What each milestone says")
    assert "8 of 40" in page.text
    assert "/decide" in page.text


def test_a_viewer_reads_and_cannot_decide(measured: Experiment, sign_in: SignIn) -> None:
    page = sign_in(Role.VIEWER).get(ADDRESS)

    assert "50.0 points more" in page.text
    assert "/decide" not in page.text


@pytest.mark.parametrize("ending", ["", "/report.json", "/report.csv"])
def test_a_rep_sees_no_report(measured: Experiment, sign_in: SignIn, ending: str) -> None:
    answer = sign_in(Role.REP).get(ADDRESS + ending)

    assert answer.status_code == 403
    assert "50.0" not in answer.text


def test_before_it_is_measured_the_page_keeps_the_variants_together(
    session: Session,
    running: Experiment,
    reps: list[Rep],
    tell: Tell,
    clock: Clock,
    sign_in: SignIn,
) -> None:
    world(session, running, reps, tell, WINS)
    clock.now += timedelta(days=45)

    page = sign_in(Role.ADMIN).get(ADDRESS)

    assert "Too early to say" in page.text
    assert "all variants together" in page.text
    assert "points more" not in page.text
    assert "/open-early" in page.text
    assert "/open-early" not in sign_in(Role.MANAGER).get(ADDRESS).text


def test_an_early_opening_is_told_on_the_page(
    session: Session,
    running: Experiment,
    reps: list[Rep],
    tell: Tell,
    clock: Clock,
    sign_in: SignIn,
) -> None:
    world(session, running, reps, tell, WINS)
    clock.now += timedelta(days=45)
    open_early(session, running, by=None, now=clock.now)

    page = sign_in(Role.VIEWER).get(ADDRESS)

    assert "opened early" in page.text
    assert "What each milestone says" in page.text


def test_json_and_csv_hold_the_same_figures(measured: Experiment, sign_in: SignIn) -> None:
    client = sign_in(Role.ANALYST)

    document = client.get(f"{ADDRESS}/report.json").json()
    text = client.get(f"{ADDRESS}/report.csv").content.decode("utf-8-sig")

    rows = list(csv.DictReader(io.StringIO(text)))
    won = [row for row in rows if row["milestone"] == "won"]
    primary = next(row for row in document["milestones"] if row["primary"])
    estimate = primary["comparisons"][0]["estimates"]["randomization"]
    assert document["verdict"] == "adopt"
    assert document["winner"] == "demo-first"
    assert document["recommended"] == ["adopt"]
    assert [row["reached"] for row in won] == ["8", "28"]
    treatment = next(row for row in won if row["control"] == "0")
    assert float(treatment["effect"]) == estimate["effect"]
    assert [float(treatment["low"]), float(treatment["high"])] == estimate["ci"]
    assert float(treatment["p"]) == estimate["p"]


def test_a_name_that_a_spreadsheet_would_run_is_quoted(
    session: Session, measured: Experiment, sign_in: SignIn
) -> None:
    built = report.build(session, measured, now=LATER)
    named = replace(built.groups[1].variant, name="=HYPERLINK(1)")
    groups = (built.groups[0], replace(built.groups[1], variant=named))

    text = report_export.as_csv(replace(built, groups=groups))

    assert ",'=HYPERLINK(1)," in text


def test_a_draft_leads_to_its_plan_and_nothing_is_not_found(
    session: Session, measured: Experiment, sign_in: SignIn
) -> None:
    client = sign_in(Role.MANAGER)
    measured.launched_at = None
    session.flush()

    draft = client.get(ADDRESS)

    assert (draft.status_code, draft.headers["location"]) == (303, f"{ADDRESS}/plan")
    assert client.get("/experiments/nothing").status_code == 404
