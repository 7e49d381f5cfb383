"""Of 100 leads, how many reach each milestone, side by side."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from experiments import people
from experiments.experiment import Experiment
from experiments.insight.cohort import Scope
from experiments.insight.ratios import By, ratios
from experiments.people import Rep
from experiments.problem import NotFound, Refused
from experiments.process import Milestone
from tests.experiments.conftest import Tell
from tests.experiments.insight.conftest import LATER, Past

WON = [("New", 1.0), ("Qualify", 2.0), ("Demo", 3.0), ("Offer", 4.0), ("Won", 9.0)]
LOST = [("New", 1.0), ("Qualify", 2.0), ("Lost", 5.0)]


def counts(session: Session, scope: Scope, by: By) -> dict[object, tuple[int, int]]:
    """By group's name or period: leads counted and leads won."""
    found = ratios(session, scope, by, now=LATER)
    return {
        each.period or each.name: (each.leads, each.reached[Milestone.WON].reached)
        for each in found.groups
        if each.reached
    }


def test_leads_count_by_milestone_and_the_rate_is_of_all_that_began(
    session: Session, past: Past
) -> None:
    past({"a": (0, WON), "b": (0, LOST), "c": (1, LOST), "d": (1, [("New", 1.0)])})
    (group,) = ratios(session, Scope(), By.ALL, now=LATER).groups
    assert (group.leads, group.young) == (4, 0)
    assert [each.reached for each in group.reached.values()] == [3, 1, 1, 1]
    assert group.reached[Milestone.QUALIFIED].rate == 0.75
    low, high = group.reached[Milestone.WON].interval or (None, None)
    # The rates of two reps, 1/2 and 0: one degree of freedom leaves nearly everything open.
    assert (low, high) == (0.0, 1.0)


def test_only_leads_whose_days_passed_by_the_complete_day_count(
    session: Session, past: Past
) -> None:
    past({"a": (0, WON)}, day=1)
    young = (LATER - datetime(2026, 3, 2, 12, tzinfo=LATER.tzinfo)) / timedelta(days=1) - 20
    past({"b": (0, [("New", 1)])}, day=young)
    (group,) = ratios(session, Scope(horizon_days=30), By.ALL, now=LATER).groups
    assert (group.leads, group.young) == (1, 1)
    (group,) = ratios(session, Scope(horizon_days=10), By.ALL, now=LATER).groups
    assert (group.leads, group.young) == (2, 0)


def test_a_win_after_the_horizon_does_not_count(session: Session, past: Past) -> None:
    past({"a": (0, [("New", 1), ("Won", 20)])})
    assert counts(session, Scope(horizon_days=18), By.ALL) == {"": (1, 0)}
    assert counts(session, Scope(horizon_days=19), By.ALL) == {"": (1, 1)}


def test_leads_stand_side_by_side_by_process_segment_team_and_period(
    session: Session, past: Past, reps: list[Rep]
) -> None:
    people.add_team(session, "Lyon")
    reps[2].team = people.team_named(session, "Lyon")
    reps[3].team = None
    past({"a": (0, WON), "b": (2, LOST), "c": (3, WON)}, day=1)
    past({"d": (0, LOST)}, day=40)
    assert counts(session, Scope(), By.PROCESS) == {"Discovery first": (4, 2)}
    assert counts(session, Scope(), By.SEGMENT) == {"inbound": (4, 2)}
    assert counts(session, Scope(), By.TEAM) == {"Berlin": (2, 1), "Lyon": (1, 0), "": (1, 1)}
    assert counts(session, Scope(), By.MONTH) == {
        date(2026, 3, 1): (3, 2),
        date(2026, 4, 1): (1, 0),
    }
    assert counts(session, Scope(), By.QUARTER) == {
        date(2026, 1, 1): (3, 2),
        date(2026, 4, 1): (1, 0),
    }


def test_a_scope_narrows_by_process_team_and_day(session: Session, past: Past) -> None:
    past({"a": (0, WON), "b": (1, LOST)}, day=1)
    past({"c": (0, LOST)}, day=40)
    assert counts(session, Scope(process="discovery-first"), By.ALL) == {"": (3, 1)}
    assert counts(session, Scope(team="Berlin"), By.ALL) == {"": (3, 1)}
    assert counts(session, Scope(until=date(2026, 3, 3)), By.ALL) == {"": (2, 1)}
    assert counts(session, Scope(since=date(2026, 3, 4)), By.ALL) == {"": (1, 0)}
    people.add_team(session, "Empty")
    assert counts(session, Scope(team="Empty"), By.ALL) == {}


def test_a_beginning_that_was_taken_back_is_none(session: Session, past: Past, tell: Tell) -> None:
    begun = tell("a", day=1, type="created", owner_id="Rep 1")
    void = tell("a", day=2, type="voided", voids=begun["source_id"])
    past({"b": (0, WON)}, more=[begun, void])
    assert counts(session, Scope(), By.ALL) == {"": (1, 1)}


def test_processes_side_by_side_leave_out_what_a_test_under_way_hides(
    session: Session, running: Experiment, past: Past
) -> None:
    past({"a": (0, WON), "b": (1, LOST)}, at=LATER - timedelta(days=160))
    while_running = LATER - timedelta(days=150)
    for by, left_out in ((By.PROCESS, 1), (By.ALL, 0)):
        found = ratios(session, Scope(horizon_days=10), by, now=while_running)
        assert (found.tests_left_out, found.leads) == (left_out, 0 if left_out else 2)
    measured = ratios(session, Scope(), By.PROCESS, now=LATER)
    assert measured.tests_left_out in (0, 1)


def test_what_is_not_there_or_makes_no_sense_is_refused(session: Session, past: Past) -> None:
    with pytest.raises(NotFound):
        ratios(session, Scope(process="nowhere"), By.ALL, now=LATER)
    with pytest.raises(NotFound):
        ratios(session, Scope(team="nobody"), By.ALL, now=LATER)
    with pytest.raises(Refused, match="horizon: Give a horizon of 1 to 730 days"):
        Scope(horizon_days=0)
    with pytest.raises(Refused, match="until: The last day is before the first"):
        Scope(since=date(2026, 3, 2), until=date(2026, 3, 1))


def test_without_leads_there_is_nothing_to_count(session: Session, past: Past) -> None:
    assert ratios(session, Scope(), By.MONTH, now=LATER).groups == ()
