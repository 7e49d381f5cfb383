"""Reps who join a running test: by a recorded rule, counted in one statistic, checked."""

from __future__ import annotations

from datetime import datetime, timedelta
from math import comb
from typing import Any

import numpy as np
import pytest
from sqlalchemy.orm import Session

from analysis.estimate import Estimate
from analysis.rep_level import rep_rates
from analysis.sufficient import RepTotals
from assignment.arrivals import JoinRule
from assignment.design import Complete, seeded
from experiments import audit, experiment_draft, life, people, report
from experiments.caveats import Caveat
from experiments.check import CheckName
from experiments.enrolment import Assignment, arrivals, assigned, assignments_by_period
from experiments.experiment import Experiment
from experiments.following import experiment_of_rep
from experiments.ingest import ingest_events
from experiments.joining import join, join_with_team, may_join
from experiments.people import Rep, add_rep
from experiments.plan import frozen_plan
from experiments.problem import Refused
from experiments.rep_pairs import rep_pairs
from experiments.roster import roster_of
from tests.experiments.conftest import Tell
from tests.experiments.worlds import LATER, primary, world

DAY = timedelta(days=1)


def launched(session: Session, plan: dict[str, Any], now: datetime, **more: Any) -> Experiment:
    draft = experiment_draft.checked({"join_rule": "blocks"} | plan | more)
    found = experiment_draft.create(session, draft, by=None, now=now)
    life.launch(session, found, seed=7, by=None, now=now)
    return found


@pytest.fixture
def joinable(session: Session, plan: dict[str, Any], now: datetime) -> Experiment:
    """A test of eight reps under way that others may join, in turn."""
    return launched(session, plan, now)


def test_a_new_rep_of_the_team_joins_at_once(
    session: Session, joinable: Experiment, reps: list[Rep], now: datetime
) -> None:
    new = [add_rep(session, f"New {n}", team=reps[0].team, now=now) for n in range(4)]
    rows = [join_with_team(session, rep, by=None, now=now + DAY) for rep in new]

    assert [row.arrival for row in rows if row] == [0, 1, 2, 3]
    assert {row.phase for row in rows if row} == {1}
    variants = [row.variant.key for row in rows if row]
    # Blocks of two: both variants in each.
    assert set(variants[:2]) == set(variants[2:]) == {"discovery-first", "demo-first"}
    followed = experiment_of_rep(session, new[0], now=now)
    assert followed is not None
    assert followed[1].key == variants[0]
    entry = audit.entries(session, joinable.key)[-1]
    assert (entry.act, entry.detail.split(":")[0]) == ("let join", "New 3")


def test_a_rep_of_another_team_joins_only_when_let_in(
    session: Session, joinable: Experiment, now: datetime
) -> None:
    paris = people.add_team(session, "Paris")
    outsider = add_rep(session, "Zoe", team=paris, now=now)
    loose = add_rep(session, "Ben", team=None, now=now)
    assert join_with_team(session, outsider, by=None, now=now) is None
    assert join_with_team(session, loose, by=None, now=now) is None
    assert may_join(session, joinable, now=now) == [loose, outsider]

    # A stratum of one is no error.
    assert join(session, joinable, outsider, by=None, now=now).arrival == 0
    assert may_join(session, joinable, now=now) == [loose]
    with pytest.raises(Refused, match="Zoe takes part already"):
        join(session, joinable, outsider, by=None, now=now)


def test_the_order_of_arrival_and_the_seed_alone_give_the_variant(
    session: Session, plan: dict[str, Any], reps: list[Rep], now: datetime
) -> None:
    found = launched(session, plan, now, join_rule="coin")
    for n in range(12):
        join_with_team(
            session,
            add_rep(session, f"New {n}", team=reps[0].team, now=now),
            by=None,
            now=now + n * DAY,
        )
    drawn = roster_of(session, found, frozen_plan(found)).drawn
    assert drawn == assignments_by_period(session, found)
    # A coin is the smaller of two numbers of PCG64's raw stream, the same on every machine.
    coins = np.random.PCG64([7, 3]).random_raw(24).reshape(12, 2).argmin(axis=1).tolist()
    stored = [row.variant_id for row in arrivals(session, found)]
    assert stored == [found.variants[coin].id for coin in coins]
    assert coins == [1, 0, 0, 1, 0, 1, 1, 1, 1, 0, 1, 0]


def test_leads_of_a_joiner_enrol_from_the_joining_on(
    session: Session, joinable: Experiment, reps: list[Rep], tell: Tell, now: datetime
) -> None:
    rep = add_rep(session, "New", team=reps[0].team, now=now)
    join_with_team(session, rep, by=None, now=now + 5 * DAY)
    told = [
        tell("before", day=3, type="created", owner_id="New"),
        tell("after", day=7, type="created", owner_id="New"),
    ]
    ingest_events(session, told, now=LATER)
    read = report.build(session, joinable, now=LATER)
    assert read.enrolled == 1
    assert sum(group.reps for group in read.groups) == 9


def test_joiners_are_drawn_again_beside_the_split_of_the_launch(
    session: Session, joinable: Experiment, reps: list[Rep], tell: Tell, now: datetime
) -> None:
    two = [add_rep(session, f"New {n}", team=reps[0].team, now=now) for n in range(2)]
    for rep in two:
        join_with_team(session, rep, by=None, now=now + timedelta(hours=1))
    wins = {"discovery-first": [1, 2, 2, 3, 2], "demo-first": [6, 9, 8, 9, 7]}
    world(session, joinable, [*reps, *two], tell, wins)

    read = report.build(session, joinable, now=LATER)

    result = primary(read).comparisons[0].result
    assert isinstance(result, Estimate)
    # C(8, 4) splits of the launch times two orders of the block.
    assert (result.draws, result.exact) == (comb(8, 4) * 2, True)
    assert not any(check.failed for check in read.checks)
    assert Caveat.JOINED in {note.caveat for note in read.notes}


