"""When leads first closed, and what is described of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import ibis
import numpy as np
import pytest
from sqlalchemy.orm import Session

from analysis.endings import Ending
from experiments import experiment_draft, life, report
from experiments.closing import Closing, closing, closings, endings
from experiments.counting import Window, store_tables
from experiments.describing import Described
from experiments.experiment import Experiment
from experiments.ingest import ingest_events
from experiments.people import Rep
from experiments.report_export import as_json
from tests.experiments.conftest import Tell
from tests.experiments.worlds import LATER, world


def seen(
    session: Session, found: Experiment, *, through: datetime = LATER
) -> list[tuple[int, Ending, int]]:
    window = Window(found.id, found.horizon_days, complete_through=through, as_of=LATER)
    return [(row.day, row.ending, row.leads) for row in closings(session, window)]


def test_each_lead_closes_once_on_the_day_of_its_first_close(
    session: Session, running: Experiment, reps: list[Rep], tell: Tell
) -> None:
    ways: dict[str, list[tuple[str, float]]] = {
        "at-once": [("Won", 1)],
        "within-a-day": [("Won", 1.25)],
        "on-day-one": [("Won", 2)],
        "reopened": [("Won", 5.5), ("Offer", 9)],
        "lost-then-won": [("Lost", 6), ("Won", 9)],
        "same-moment": [("Lost", 6), ("Won", 6)],
        # A lead gets thirty days; the last moment of them still counts.
        "last-moment": [("Won", 31)],
        "too-late": [("Won", 31.01)],
        "open": [("Qualify", 3)],
    }
    owner = reps[0].external_id
    events = [tell(lead, day=1, type="created", owner_id=owner) for lead in ways]
    events += [tell(lead, stage, day=day) for lead, way in ways.items() for stage, day in way]
    assert ingest_events(session, events, now=LATER).rejected == []

    assert seen(session, running) == [
        (0, Ending.WON, 1),
        (1, Ending.WON, 2),
        (5, Ending.WON, 1),
        (5, Ending.LOST, 2),
        (30, Ending.OPEN, 2),
        (30, Ending.WON, 1),
    ]


def test_open_leads_are_followed_as_far_as_the_data_goes(
    session: Session, running: Experiment, reps: list[Rep], tell: Tell
) -> None:
    owner = reps[0].external_id
    events = [tell(f"L{day}", day=day, type="created", owner_id=owner) for day in (1, 4, 9)]
    events += [tell("L1", "Won", day=6.5), tell("L4", "Won", day=8)]
    ingest_events(session, events, now=LATER)
    enrolled = datetime.fromisoformat(str(events[0]["occurred_at"]))

    # Five and a half days later the first is won; the second is open, the third not there yet.
    early = seen(session, running, through=enrolled + timedelta(days=5.5))

    assert early == [(2, Ending.OPEN, 1), (6, Ending.WON, 1)]


def test_reps_without_leads_are_no_reps_of_the_endings() -> None:
    rows = [Closing(1, 7, 3, Ending.WON, 2), Closing(1, 9, 30, Ending.OPEN, 1)]
    found = endings(rows, [9, 8, 7])
    assert found.reps == ("9", "7")
    assert found.rep.tolist() == [1, 0]
    assert found.n.tolist() == [2, 1]


def told(read: report.Report, key: str) -> Described:
    assert read.beside is not None
    return next(each for each in read.beside.described if each.metric.key == key)


WINS = {"discovery-first": [1, 2, 2, 3], "demo-first": [6, 7, 8, 7]}


def test_days_to_won_and_courses_are_described_by_what_was_split(
    session: Session, running: Experiment, reps: list[Rep], tell: Tell
) -> None:
    world(session, running, reps, tell, WINS)

    read = report.build(session, running, now=LATER)

    days = told(read, "days_to_won")
    # Wins come on day 8 of 30; who is not won counts as 30.
    assert [each.value for each in days.variants] == pytest.approx([30 - 0.2 * 22, 30 - 0.7 * 22])
    (difference,) = days.differences
    assert difference.value == pytest.approx(-0.5 * 22)
    assert difference.ci is not None
    assert read.beside is not None
    course = read.beside.courses[1]
    assert course.leads == 40
    assert [each.share for each in course.won if each.day in (7, 8, 30)] == pytest.approx(
        [0, 0.7, 0.7]
    )
    assert course.lost[-1].share == pytest.approx(0.3)
    assert [each.day for each in course.won_table] == [5, 10, 15, 20, 25, 30]
    last = course.won_table[-1]
    # The jackknife over four reps with as many leads: their spread over the root of four.
    spread = np.std([0.6, 0.7, 0.8, 0.7], ddof=1) / 2
    assert last.se == pytest.approx(spread)
    # Student's t at 95% with three degrees of freedom.
    assert last.reach == pytest.approx(3.18244630528 * spread)
    written = as_json(read)
    assert written["incidence"][1]["days"][-1]["won"] == pytest.approx(0.7)
    assert "p" not in written["described"][-1]["differences"][0]
    assert "reps" not in written
    assert len(as_json(read, reps=True)["reps"]) == 8
    assert written["likeness"]["design_effect"] >= 1


def test_where_reps_have_unequal_leads_the_difference_is_that_of_the_means_shown(
    session: Session, running: Experiment, reps: list[Rep], tell: Tell
) -> None:
    world(session, running, reps, tell, WINS)
    busy = reps[0].external_id
    more = [tell(f"more-{n}", day=1, type="created", owner_id=busy) for n in range(20)]
    won = [tell(f"more-{n}", "Won", day=4) for n in range(20)]
    assert ingest_events(session, [*more, *won], now=LATER).rejected == []

    days = told(report.build(session, running, now=LATER), "days_to_won")

    control, treatment = (each.value for each in days.variants)
    assert control is not None
    assert treatment is not None
    assert days.differences[0].value == pytest.approx(treatment - control)


def test_a_rep_is_best_guessed_between_itself_and_its_variant(
    session: Session, running: Experiment, reps: list[Rep], tell: Tell
) -> None:
    world(session, running, reps, tell, {"discovery-first": [0, 9, 1, 8], "demo-first": [5] * 4})

    read = report.build(session, running, now=LATER)

    assert read.beside is not None
    rates = {each.rate.raw: each for each in read.beside.reps if each.variant.control}
    assert rates[0.9].rate.shrunken < 0.9
    assert rates[0.0].rate.shrunken > 0
    names = [each.name for each in read.beside.reps if each.variant.control]
    assert names == sorted(names)


def test_split_leads_are_described_without_reps(
    session: Session, plan: dict[str, Any], reps: list[Rep], tell: Tell, now: datetime
) -> None:
    draft = experiment_draft.checked(plan | {"unit": "lead"})
    found = experiment_draft.create(session, draft, by=None, now=now)
    life.launch(session, found, seed=5, by=None, now=now)
    owners = iter(reps * 10)
    events = []
    for n, rep in enumerate(owners):
        events.append(tell(f"L{n}", day=1, type="created", owner_id=rep.external_id))
        events.append(tell(f"L{n}", "Won" if n % 3 else "Lost", day=2 + n % 7))
    assert ingest_events(session, events, now=LATER).rejected == []

    read = report.build(session, found, now=LATER)

    assert told(read, "days_to_won").differences[0].ci is not None
    assert read.beside is not None
    assert (read.beside.reps, read.beside.likeness) == ((), None)
    per_win = told(read, "value_per_win")
    # Nobody told an amount: nothing to divide.
    assert [each.value for each in per_win.variants] == [None, None]


def test_sqlite_looks_up_each_leads_close_and_does_not_search_all_for_it(
    session: Session, running: Experiment
) -> None:
    if session.get_bind().dialect.name != "sqlite":
        pytest.skip("PostgreSQL counts how many rows there are")
    window = Window(running.id, 30, complete_through=LATER, as_of=LATER)
    text = ibis.to_sql(closing(store_tables(), window), dialect="sqlite")

    steps = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {text}")

    joined = [step.detail for step in steps if "LEFT-JOIN" in step.detail]
    assert joined
    assert [step for step in joined if step.startswith("SCAN")] == []
