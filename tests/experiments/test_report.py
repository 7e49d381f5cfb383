"""The report: what it shows when, and that its figures are the analysis's."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest
from scipy.stats import ttest_ind
from sqlalchemy import update
from sqlalchemy.orm import Session

from analysis.estimate import Estimate
from experiments import experiment_draft, life, report
from experiments.caveats import Caveat
from experiments.check import CheckName
from experiments.decision import Choice, Ruling, decide
from experiments.delivery import deliver_events
from experiments.enrolment import Assignment, assignments
from experiments.events import Source
from experiments.experiment import Experiment, Status
from experiments.freshness import complete_through
from experiments.ingest import ingest_events
from experiments.opening import open_early
from experiments.people import Rep
from experiments.problem import Refused
from experiments.process import Milestone
from experiments.verdict import Verdict
from tests.experiments.conftest import Tell
from tests.experiments.worlds import LATER, world


def caveats(found: report.Report) -> set[Caveat]:
    return {note.caveat for note in found.notes}


def test_a_clear_difference_is_adopted(
    session: Session, running: Experiment, reps: list[Rep], tell: Tell
) -> None:
    wins = {"discovery-first": [1, 2, 2, 3], "demo-first": [6, 7, 8, 7]}
    world(session, running, reps, tell, wins)

    found = report.build(session, running, now=LATER)

    assert found.status is Status.MEASURED
    assert found.verdict is Verdict.ADOPT
    assert found.winner is not None
    assert found.winner.variant.key == "demo-first"
    assert [group.rates[Milestone.WON] for group in found.groups] == pytest.approx([0.2, 0.7])
    assert (found.enrolled, found.matured, found.open) == (80, 80, 0)
    assert found.pooled[Milestone.WON] == 36
    result = found.winner.result
    assert isinstance(result, Estimate)
    # All eight reps fall apart: of the 70 splits of 4 and 4, two are as extreme.
    assert result.p == pytest.approx(2 / 70)
    assert result.effect == pytest.approx(0.5)
    rep_t = found.winner.methods.estimates["rep_t"]
    assert isinstance(rep_t, Estimate)
    control, treatment = (np.array(wins[key]) / 10 for key in ("discovery-first", "demo-first"))
    assert rep_t.p == pytest.approx(ttest_ind(treatment, control).pvalue)


def test_a_worse_treatment_is_not_adopted(
    session: Session, running: Experiment, reps: list[Rep], tell: Tell
) -> None:
    wins = {"discovery-first": [6, 7, 8, 7], "demo-first": [1, 2, 2, 3]}
    world(session, running, reps, tell, wins)

    found = report.build(session, running, now=LATER)

    assert (found.verdict, found.winner) == (Verdict.KEEP, None)


def test_a_difference_that_chance_could_make_decides_nothing(
    session: Session, running: Experiment, reps: list[Rep], tell: Tell
) -> None:
    wins = {"discovery-first": [1, 4, 2, 5], "demo-first": [3, 2, 6, 4]}
    world(session, running, reps, tell, wins)

    found = report.build(session, running, now=LATER)

    assert found.verdict is Verdict.CANNOT_DECIDE
    assert Caveat.FEW_WINS in caveats(found)


def test_effects_are_hidden_until_the_test_is_measured(
    session: Session, running: Experiment, reps: list[Rep], tell: Tell, now: datetime
) -> None:
    wins = {"discovery-first": [1, 2, 2, 3], "demo-first": [6, 7, 8, 7]}
    world(session, running, reps, tell, wins)

    early = report.build(session, running, now=now + timedelta(days=12))

    assert early.status is Status.RUNNING
    assert (early.verdict, early.effects_shown, early.rows) == (Verdict.CONTINUE, False, ())
    assert [dict(group.reached) for group in early.groups] == [{}, {}]
    assert Caveat.NOT_MEASURED in caveats(early)


def test_opening_early_shows_the_effects_and_leaves_a_mark(
    session: Session, running: Experiment, reps: list[Rep], tell: Tell, now: datetime
) -> None:
    wins = {"discovery-first": [1, 2, 2, 3], "demo-first": [6, 7, 8, 7]}
    world(session, running, reps, tell, wins)
    session.execute(update(Source).values(complete_through_at=now + timedelta(days=45)))
    open_early(session, running, by=None, now=now + timedelta(days=45))

    found = report.build(session, running, now=now + timedelta(days=50))

    assert found.status is Status.RUNNING
    assert found.effects_shown
    assert found.primary is not None
    assert found.verdict is Verdict.CONTINUE
    assert {Caveat.OPENED_EARLY, Caveat.NOT_MEASURED} <= caveats(found)


def test_maturity_follows_the_data_and_not_the_clock(
    session: Session, running: Experiment, reps: list[Rep], tell: Tell, now: datetime
) -> None:
    wins = {"discovery-first": [1, 2, 2, 3], "demo-first": [6, 7, 8, 7]}
    world(session, running, reps, tell, wins)
    session.execute(update(Source).values(complete_through_at=now + timedelta(days=20)))

    found = report.build(session, running, now=LATER)

    assert found.complete_through == now + timedelta(days=20)
    assert (found.enrolled, found.matured) == (80, 0)
    assert found.status is Status.ENROLMENT_CLOSED


def test_a_changed_assignment_or_plan_makes_the_test_unhealthy(
    session: Session, running: Experiment, reps: list[Rep], tell: Tell
) -> None:
    wins = {"discovery-first": [1, 2, 2, 3], "demo-first": [6, 7, 8, 7]}
    world(session, running, reps, tell, wins)
    moved = update(Assignment).where(Assignment.unit == "Rep 1")
    other = {variant.id for variant in running.variants} - {assignments(session, running)["Rep 1"]}
    session.execute(moved.values(variant_id=other.pop()))
    running.plan_hash = "0" * 64

    found = report.build(session, running, now=LATER)

    assert found.verdict is Verdict.UNHEALTHY
    assert not found.healthy
    assert {check.name for check in found.checks if check.failed} == {
        CheckName.DRAW,
        CheckName.PLAN,
    }


def test_reps_without_leads_fail_a_check_and_are_told(
    session: Session, running: Experiment, reps: list[Rep], tell: Tell
) -> None:
    events = []
    for rep in reps[:5]:
        for n in range(10):
            lead = f"{rep.external_id}-{n}"
            events.append(tell(lead, day=1, type="created", owner_id=rep.external_id))
            events.append(tell(lead, "Won" if n < len(rep.name) else "Lost", day=9))
    ingest_events(session, events, now=LATER)

    found = report.build(session, running, now=LATER)

    assert found.verdict is Verdict.UNHEALTHY
    idle = next(note for note in found.notes if note.caveat is Caveat.IDLE_REPS)
    assert idle.values == {"reps": 3}


def test_a_decided_report_stays_as_it_was_read(
    session: Session, running: Experiment, reps: list[Rep], tell: Tell
) -> None:
    wins = {"discovery-first": [1, 2, 2, 3], "demo-first": [6, 7, 8, 7]}
    world(session, running, reps, tell, wins)
    ruling = Ruling(
        Choice.ADOPT,
        "It closes far more.",
        ready=True,
        variant="demo-first",
        recommended=Choice.ADOPT,
    )
    decide(session, running, ruling, by=None, now=LATER)
    lost = [tell(f"Rep {n}-{m}", "Lost", day=20) for n in range(1, 9) for m in range(10)]
    ingest_events(session, lost, now=LATER + timedelta(days=1))

    found = report.build(session, running, now=LATER + timedelta(days=2))

    assert found.status is Status.DECIDED
    assert found.verdict is Verdict.ADOPT
    assert found.pooled[Milestone.WON] == 36


def test_a_stopped_test_shows_what_matured_and_says_why_it_stopped(
    session: Session, running: Experiment, reps: list[Rep], tell: Tell, now: datetime
) -> None:
    wins = {"discovery-first": [1, 2, 2, 3], "demo-first": [6, 7, 8, 7]}
    world(session, running, reps, tell, wins)
    life.stop(session, running, reason="new product", by=None, now=now + timedelta(days=20))

    found = report.build(session, running, now=LATER)

    assert found.effects_shown
    # Who stops when the figures please him finds what he likes: no verdict comes of it.
    assert found.verdict is Verdict.CANNOT_DECIDE
    stopped = next(note for note in found.notes if note.caveat is Caveat.STOPPED)
    assert stopped.values["reason"] == "new product"


def test_a_draft_has_nothing_to_report(
    session: Session, plan: dict[str, Any], now: datetime
) -> None:
    draft = experiment_draft.checked(plan)
    found = experiment_draft.create(session, draft, by=None, now=now)

    with pytest.raises(Refused, match="nothing to report"):
        report.build(session, found, now=now)


def test_live_sources_are_complete_through_the_last_that_was_heard_of(
    session: Session, running: Experiment, reps: list[Rep], tell: Tell, now: datetime
) -> None:
    begun = tell("L1", day=1, type="created", owner_id=reps[0].external_id, source="api")
    deliver_events(session, [begun], now=now + timedelta(days=2))
    deliver_events(session, [tell("L1", "Won", day=3)], now=now + timedelta(days=40))
    told = complete_through(session, running.id, now=now + timedelta(days=50))
    assert told == now + timedelta(days=40)

    ingest_events(session, [tell("L1", "Offer", day=4, source="file")], now=LATER)
    of_file = update(Source).where(Source.name == "file")
    session.execute(of_file.values(complete_through_at=now + timedelta(days=9)))

    assert complete_through(session, running.id, now=LATER) == now + timedelta(days=9)