@pytest.mark.parametrize("act", ["variant", "order", "gone"])
def test_a_joiner_who_is_not_where_the_rule_put_him_fails_the_check(
    session: Session, joinable: Experiment, reps: list[Rep], now: datetime, act: str
) -> None:
    for n in range(2):
        rep = add_rep(session, f"New {n}", team=reps[0].team, now=now)
        join_with_team(session, rep, by=None, now=now)
    first, second = arrivals(session, joinable)
    if act == "variant":
        first.variant_id = second.variant_id
    elif act == "order":
        first.arrival = 7
    else:
        session.delete(first)
    session.flush()
    read = report.build(session, joinable, now=now)
    assert [check.name for check in read.checks if check.failed] == [CheckName.DRAW]


def test_a_past_report_knows_nothing_of_who_joined_later(
    session: Session, joinable: Experiment, reps: list[Rep], now: datetime
) -> None:
    rep = add_rep(session, "New", team=reps[0].team, now=now)
    join_with_team(session, rep, by=None, now=now + 9 * DAY)
    plan = frozen_plan(joinable)
    assert roster_of(session, joinable, plan, as_of=now + DAY).joiners == ()
    assert roster_of(session, joinable, plan, as_of=now + 9 * DAY).joiners == ("New",)


def test_reps_who_left_are_counted_and_stay_where_they_were(
    session: Session, joinable: Experiment, reps: list[Rep], tell: Tell, now: datetime
) -> None:
    world(
        session,
        joinable,
        reps,
        tell,
        {"discovery-first": [1, 2, 2, 3], "demo-first": [6, 9, 8, 9]},
    )
    reps[0].left_at, reps[1].left_at = now + 20 * DAY, now - 20 * DAY
    read = report.build(session, joinable, now=LATER)
    told = {note.caveat: note.values for note in read.notes}
    assert told[Caveat.LEFT] == {"reps": 1}
    assert read.matured == 80


@pytest.mark.parametrize(
    ("why", "text"),
    [
        ("draft", "only a test under way"),
        ("no rule", "nobody joins Demo before discovery"),
        ("stopped", "only a test under way"),
        ("over", "Enrolment is not open"),
        ("left", "New has left"),
        ("busy", "already take part in Other"),
    ],
)
def test_who_may_not_join_is_told_why(
    session: Session, plan: dict[str, Any], now: datetime, why: str, text: str
) -> None:
    draft = experiment_draft.checked(plan | {"join_rule": None if why == "no rule" else "blocks"})
    found = experiment_draft.create(session, draft, by=None, now=now)
    if why != "draft":
        life.launch(session, found, seed=7, by=None, now=now)
    rep, at = add_rep(session, "New", team=None, now=now), now
    if why == "stopped":
        life.stop(session, found, reason="enough", by=None, now=now)
    if why == "over":
        at = LATER
    if why == "left":
        rep.left_at = now
    if why == "busy":
        mates = [add_rep(session, f"Mate {n}", team=None, now=now) for n in range(3)]
        names = [each.external_id for each in (rep, *mates)]
        launched(session, plan, now, name="Other", teams=[], reps=names)
    with pytest.raises(Refused, match=text):
        join(session, found, rep, by=None, now=at)
    assert assigned(session, found, "New") is None


def test_a_rule_for_joiners_needs_reps_who_are_split_and_whole_shares(
    plan: dict[str, Any],
) -> None:
    with pytest.raises(Refused, match="in which reps are split"):
        experiment_draft.checked(plan | {"unit": "lead", "join_rule": "coin"})
    uneven = [dict(each) for each in plan["variants"]]
    uneven[1]["weight"] = 0.123
    with pytest.raises(Refused, match="nobody can join"):
        experiment_draft.checked(plan | {"variants": uneven, "join_rule": "blocks"})


def test_redraws_that_leave_a_variant_without_a_spread_are_none(session: Session) -> None:
    """Two against two and two coins: what could not have been judged is not drawn."""
    from assignment.arrivals import joined

    design = joined(Complete(("a", "b"), (1, 1)), ["c", "d", "e"], [1, 1], JoinRule.COIN)
    labels = np.array([0, 1, 0, 1, 1], dtype=np.int8)
    totals = RepTotals.of_counts(list("abcde"), [10] * 5, [1, 5, 2, 6, 7])
    (pair,) = rep_pairs(
        design, labels, {"won": totals}, variants=["a", "b"], control=0, rng=seeded(1)
    )["won"].values()
    sizes = np.asarray(pair.redraws.labels).sum(axis=1)  # type: ignore[union-attr]
    # Of 2 * 2**3 draws, two by two leave one rep alone.
    assert sorted(set(sizes.tolist())) == [2, 3]
    assert len(sizes) == 12
    assert rep_rates(pair.totals).shape == (5,)


def test_assignments_at_launch_have_no_arrival(session: Session, joinable: Experiment) -> None:
    rows = session.query(Assignment).filter_by(experiment_id=joinable.id).all()
    assert {row.arrival for row in rows} == {None}
