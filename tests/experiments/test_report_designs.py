"""The report of each design: small teams, split leads, several variants, empty arms."""

from __future__ import annotations

from datetime import datetime
from math import comb
from typing import Any

import pytest
from sqlalchemy.orm import Session

from analysis.estimate import Estimate, NotEstimable
from experiments import experiment_draft, life, report
from experiments.caveats import Caveat
from experiments.check import CheckName
from experiments.enrolment import assignments
from experiments.experiment import Experiment
from experiments.ingest import ingest_events
from experiments.people import Rep
from experiments.verdict import Verdict
from tests.experiments.conftest import Tell
from tests.experiments.worlds import LATER, primary, world


def caveats(found: report.Report) -> set[Caveat]:
    return {note.caveat for note in found.notes}


def test_three_against_three_can_never_decide(
    session: Session, plan: dict[str, Any], reps: list[Rep], tell: Tell, now: datetime
) -> None:
    six = [rep.external_id for rep in reps[:6]]
    draft = experiment_draft.checked(plan | {"teams": [], "reps": six})
    found = experiment_draft.create(session, draft, by=None, now=now)
    life.launch(session, found, seed=3, by=None, now=now)
    wins = {"discovery-first": [1, 2, 2], "demo-first": [8, 9, 8]}
    world(session, found, reps[:6], tell, wins)

    read = report.build(session, found, now=LATER)

    assert read.verdict is Verdict.CANNOT_DECIDE
    assert Caveat.TOO_FEW_DRAWS in caveats(read)
    result = primary(read).comparisons[0].result
    assert isinstance(result, Estimate)
    assert result.smallest_p == pytest.approx(0.1)


def test_leads_split_are_compared_within_reps(
    session: Session, plan: dict[str, Any], reps: list[Rep], tell: Tell, now: datetime
) -> None:
    draft = experiment_draft.checked(plan | {"unit": "lead"})
    found = experiment_draft.create(session, draft, by=None, now=now)
    life.launch(session, found, seed=5, by=None, now=now)
    begun = [
        tell(f"L{n}", day=1, type="created", owner_id=reps[n % 8].external_id) for n in range(400)
    ]
    begun += [tell(f"L{n}", "New", day=1) for n in range(400)]
    ingest_events(session, begun, now=LATER)
    split = assignments(session, found)
    control = found.variants[0].id
    won = [
        tell(f"L{n}", "Won", day=5)
        for n in range(400)
        if n % (5 if split[f"L{n}"] == control else 2) == 0
    ]
    ingest_events(session, won, now=LATER)

    read = report.build(session, found, now=LATER)

    comparison = primary(read).comparisons[0]
    assert comparison.methods.primary == "mh_score"
    assert {"mh_score", "score", "newcombe"} <= set(comparison.methods.estimates)
    assert read.verdict is Verdict.ADOPT
    assert read.healthy
    assert CheckName.DRAW not in {check.name for check in read.checks}


def test_an_arm_without_leads_has_no_estimate(
    session: Session, plan: dict[str, Any], reps: list[Rep], tell: Tell, now: datetime
) -> None:
    draft = experiment_draft.checked(plan | {"unit": "lead"})
    found = experiment_draft.create(session, draft, by=None, now=now)
    life.launch(session, found, seed=5, by=None, now=now)
    begin = tell("L1", day=1, type="created", owner_id=reps[0].external_id)
    ingest_events(session, [begin, tell("L1", "New", day=1)], now=LATER)

    read = report.build(session, found, now=LATER)

    assert isinstance(primary(read).comparisons[0].result, NotEstimable)
    assert read.verdict is Verdict.CANNOT_DECIDE
    assert Caveat.NOT_ESTIMABLE in caveats(read)


def test_three_variants_are_corrected_for_each_other(
    session: Session, plan: dict[str, Any], reps: list[Rep], tell: Tell, now: datetime
) -> None:
    third = {"name": "Short", "process": "discovery-first"}
    draft = experiment_draft.checked(
        plan | {"variants": [*plan["variants"], third], "unit": "lead"}
    )
    found = experiment_draft.create(session, draft, by=None, now=now)
    life.launch(session, found, seed=5, by=None, now=now)
    events = []
    for n in range(300):
        owner = reps[n % 8].external_id
        events.append(tell(f"L{n}", day=1, type="created", owner_id=owner))
        events.append(tell(f"L{n}", "Won" if n % 3 else "Lost", day=5))
    ingest_events(session, events, now=LATER)

    read = report.build(session, found, now=LATER)

    assert [each.variant.key for each in primary(read).comparisons] == ["demo-first", "short"]
    for each in primary(read).comparisons:
        result = each.result
        assert isinstance(result, Estimate)
        assert each.p is not None
        assert each.p >= result.p
        assert each.interval is not None


def test_each_pair_of_three_is_redrawn_within_itself(
    session: Session, plan: dict[str, Any], reps: list[Rep], tell: Tell, now: datetime
) -> None:
    third = {"name": "Short", "process": "discovery-first"}
    variants = [*plan["variants"], third]
    draft = experiment_draft.checked(plan | {"variants": variants})
    found = experiment_draft.create(session, draft, by=None, now=now)
    life.launch(session, found, seed=8, by=None, now=now)
    sizes = {variant.key: 0 for variant in found.variants}
    for variant_id in assignments(session, found).values():
        key = next(each.key for each in found.variants if each.id == variant_id)
        sizes[key] += 1
    wins = {key: [2 + n % 3 for n in range(size)] for key, size in sizes.items()}
    world(session, found, reps, tell, wins)

    read = report.build(session, found, now=LATER)

    for each in primary(read).comparisons:
        result = each.result
        assert isinstance(result, Estimate)
        # Only the reps of the two variants are drawn again: C(6, 3) ways, or C(5, 2).
        pair = sizes["discovery-first"] + sizes[each.variant.key]
        assert result.draws == comb(pair, sizes[each.variant.key])
        assert result.exact
    assert sorted(sizes.values()) == [2, 3, 3]


def test_a_variant_whose_reps_have_no_leads_has_no_estimate(
    session: Session, running: Experiment, reps: list[Rep], tell: Tell
) -> None:
    split = assignments(session, running)
    control = [rep for rep in reps if split[rep.external_id] == running.control.id]
    events = []
    for rep in control:
        events.append(tell(rep.name, day=1, type="created", owner_id=rep.external_id))
        events.append(tell(rep.name, "Won", day=3))
    ingest_events(session, events, now=LATER)

    read = report.build(session, running, now=LATER)

    assert isinstance(primary(read).comparisons[0].result, NotEstimable)
    assert read.verdict is Verdict.UNHEALTHY
