"""Guardrails: what an interval says of a margin, and what that makes of the verdict."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy.orm import Session

from experiments import experiment_draft, life, report
from experiments.caveats import Caveat
from experiments.enrolment import assignments
from experiments.experiment import Experiment
from experiments.guarding import Standing
from experiments.ingest import ingest_events
from experiments.people import Rep
from experiments.plan import PlannedGuardrail, frozen_plan
from experiments.problem import Refused
from experiments.process import Milestone
from experiments.verdict import Verdict
from tests.experiments.conftest import Tell
from tests.experiments.worlds import LATER


def _guarded(
    session: Session,
    plan: dict[str, Any],
    reps: list[Rep],
    tell: Tell,
    now: datetime,
    *,
    demos: tuple[list[int], list[int]],
    margin: float = 0.1,
) -> report.Report:
    """Four reps a variant with 20 leads each; the treatment wins far more, demos as told."""
    guardrails = [{"milestone": "demo", "margin": margin}]
    draft = experiment_draft.checked(plan | {"guardrails": guardrails})
    found = experiment_draft.create(session, draft, by=None, now=now)
    life.launch(session, found, seed=7, by=None, now=now)
    wins = {found.variants[0].id: iter([2, 3, 2, 3]), found.variants[1].id: iter([15, 16, 15, 14])}
    held = dict(zip((each.id for each in found.variants), map(iter, demos), strict=True))
    events: list[dict[str, Any]] = []
    for rep in reps:
        mine = assignments(session, found)[rep.external_id]
        won, shown = next(wins[mine]), next(held[mine])
        for n in range(20):
            lead = f"{rep.external_id}-{n}"
            events.append(tell(lead, day=1, type="created", owner_id=rep.external_id))
            events.append(tell(lead, "New", day=1))
            if n < shown:
                events.append(tell(lead, "Demo", day=3))
            if n >= 20 - won:
                events.append(tell(lead, "Won", day=9))
    assert ingest_events(session, events, now=LATER).rejected == []
    return report.build(session, found, now=LATER)


def test_a_winner_whose_guardrail_holds_is_adopted(
    session: Session, plan: dict[str, Any], reps: list[Rep], tell: Tell, now: datetime
) -> None:
    found = _guarded(session, plan, reps, tell, now, demos=([9, 10, 11, 10], [10, 11, 10, 11]))
    assert [each.standing for each in found.guardrails] == [Standing.HOLDS]
    assert found.verdict is Verdict.ADOPT
    assert found.winner is not None


def test_a_winner_that_breaks_a_guardrail_is_not_adopted(
    session: Session, plan: dict[str, Any], reps: list[Rep], tell: Tell, now: datetime
) -> None:
    found = _guarded(session, plan, reps, tell, now, demos=([18, 19, 20, 19], [2, 3, 2, 3]))
    assert [each.standing for each in found.guardrails] == [Standing.BROKEN]
    assert found.verdict is Verdict.KEEP
    assert Caveat.GUARDRAIL_BROKEN in {note.caveat for note in found.notes}


def test_a_guardrail_that_is_not_clear_leaves_a_winner_undecided(
    session: Session, plan: dict[str, Any], reps: list[Rep], tell: Tell, now: datetime
) -> None:
    found = _guarded(session, plan, reps, tell, now, demos=([2, 18, 5, 15], [16, 4, 3, 16]))
    assert [each.standing for each in found.guardrails] == [Standing.UNCLEAR]
    assert found.verdict is Verdict.CANNOT_DECIDE
    assert Caveat.GUARDRAIL_UNCLEAR in {note.caveat for note in found.notes}


def test_a_guardrail_that_cannot_be_estimated_is_not_clear(
    session: Session, plan: dict[str, Any], reps: list[Rep], tell: Tell, now: datetime
) -> None:
    found = _guarded(session, plan, reps, tell, now, demos=([5, 5, 5, 5], [5, 5, 5, 5]))
    assert found.guardrails[0].interval is None
    assert found.guardrails[0].standing is Standing.UNCLEAR


def test_guardrails_freeze_with_the_plan(
    session: Session, plan: dict[str, Any], now: datetime
) -> None:
    written = plan | {"guardrails": [{"milestone": "qualified", "margin": 0.03}]}
    found: Experiment = experiment_draft.create(
        session, experiment_draft.checked(written), by=None, now=now
    )
    again = experiment_draft.draft_of(session, found)
    assert [(each.milestone, each.margin) for each in again.guardrails] == [("qualified", 0.03)]
    life.launch(session, found, seed=7, by=None, now=now)
    assert frozen_plan(found).guardrails == (PlannedGuardrail(Milestone.QUALIFIED, 0.03),)


@pytest.mark.parametrize(
    ("guardrails", "said"),
    [
        ([{"milestone": "won", "margin": 0.1}], "Guard another milestone"),
        ([{"milestone": "lead", "margin": 0.1}], "Guard another milestone"),
        (
            [{"milestone": "demo", "margin": 0.1}, {"milestone": "demo", "margin": 0.2}],
            "Guard another milestone",
        ),
        ([{"milestone": "demo", "margin": 0}], "more than 0"),
        ([{"milestone": "demo", "margin": "much"}], "A number is expected"),
    ],
)
def test_guardrails_that_guard_nothing_are_refused(
    plan: dict[str, Any], guardrails: list[dict[str, Any]], said: str
) -> None:
    with pytest.raises(Refused, match=said):
        experiment_draft.checked(plan | {"guardrails": guardrails})
