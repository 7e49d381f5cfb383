"""The checks of a test's health: what each looks at, when it fails, and on which figures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from experiments import experiment_draft, life, mapping, report
from experiments.check import Check, CheckName, FigureName, State
from experiments.counting import Window, count
from experiments.delivery import deliver_events
from experiments.enrolment import assignments
from experiments.events import Source
from experiments.evidence import Evidence
from experiments.experiment import Experiment
from experiments.freshness import Told, sources_told
from experiments.health import CATALOGUE, checks
from experiments.ingest import ingest_events
from experiments.people import Rep
from experiments.plan import frozen_plan
from experiments.process import ProcessVersion
from experiments.roster import Roster, roster_of
from experiments.verdict import Verdict
from tests.experiments.conftest import Tell
from tests.experiments.worlds import LATER, world

WINS = {"discovery-first": [1, 2, 2, 3], "demo-first": [6, 7, 8, 7]}


def health(
    session: Session, found: Experiment, *, as_of: datetime = LATER, measured: bool = True
) -> dict[CheckName, Check]:
    window = Window(found.id, found.horizon_days, complete_through=as_of, as_of=as_of)
    counts = count(session, window)
    roster = roster_of(session, found, frozen_plan(found), as_of=as_of)
    evidence = Evidence(session, found, roster, counts, window=window, measured=measured)
    return {check.name: check for check in checks(evidence)}


def figures(check: Check) -> dict[tuple[FigureName, str], Any]:
    return {(each.name, each.of): each.value for each in check.figures}


@pytest.fixture
def split_by_lead(
    session: Session, plan: dict[str, Any], now: datetime
) -> Callable[..., Experiment]:
    """Launches the plan with leads split."""

    def make(**more: Any) -> Experiment:
        draft = experiment_draft.checked(plan | {"unit": "lead"} | more)
        found = experiment_draft.create(session, draft, by=None, now=now)
        life.launch(session, found, seed=5, by=None, now=now)
        return found

    return make


def test_a_sound_test_passes_every_check(
    session: Session, running: Experiment, reps: list[Rep], tell: Tell
) -> None:
    world(session, running, reps, tell, WINS)

    found = health(session, running)

    # A team without a past is as alike before as can be known.
    assert found.pop(CheckName.BALANCE).state is State.UNKNOWN
    applying = {entry.name for entry in CATALOGUE if entry.applies(frozen_plan(running))}
    assert {name: check.state for name, check in found.items()} == dict.fromkeys(
        applying - {CheckName.BALANCE}, State.PASSED
    )
    assert all(check.figures for name, check in found.items() if name is not CheckName.PLAN)


def test_before_any_lead_what_rests_on_leads_is_not_known_yet(
    session: Session, running: Experiment, now: datetime
) -> None:
    found = health(session, running, as_of=now, measured=False)

    unknown = {name for name, check in found.items() if check.state is State.UNKNOWN}
    assert unknown == {
        CheckName.UNMAPPED_STAGES,
        CheckName.MISSING_OUTCOMES,
        CheckName.IDLE_REPS,
        CheckName.BALANCE,
        CheckName.LEADS_PER_REP,
        CheckName.TRANSFERS,
    }
    assert not any(check.failed for check in found.values())


def test_stages_that_wait_for_a_word_block_the_verdict_until_it_is_said(
    session: Session, running: Experiment, reps: list[Rep], tell: Tell, version: ProcessVersion
) -> None:
    world(session, running, reps, tell, WINS)
    waiting = [tell(f"{rep.external_id}-0", "Verbal yes", day=5) for rep in reps[:5]]
    ingest_events(session, waiting, now=LATER)

    found = health(session, running)[CheckName.UNMAPPED_STAGES]

    # 5 of 80 leads are over the limit of 5%.
    assert found.prevents
    affected = [each.value for each in found.figures if each.name is FigureName.AFFECTED]
    assert sum(affected) == 5  # type: ignore[arg-type]  # counts
    assert figures(found)[FigureName.LIMIT, ""] == 0.05
    assert report.build(session, running, now=LATER).verdict is Verdict.UNHEALTHY

    mended = LATER + timedelta(days=1)
    mapping.map_word(session, version, "Verbal yes", "offer", by=None, now=mended)
    assert health(session, running, as_of=mended)[CheckName.UNMAPPED_STAGES].passed
    # On the day before it was still so.
    assert health(session, running, as_of=LATER)[CheckName.UNMAPPED_STAGES].failed


def test_leads_that_nobody_put_in_a_stage_have_no_outcome(
    session: Session, running: Experiment, reps: list[Rep], tell: Tell, now: datetime
) -> None:
    begun = [
        tell(f"{rep.external_id}-{n}", day=1, type="created", owner_id=rep.external_id)
        for rep in reps
        for n in range(5)
    ]
    staged = [tell(f"{rep.external_id}-{n}", "New", day=2) for rep in reps for n in range(5)]
    ingest_events(session, [*begun, *staged[1:]], now=now + timedelta(days=5))

    early = health(session, running, as_of=now + timedelta(days=20))
    late = health(session, running, as_of=now + timedelta(days=40))

    assert early[CheckName.MISSING_OUTCOMES].state is State.UNKNOWN  # none has matured
    assert late[CheckName.MISSING_OUTCOMES].passed  # 1 of 40
    void = [
        tell(f"Rep 2-{n}", day=3, type="voided", voids=staged[5 + n]["source_id"]) for n in (0, 1)
    ]
    ingest_events(session, void, now=now + timedelta(days=40))
    assert health(session, running, as_of=now + timedelta(days=40))[
        CheckName.MISSING_OUTCOMES
    ].failed


def test_a_record_that_contradicts_another_leaves_the_outcome_open(
    session: Session, running: Experiment, reps: list[Rep], tell: Tell
) -> None:
    world(session, running, reps, tell, WINS)
    first = tell("Rep 1-0", "Offer", day=3)
    ingest_events(session, [first], now=LATER)
    assert figures(health(session, running)[CheckName.MISSING_OUTCOMES])
    ingest_events(session, [first | {"stage": "Demo"}], now=LATER)

    found = health(session, running)[CheckName.MISSING_OUTCOMES]

    affected = [each.value for each in found.figures if each.name is FigureName.AFFECTED]
    assert sorted(affected) == [0, 1]  # type: ignore[type-var]  # counts


def test_little_is_missing_but_all_of_it_in_one_variant(
    session: Session,
    split_by_lead: Callable[..., Experiment],
    reps: list[Rep],
    tell: Tell,
) -> None:
    found = split_by_lead()
    begun = [
        tell(f"L{n}", day=1, type="created", owner_id=reps[n % 8].external_id) for n in range(800)
    ]
    staged = [tell(f"L{n}", "New", day=1) for n in range(800)]
    ingest_events(session, [*begun, *staged], now=LATER)
    split = assignments(session, found)
    mine = [lead for lead, variant in split.items() if variant == found.variants[1].id]

    ingest_events(session, [tell(lead, "Nowhere", day=2) for lead in mine[:8]], now=LATER)
    assert health(session, found)[CheckName.UNMAPPED_STAGES].passed
    ingest_events(session, [tell(lead, "Nowhere", day=2) for lead in mine[8:20]], now=LATER)
    unequal = health(session, found)[CheckName.UNMAPPED_STAGES]

    assert unequal.failed  # 20 of 800 are few, and yet none of them is the control's
    assert figures(unequal)[FigureName.P, ""] < 0.001


def test_accounts_that_stay_together_are_the_unit_of_their_checks(
    session: Session,
    split_by_lead: Callable[..., Experiment],
    reps: list[Rep],
    tell: Tell,
) -> None:
    found = split_by_lead(by_account=True)
    begun = [
        tell(
            f"L{n}",
            day=1,
            type="created",
            owner_id=reps[n % 8].external_id,
            account_id=f"A{n // 10}" if n < 400 else None,
        )
        for n in range(420)
    ]
    ingest_events(session, begun, now=LATER)

    read = health(session, found)

    units = figures(read[CheckName.RATIO])
    assert sum(units[FigureName.UNITS, each.name] for each in found.variants) == 40 + 20
    assert read[CheckName.RATIO].passed
    # Nobody told of any stage: all alike, and over the limit.
    assert read[CheckName.MISSING_OUTCOMES].failed


def test_old_data_blocks_while_a_test_is_under_way(
    session: Session, running: Experiment, reps: list[Rep], tell: Tell, now: datetime
) -> None:
    world(session, running, reps, tell, WINS)
    session.execute(update(Source).values(complete_through_at=now + timedelta(days=20)))

    fresh = health(session, running, as_of=now + timedelta(days=27))[CheckName.STALE_DATA]
    stale = health(session, running, as_of=now + timedelta(days=28))[CheckName.STALE_DATA]

    # Told later, in one go: on that day nobody had heard of it.
    assert fresh.passed
    assert stale.passed
    ingest_events(session, [tell("Rep 1-0", "Offer", day=3)], now=now + timedelta(days=21))
    stale = health(session, running, as_of=now + timedelta(days=28))[CheckName.STALE_DATA]
    assert stale.prevents
    assert figures(stale) == {
        (FigureName.COMPLETE_THROUGH, "crm"): now + timedelta(days=20),
        (FigureName.DAYS_OLD, "crm"): 8.0,
        (FigureName.MOST_DAYS, ""): 7,
    }
    assert health(session, running, as_of=now + timedelta(days=27))[CheckName.STALE_DATA].passed


def test_a_measured_test_needs_no_newer_data(
    session: Session, running: Experiment, reps: list[Rep], tell: Tell
) -> None:
    world(session, running, reps, tell, WINS)
    session.execute(update(Source).values(complete_through_at=running.measured_at))

    much_later = LATER + timedelta(days=700)
    assert health(session, running, as_of=much_later)[CheckName.STALE_DATA].passed


def test_of_live_sources_the_last_that_was_heard_of_counts(
    session: Session, running: Experiment, reps: list[Rep], tell: Tell, now: datetime
) -> None:
    begun = tell("L1", day=1, type="created", owner_id=reps[0].external_id, source="api")
    deliver_events(session, [begun], now=now + timedelta(days=2))
    deliver_events(session, [tell("L1", "Won", day=3)], now=now + timedelta(days=40))

    def told(day: int) -> list[Told]:
        return sources_told(session, running.id, as_of=now + timedelta(days=day))

    assert told(50) == [Told("crm", now + timedelta(days=40))]
    # By then only the other had told anything, and nobody heard of it after its one event.
    assert told(30) == [Told("api", now + timedelta(days=2))]
    assert told(1) == []


def test_idle_reps_must_not_gather_in_one_variant(
    session: Session, running: Experiment, reps: list[Rep], tell: Tell
) -> None:
    world(session, running, reps, tell, WINS)
    window = Window(running.id, 30, complete_through=LATER, as_of=LATER)
    plan = frozen_plan(running)
    counts = count(session, window)
    # Of a hundred reps a side eleven are idle, all of them the treatment's.
    wide = replace(
        plan,
        split=replace(plan.split, sizes=(100, 100)),
        participants=tuple(map(str, range(200))),
    )
    (one, *_), (other, *_) = (
        [row for row in counts if row.variant_id == variant.id] for variant in plan.variants
    )
    many = [replace(one, rep_id=n) for n in range(100)]
    many += [replace(other, rep_id=n) for n in range(100, 189)]

    evidence = Evidence(session, running, Roster(wide), many, window=window, measured=True)
    found = {check.name: check for check in checks(evidence)}[CheckName.IDLE_REPS]

    assert found.prevents
    assert figures(found)[FigureName.IDLE, "Demo first"] == 11
    assert figures(found)[FigureName.P, ""] < 0.01


def test_a_warning_leaves_the_verdict(
    session: Session, running: Experiment, reps: list[Rep], tell: Tell
) -> None:
    world(session, running, reps, tell, WINS)
    split = assignments(session, running)
    other = next(each for each in reps if split[each.external_id] != split["Rep 1"])
    moved = tell("Rep 1-0", day=12, type="owner_changed", owner_id=other.external_id)
    ingest_events(session, [moved], now=LATER)

    read = report.build(session, running, now=LATER)

    found = next(check for check in read.checks if check.name is CheckName.TRANSFERS)
    assert found.failed
    assert not found.prevents
    assert read.healthy
    assert read.verdict is Verdict.ADOPT
