"""Stages that changed or differ, leads that stand still, and why leads are lost."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from experiments import people
from experiments.insight.bottlenecks import Against, Bottlenecks, Finding, Measure, bottlenecks
from experiments.insight.cohort import Scope
from experiments.insight.stalled import standings
from experiments.people import Rep
from experiments.problem import Refused
from tests.experiments.conftest import Tell
from tests.experiments.insight.conftest import LATER, Past

# Day 1 is the 3rd of March; of the leads that had 60 days by the 1st of September, those of the
# last 56 days began after day 66 (the 8th of May).
RECENT, BEFORE = 80, 30
ON = [("New", 1.0), ("Qualify", 3.0), ("Lost", 5.0)]
OFF = [("New", 1.0), ("Lost", 2.0)]


def leads(prefix: str, reps: range, on: int, of: int) -> dict[str, tuple[int, Any]]:
    """For each rep some leads, of which `on` (one more or fewer) go on from New."""
    return {
        f"{prefix}-{rep}-{n}": (rep, ON if n < on + rep % 2 else OFF)
        for rep in reps
        for n in range(of)
    }


def one(found: Bottlenecks, against: Against, measure: Measure, node: str) -> Finding:
    (finding,) = [
        each
        for each in found.findings
        if (each.against, each.measure, each.node) == (against, measure, node)
    ]
    return finding


def test_a_stage_that_changed_against_the_period_before_is_found(
    session: Session, past: Past
) -> None:
    past(leads("then", range(6), on=8, of=10), day=BEFORE)
    past(leads("now", range(6), on=2, of=10), day=RECENT)
    found = bottlenecks(session, Scope(process="discovery-first"), now=LATER)
    goes_on = one(found, Against.PERIOD, Measure.GOES_ON, "new")
    assert (goes_on.pattern.mine, goes_on.pattern.other) == (0.25, 0.85)
    # Every rep fell by just as much, which leaves nothing to tell chance by.
    assert not goes_on.pattern.claimed
    days = one(found, Against.PERIOD, Measure.DAYS, "new")
    assert days.pattern.mine == pytest.approx(0.25 * 2 + 0.75 * 1)


def test_reps_who_fell_unevenly_but_all_fell_make_a_pattern(session: Session, past: Past) -> None:
    past(leads("then", range(6), on=8, of=10), day=BEFORE)
    for rep in range(6):
        past(leads("now", range(rep, rep + 1), on=1 + rep // 2, of=10), day=RECENT)
    found = bottlenecks(session, Scope(), now=LATER)
    assert one(found, Against.PERIOD, Measure.GOES_ON, "lead") in found.claimed
    assert found.family >= len(found.claimed) > 0


def test_teams_are_compared_with_the_others(session: Session, past: Past, reps: list[Rep]) -> None:
    lyon = people.add_team(session, "Lyon")
    for rep in reps[4:]:
        rep.team = lyon
    session.flush()
    past(leads("good", range(4), on=8, of=12) | leads("bad", range(4, 8), on=2, of=12))
    found = bottlenecks(session, Scope(), now=LATER)
    (finding,) = [
        each
        for each in found.claimed
        if each.against is Against.TEAM and each.measure is Measure.GOES_ON
    ]
    assert (finding.group, finding.node) == ("Berlin", "lead")
    assert not [each for each in found.findings if each.against is Against.PROCESS]


def test_a_period_has_a_length(session: Session, past: Past) -> None:
    with pytest.raises(Refused, match="days: Give a period of 7 to 365 days"):
        bottlenecks(session, Scope(), now=LATER, days=3)
    assert bottlenecks(session, Scope(), now=LATER).family == 0


def test_a_lead_stands_still_after_nine_of_ten_have_left(session: Session, past: Past) -> None:
    gone: dict[str, tuple[int, Any]] = {
        f"g{n}": (0, [("New", 1.0), ("Lost", 1.0 + n)]) for n in range(1, 11)
    }
    past(gone | {"old": (0, [("New", 1.0)])}, day=1)
    past({"fresh": (0, [("New", 1.0)])}, day=180)
    (new,) = standings(session, Scope(process="discovery-first"), now=LATER)
    assert new.rotting == timedelta(days=9)
    assert (new.node, new.name, new.open, new.stalled, new.lost) == ("new", "New", 2, 1, 10)
    (asked,) = standings(session, Scope(), now=LATER, rotting_days=1)
    assert (asked.stalled, asked.rotting) == (2, timedelta(days=1))


def test_reasons_are_counted_by_the_stage_that_leads_were_lost_from(
    session: Session, past: Past, tell: Tell
) -> None:
    way = {"a": "Too dear", "b": "Too dear", "c": ""}
    lost = [tell(lead, "Lost", day=9, reason=reason) for lead, reason in way.items()]
    past({lead: (0, [("New", 1.0), ("Qualify", 2.0)]) for lead in way}, more=lost)
    found = {each.node: each for each in standings(session, Scope(), now=LATER)}
    assert [(each.text, each.leads) for each in found["qualified"].reasons] == [
        ("Too dear", 2),
        ("", 1),
    ]
    assert found["lead"].lost == 0


def test_without_leads_nobody_stands_still(session: Session, past: Past) -> None:
    assert standings(session, Scope(), now=LATER) == ()
    past({"a": (0, [("New", 1.0)])})
    (new,) = standings(session, Scope(), now=LATER)
    assert (new.rotting, new.open, new.stalled) == (None, 1, 0)
