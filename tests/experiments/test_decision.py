"""Decisions, the rules of the verdict, and the check on hashed units."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import insert
from sqlalchemy.orm import Session

from experiments import audit, process
from experiments.check import CheckName
from experiments.counting import Window
from experiments.decision import Choice, Ruling, decide, decision_on
from experiments.enrolment import Assignment
from experiments.evidence import Evidence
from experiments.experiment import Experiment, Unit, launched
from experiments.following import experiment_of_rep, version_of_rep
from experiments.health import checks
from experiments.people import Rep, add_rep
from experiments.plan import frozen_plan
from experiments.problem import Refused
from experiments.process import ProcessVersion
from experiments.roster import Roster
from experiments.verdict import Facts, Verdict, judge

TRUE_FACTS = {
    "healthy": True,
    "stopped": False,
    "measured": True,
    "looked": False,
    "better": True,
    "harmful": False,
    "all_worse": False,
}


@pytest.mark.parametrize(
    ("changed", "verdict"),
    [
        ({}, Verdict.ADOPT),
        ({"healthy": False, "stopped": True}, Verdict.UNHEALTHY),
        ({"measured": False}, Verdict.CONTINUE),
        ({"stopped": True}, Verdict.CANNOT_DECIDE),
        ({"measured": False, "looked": True}, Verdict.ADOPT),
        ({"measured": False, "looked": True, "better": False}, Verdict.CONTINUE),
        ({"better": False, "harmful": True}, Verdict.KEEP),
        ({"better": False, "all_worse": True}, Verdict.KEEP),
        ({"better": False}, Verdict.CANNOT_DECIDE),
    ],
)
def test_the_first_rule_that_holds_decides(changed: dict[str, bool], verdict: Verdict) -> None:
    assert judge(Facts(**TRUE_FACTS | changed)) is verdict


def ruling(choice: Choice = Choice.ADOPT, **changed: Any) -> Ruling:
    arguments: dict[str, Any] = {
        "reason": "It closes more.",
        "ready": True,
        "variant": "demo-first",
        "recommended": choice,
    }
    return Ruling(choice, **arguments | changed)


def test_adopting_makes_the_variants_process_the_segments_own(
    session: Session, running: Experiment, version: ProcessVersion, now: datetime
) -> None:
    decision = decide(session, running, ruling(), by=None, now=now)

    assert decision_on(session, running) is decision
    assert decision.variant_id == running.variants[1].id
    assert process.standing_version_id(session, "inbound") == version.id
    assert launched(session) == []
    assert audit.entries(session, running.key)[-1].detail == "adopt"


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"reason": " "}, "Write down why"),
        ({"ready": False}, "once the test is measured"),
        ({"variant": "nothing"}, "Choose the variant"),
        ({"variant": "discovery-first"}, "Choose the variant"),
    ],
)
def test_a_decision_that_cannot_be_is_refused(
    session: Session, running: Experiment, now: datetime, changed: dict[str, Any], word: str
) -> None:
    with pytest.raises(Refused, match=word):
        decide(session, running, ruling(**changed), by=None, now=now)

    assert decision_on(session, running) is None


def test_other_choices_adopt_nothing(session: Session, running: Experiment, now: datetime) -> None:
    decision = decide(session, running, ruling(Choice.KEEP), by=None, now=now)

    assert (decision.choice, decision.variant) == (Choice.KEEP, None)


def test_a_rep_follows_the_variant_and_else_the_standing_process(
    session: Session,
    running: Experiment,
    reps: list[Rep],
    version: ProcessVersion,
    now: datetime,
) -> None:
    test = experiment_of_rep(session, reps[0], now=now)
    assert test is not None
    assert test[0] is running
    assert version_of_rep(session, reps[0], now=now) is version
    outsider = add_rep(session, "Outsider", team=None, now=now)
    assert experiment_of_rep(session, outsider, now=now) is None
    assert version_of_rep(session, outsider, now=now) is version


@pytest.mark.parametrize(("sizes", "passed"), [((480, 520), True), ((420, 580), False)])
def test_hashed_units_must_keep_the_planned_ratio(
    session: Session, running: Experiment, now: datetime, sizes: tuple[int, int], passed: bool
) -> None:
    plan = frozen_plan(running)
    of_leads = replace(plan, unit=Unit.LEAD)
    units = iter(range(10_000))
    rows = [
        {
            "experiment_id": running.id,
            "unit": f"L{next(units)}",
            "variant_id": variant.id,
            "phase": 1,
            "assigned_at": now,
        }
        for variant, size in zip(plan.variants, sizes, strict=True)
        for _ in range(size - 4)
    ]
    session.execute(insert(Assignment), rows)

    window = Window(running.id, 30, complete_through=now, as_of=now)
    evidence = Evidence(session, running, Roster(of_leads), [], window=window, measured=True)
    found = {check.name: check.passed for check in checks(evidence)}

    assert found[CheckName.RATIO] is passed
    assert CheckName.DRAW not in found
