"""The programme of experiments, and what needs somebody."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from experiments import experiment_draft, life, people
from experiments.alerts import AlertKind, alerts
from experiments.check import CheckName
from experiments.decision import Choice, Ruling, decide
from experiments.events import source_named
from experiments.experiment import Experiment, Status
from experiments.insight.programme import programme
from experiments.people import Rep
from tests.experiments.conftest import Tell
from tests.experiments.worlds import LATER, world

WINS = {"discovery-first": [1, 2, 1, 2], "demo-first": [6, 7, 5, 7]}


def told(session: Session, found: Experiment, reps: list[Rep], tell: Tell) -> None:
    world(session, found, reps, tell, WINS)
    source_named(session, "crm").complete_through_at = LATER
    session.flush()


def adopt(session: Session, found: Experiment) -> None:
    ruling = Ruling(
        Choice.ADOPT, "It closes more.", True, variant="demo-first", recommended=Choice.ADOPT
    )
    decide(session, found, ruling, by=None, now=LATER)


def test_an_adopted_winner_has_its_effect_reason_and_leads(
    session: Session, running: Experiment, reps: list[Rep], tell: Tell
) -> None:
    told(session, running, reps, tell)
    adopt(session, running)
    found = programme(session, now=LATER)
    (line,) = found.lines
    assert (line.status, line.choice, line.adopted) == (Status.DECIDED, Choice.ADOPT, "Demo first")
    assert line.learned == "It closes more."
    (effect,) = line.effects
    assert effect.estimate == pytest.approx(0.475)
    assert effect.shrunk is None  # one experiment does not tell luck from effect
    # 80 leads in the 182 days since the first of them.
    assert line.leads_a_year is not None
    assert 155 <= line.leads_a_year <= 165
    assert (found.yearly, found.shrinkable, found.adopted) == (None, 1, 1)


def test_three_experiments_tell_what_the_adopted_bring_in_a_year(
    session: Session, plan: dict[str, Any], reps: list[Rep], tell: Tell, now: datetime
) -> None:
    made = []
    for team, wins in (("Berlin", [6, 7, 5, 7]), ("Lyon", [1, 3, 2, 1]), ("Bonn", [2, 3, 3, 2])):
        mine = reps if team == "Berlin" else _hired(session, team, now=now)
        written = plan | {"name": team, "key": team.lower(), "teams": [team]}
        draft = experiment_draft.checked(written)
        test = experiment_draft.create(session, draft, by=None, now=now)
        life.launch(session, test, seed=7, by=None, now=now)
        world(session, test, mine, tell, WINS | {"demo-first": wins})
        made.append(test)
    source_named(session, "crm").complete_through_at = LATER
    adopt(session, made[0])
    found = programme(session, now=LATER)
    assert (found.shrinkable, found.adopted) == (3, 1)
    berlin = next(each for each in found.lines if each.key == "berlin")
    (effect,) = berlin.effects
    assert effect.shrunk is not None
    assert 0 < effect.shrunk.effect < effect.estimate
    assert found.yearly is not None
    assert berlin.leads_a_year is not None
    assert found.yearly.value == pytest.approx(berlin.leads_a_year * effect.shrunk.effect)
    assert found.yearly.interval[0] < found.yearly.value < found.yearly.interval[1]


def _hired(session: Session, name: str, *, now: datetime) -> list[Rep]:
    team = people.add_team(session, name, segment="inbound")
    return [people.add_rep(session, f"{name} {n}", team=team, now=now) for n in range(8)]


def test_what_a_test_hides_is_not_in_the_programme(session: Session, running: Experiment) -> None:
    (line,) = programme(session, now=running.created_at + timedelta(days=9)).lines
    assert (line.effects, line.verdict, line.leads_a_year) == ((), None, None)


def test_a_draft_is_listed_without_anything(
    session: Session, plan: dict[str, Any], now: datetime
) -> None:
    experiment_draft.create(session, experiment_draft.checked(plan), by=None, now=now)
    (line,) = programme(session, now=now).lines
    assert (line.status, line.effects) == (Status.DRAFT, ())
    assert alerts(session, now=now) == ()


def test_a_measured_test_waits_for_its_decision(
    session: Session, running: Experiment, reps: list[Rep], tell: Tell
) -> None:
    told(session, running, reps, tell)
    due = [each for each in alerts(session, now=LATER) if each.kind is AlertKind.DECISION_DUE]
    assert [(each.subject, each.since) for each in due] == [(running.key, running.measured_at)]
    adopt(session, running)
    assert not [each for each in alerts(session, now=LATER) if each.subject == running.key]


def test_a_source_that_stopped_telling_is_noticed(session: Session, now: datetime) -> None:
    source = source_named(session, "crm")
    source.complete_through_at = now - timedelta(days=7)
    session.flush()
    assert alerts(session, now=now) == ()
    (alert,) = alerts(session, now=now + timedelta(seconds=1))
    assert (alert.kind, alert.name) == (AlertKind.STALE_SOURCE, "crm")
    assert alert.since == source.complete_through_at


def test_a_check_that_fails_comes_first_where_it_blocks(
    session: Session, running: Experiment, reps: list[Rep], tell: Tell
) -> None:
    told(session, running, reps, tell)
    running.plan_hash = "changed"
    session.flush()
    first = alerts(session, now=LATER)[0]
    assert (first.kind, first.check, first.blocks) == (
        AlertKind.CHECK_FAILED,
        CheckName.PLAN,
        True,
    )
