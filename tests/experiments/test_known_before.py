"""Tests that take account of what each rep did before: planned, frozen, and judged by it."""

from __future__ import annotations

import json
from datetime import datetime
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from sqlalchemy.orm import Session

from analysis.covariate import randomization_ancova
from analysis.estimate import Estimate
from experiments import experiment_draft, life, people, report
from experiments.enrolment import assignments
from experiments.known_before import without_past
from experiments.people import Rep
from experiments.plan import frozen_plan, hash_of
from experiments.problem import Refused
from tests.experiments.conftest import Tell
from tests.experiments.test_split_designs import drafted, launched, sold
from tests.experiments.worlds import LATER, primary, world

WINS = {"discovery-first": [1, 4, 2, 5], "demo-first": [6, 3, 8, 7]}


def test_the_recorded_value_decides(
    session: Session, plan: dict[str, Any], reps: list[Rep], tell: Tell, now: datetime
) -> None:
    sold(session, reps, tell, now)
    found = launched(session, plan, now, covariate="share")
    treatment = next(each.id for each in found.variants if not each.is_control)
    split = assignments(session, found)
    treated = np.array([split[rep.external_id] == treatment for rep in reps])
    world(session, found, reps, tell, WINS)

    read = report.build(session, found, now=LATER)

    left = {False: iter(WINS["discovery-first"]), True: iter(WINS["demo-first"])}
    if found.control.key == "demo-first":
        left = {not key: wins for key, wins in left.items()}
    rates = np.array([next(left[bool(mine)]) / 10 for mine in treated])
    every = np.array([[at in chosen for at in range(8)] for chosen in combinations(range(8), 4)])
    # The n-th rep won n of 20 leads before.
    by_hand = randomization_ancova(rates, treated, np.arange(8) / 20, every, exact=True)
    methods = primary(read).comparisons[0].methods
    assert methods.primary == "randomization_ancova"
    assert isinstance(by_hand, Estimate)
    assert isinstance(methods.result, Estimate)
    assert methods.result.effect == pytest.approx(by_hand.effect)
    assert methods.result.p == pytest.approx(by_hand.p)
    assert methods.result.draws == 70
    beside = [row.comparisons[0].methods for row in read.rows if not row.primary]
    assert {each.primary for each in beside} == {"randomization"}


def test_a_balanced_split_with_a_value_from_before(
    session: Session, plan: dict[str, Any], reps: list[Rep], tell: Tell, now: datetime
) -> None:
    more = [people.add_rep(session, f"Sep {n}", team=None, now=now) for n in range(6)]
    everyone = [*reps, *more]
    sold(session, everyone, tell, now)
    names = [rep.external_id for rep in everyone]
    changed: dict[str, Any] = {"design": "rerandomised", "teams": [], "reps": names}
    found = launched(session, plan, now, covariate="share", **changed)
    wins = {key: [*counts, 2, 4, 5] for key, counts in WINS.items()}
    world(session, found, everyone, tell, wins)
    read = report.build(session, found, now=LATER)
    assert not any(check.failed for check in read.checks)
    methods = primary(read).comparisons[0].methods
    assert methods.primary == "randomization_ancova"
    assert isinstance(methods.result, Estimate)


@pytest.mark.parametrize(
    ("changed", "where"), [({"covariate": "share"}, "covariate"), ({"design": "paired"}, "design")]
)
def test_who_has_no_share_before_is_named_and_nothing_is_launched(
    session: Session,
    plan: dict[str, Any],
    reps: list[Rep],
    tell: Tell,
    now: datetime,
    changed: dict[str, str],
    where: str,
) -> None:
    sold(session, reps[:6], tell, now)
    found = drafted(session, plan, now, **changed)
    with pytest.raises(Refused) as refused:
        life.launch(session, found, seed=1, by=None, now=now)
    (told,) = refused.value.problems
    assert (told.where, told.values["reps"]) == (where, "Rep 7, Rep 8")


def test_no_leads_a_week_are_a_number_too(
    session: Session, plan: dict[str, Any], reps: list[Rep], tell: Tell, now: datetime
) -> None:
    sold(session, reps[:6], tell, now)
    frozen = frozen_plan(launched(session, plan, now, covariate="leads"))
    # Twenty leads each, in thirteen weeks.
    assert frozen.known_before[reps[0].external_id] == pytest.approx(20 / 13)
    assert frozen.known_before[reps[7].external_id] == 0
    assert without_past(frozen.split.baseline) == ["Rep 7", "Rep 8"]


def test_a_value_that_is_the_same_for_all_is_left_out(
    session: Session, plan: dict[str, Any], reps: list[Rep], tell: Tell, now: datetime
) -> None:
    sold(session, reps, tell, now)
    # Everybody had twenty leads.
    found = launched(session, plan, now, covariate="leads")
    world(session, found, reps, tell, WINS)
    methods = primary(report.build(session, found, now=LATER)).comparisons[0].methods
    assert methods.primary == "randomization"


def test_without_a_past_nothing_can_be_taken_account_of(
    session: Session, plan: dict[str, Any], reps: list[Rep], now: datetime
) -> None:
    found = drafted(session, plan, now, covariate="share")
    (told,) = life.hindrances(session, found, now=now)
    assert (told.where, "no leads from before" in str(told)) == ("covariate", True)


@pytest.mark.parametrize("changed", [{"unit": "lead"}, {"design": "crossover"}])
def test_only_reps_of_one_process_have_a_value_from_before(
    session: Session, plan: dict[str, Any], reps: list[Rep], changed: dict[str, str]
) -> None:
    with pytest.raises(Refused) as refused:
        experiment_draft.checked(plan | changed | {"covariate": "share"})
    assert "covariate" in {each.where for each in refused.value.problems}


def test_plans_of_before_are_read_as_they_were(
    session: Session, plan: dict[str, Any], reps: list[Rep], now: datetime
) -> None:
    found = launched(session, plan, now)
    assert found.plan is not None
    written = json.loads(found.plan)
    del written["covariate"]
    found.plan = json.dumps(written, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    found.plan_hash = hash_of(found.plan)
    assert frozen_plan(found).covariate is None
    assert frozen_plan(found).known_before == {}
