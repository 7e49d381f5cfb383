"""Changing a running test by page, API and terminal; and the phases before it in the report."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.orm import Session

from experiments.experiment import Experiment
from experiments.phases import ended_phases
from experiments.process import ProcessVersion
from experiments.users import Role
from tests.experiments.test_phases import REASON, mended, two_phases
from tests.experiments.worlds import LATER
from tests.web.conftest import Clock, SignIn
from tests.web.test_import_command import PROCESS, Run, run, said

__all__ = ["mended", "run", "two_phases"]

PLAN = """name: Alike
hypothesis: Both variants follow one process for now.
variants:
  - {name: A, process: trial, control: true}
  - {name: B, process: trial}
reps: [Anna, Omar]
horizon_days: 10
enrol_from: %s
enrol_until: %s
"""

ADDRESS = "/experiments/demo-before-discovery"
ASKED = {"processes.demo-first": "mended@1", "reason": REASON}


@pytest.fixture
def under_way(run: Run) -> Run:
    """A test of two reps whose enrolment began today."""
    today = datetime.now(ZoneInfo("Europe/Berlin")).date()
    Path("plan.yaml").write_text(PLAN % (today, today + timedelta(days=30)), encoding="utf-8")
    for words in (
        ("import", "process", "process.yaml"),
        ("import", "deals", "deals.csv"),
        ("experiment", "create", "plan.yaml"),
        ("experiment", "launch", "alike"),
    ):
        assert run(*words).exit_code == 0
    return run


def test_a_manager_changes_a_running_test(
    session: Session,
    running: Experiment,
    mended: ProcessVersion,
    clock: Clock,
    sign_in: SignIn,
) -> None:
    clock.now += timedelta(days=20)
    manager = sign_in(Role.MANAGER)
    assert f"{ADDRESS}/change" in manager.get(f"{ADDRESS}/plan").text
    assert "Mended" in manager.get(f"{ADDRESS}/change").text

    refused = manager.post(f"{ADDRESS}/change", data=ASKED | {"reason": "", "enrol_until": "x"})
    assert refused.status_code == 422
    assert "x is not a day." in refused.text
    assert ended_phases(session, running) == []
    done = manager.post(f"{ADDRESS}/change", data=ASKED | {"enrol_until": "2026-06-30"})

    assert (done.status_code, done.headers["location"]) == (303, f"{ADDRESS}/plan")
    (phase,) = ended_phases(session, running)
    assert (phase.reason, phase.by and phase.by.name) == (REASON, "The manager")
    clock.now = LATER
    assert f"{ADDRESS}/change" not in manager.get(f"{ADDRESS}/plan").text


def test_the_report_shows_the_phase_before_and_says_that_it_decides_nothing(
    two_phases: Experiment, clock: Clock, sign_in: SignIn
) -> None:
    clock.now = LATER
    manager = sign_in(Role.MANAGER)
    page, told = manager.get(ADDRESS).text, manager.get(f"{ADDRESS}/report.json").json()
    assert "the verdict rests on phase 2" in page
    assert "Demo first followed discovery-first@1 and then mended@1." in page
    assert REASON in page
    (phase,) = told["earlier_phases"]
    assert (told["phase"], phase["phase"], phase["reason"]) == (2, 1, REASON)
    assert [each["enrolled"] for each in phase["groups"]] == [40, 40]


def test_a_program_changes_a_running_test(
    running: Experiment, mended: ProcessVersion, clock: Clock, program: SignIn
) -> None:
    clock.now += timedelta(days=20)
    client, address = program(Role.MANAGER), f"/api/v1{ADDRESS}/phases"
    asked: dict[str, Any] = {"processes": {"demo-first": "mended@1"}, "reason": REASON}
    refused = client.post(address, json=asked | {"processes": {"demo-first": "none@1"}})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["where"] == "processes.demo-first"
    done = client.post(address, json=asked)
    assert (done.status_code, done.json()["phase"]) == (201, 2)


@pytest.mark.parametrize(
    ("process", "says"),
    [
        ("demo-first", "--process: demo-first is not of the form VARIANT=VERSION."),
        ("b=none@1", "processes.b: There is no process version none@1."),
        ("b=trial@1", "processes: Nothing would change: choose another version."),
    ],
)
def test_the_command_refuses_what_cannot_be(process: str, says: str, under_way: Run) -> None:
    done = under_way("experiment", "change", "alike", "--process", process, "--reason", "Why")
    assert (done.exit_code, done.stderr) == (2, f"Error: {says}\n")


def test_the_command_begins_a_phase_and_the_report_tells_of_the_one_before(
    under_way: Run,
) -> None:
    Path("process.yaml").write_text(PROCESS.replace("Trial", "Other"), encoding="utf-8")
    under_way("import", "process", "process.yaml")
    asked = ["experiment", "change", "alike", "--process", "b=other@1", "--reason", "A slip."]
    told = said(under_way(*asked, "--json"))
    assert (told["experiment"], told["phase"]) == ("alike", 2)
    again = under_way(*asked[:4], "b=trial@1", *asked[5:])
    assert again.stdout.startswith("Phase 3 of alike has begun: plan ")
    report = under_way("report", "alike").stdout
    assert "(B: trial@1 → other@1): A slip." in report
    assert "(B: other@1 → trial@1): A slip." in report
