"""Designs of a split: launched, recorded, checked, and re-drawn as they were drawn."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest
from sqlalchemy.orm import Session

from analysis.estimate import Estimate
from assignment.rerandomised import Rerandomised
from experiments import experiment_draft, life, people, report
from experiments.attainable import attainable
from experiments.balance import uneven_teams
from experiments.caveats import Caveat
from experiments.check import CheckName
from experiments.enrolment import assignments
from experiments.experiment import Experiment
from experiments.ingest import ingest_events
from experiments.people import Rep
from experiments.plan import frozen_plan
from experiments.problem import Refused
from experiments.split import design_of, drawn_labels
from tests.experiments.conftest import Tell
from tests.experiments.worlds import LATER, primary, world


def drafted(session: Session, plan: dict[str, Any], now: datetime, **changed: Any) -> Experiment:
    draft = experiment_draft.checked(plan | changed)
    return experiment_draft.create(session, draft, by=None, now=now)


def launched(session: Session, plan: dict[str, Any], now: datetime, **changed: Any) -> Experiment:
    found = drafted(session, plan, now, **changed)
    life.launch(session, found, seed=11, by=None, now=now)
    return found


def sold(session: Session, reps: list[Rep], tell: Tell, now: datetime) -> None:
    """A past in which the n-th rep won n of 20 leads; the first of them long ago."""
    events: list[dict[str, Any]] = []
    for at, rep in enumerate(reps):
        for n in range(20):
            lead, day = f"old-{rep.external_id}-{n}", -120 + n
            events.append(tell(lead, day=day, type="created", owner_id=rep.external_id))
            events.append(tell(lead, "Won" if n < at else "Lost", day=day + 5))
    assert ingest_events(session, events, now=now).rejected == []


def test_each_team_is_split_by_itself(
    session: Session, plan: dict[str, Any], reps: list[Rep], now: datetime
) -> None:
    paris = people.add_team(session, "Paris", segment="inbound")
    more = [people.add_rep(session, f"Paris {n}", team=paris, now=now) for n in range(4)]
    found = launched(session, plan, now, design="by_team", teams=["Berlin", "Paris"])
    split = assignments(session, found)
    for team in (reps, more):
        mine = [split[rep.external_id] for rep in team]
        assert mine.count(found.variants[0].id) == len(team) / 2
    told = frozen_plan(found)
    assert told.split.strata["Paris 1"] == "Paris"
    assert design_of(told).draw_count == 70 * 6
    assert [told.variants[each].id for each in drawn_labels(told)] == [
        split[unit] for unit in told.split.units
    ]


def test_pairs_are_reps_who_sold_alike_before(
    session: Session, plan: dict[str, Any], reps: list[Rep], tell: Tell, now: datetime
) -> None:
    sold(session, reps, tell, now)
    found = launched(session, plan, now, design="paired")
    split = assignments(session, found)
    for first in range(0, 8, 2):
        assert split[f"Rep {first + 1}"] != split[f"Rep {first + 2}"]
    told = frozen_plan(found)
    assert told.split.baseline["Rep 3"][0] == pytest.approx(2 / 20)
    assert told.split.covariates[0] == "share of leads that reached the milestone"
    wins = {"discovery-first": [1, 2, 2, 3], "demo-first": [6, 9, 8, 9]}
    world(session, found, reps, tell, wins)
    read = report.build(session, found, now=LATER)
    assert not any(check.failed for check in read.checks)
    assert CheckName.DRAW in {check.name for check in read.checks}
    methods = primary(read).comparisons[0].methods
    # Sign flips within four pairs: 2 of 16 at best.
    assert isinstance(methods.result, Estimate)
    assert (methods.result.draws, methods.result.smallest_p) == (16, 0.125)
    assert isinstance(methods.estimates["paired_t"], Estimate)


def test_a_balanced_split_is_redrawn_among_the_accepted_only(
    session: Session, plan: dict[str, Any], reps: list[Rep], tell: Tell, now: datetime
) -> None:
    more = [people.add_rep(session, f"Sep {n}", team=None, now=now) for n in range(6)]
    everyone = [*reps, *more]
    sold(session, everyone, tell, now)
    names = [rep.external_id for rep in everyone]
    found = launched(session, plan, now, design="rerandomised", teams=[], reps=names)
    told = frozen_plan(found)
    design = design_of(told)
    assert isinstance(design, Rerandomised)
    assert told.split.tried is not None
    assert design.limit == told.split.limit
    # 1,000 of C(14, 7) = 3,432 must be acceptable, more than a tenth; ties are accepted too.
    assert 1000 <= design.draw_count < 3432
    labels = np.array(drawn_labels(told), dtype=np.int8)
    assert design.accepts(labels[np.newaxis]).all()
    split = assignments(session, found)
    assert [told.variants[each].id for each in labels] == [
        split[unit] for unit in told.split.units
    ]
    assert attainable(found) is not None


@pytest.mark.parametrize("design", ["paired", "rerandomised"])
def test_the_past_of_a_rehearsal_ends_where_it_begins(
    session: Session, plan: dict[str, Any], reps: list[Rep], tell: Tell, now: datetime, design: str
) -> None:
    sold(session, reps, tell, now)
    days = {
        "enrol_from": (now - timedelta(days=119)).date().isoformat(),
        "enrol_until": (now - timedelta(days=100)).date().isoformat(),
    }
    found = drafted(session, plan, now, rehearsal=True, horizon_days=5, design=design, **days)
    told = life.hindrances(session, found, now=now)
    # What happened in the rehearsal's own time must not choose its split.
    assert [each.where for each in told] == ["design"]


def test_a_design_that_cannot_be_is_refused_before_the_launch(
    session: Session, plan: dict[str, Any], reps: list[Rep], tell: Tell, now: datetime
) -> None:
    found = drafted(session, plan, now, design="paired")
    (told,) = life.hindrances(session, found, now=now)
    assert (told.where, told.text) == (
        "design",
        "There are no leads from before by which the reps could be compared.",
    )
    sold(session, reps, tell, now)
    assert life.hindrances(session, found, now=now) == []
    uneven = [dict(each) for each in plan["variants"]]
    uneven[1]["weight"] = 2
    lopsided = drafted(session, plan, now, design="paired", variants=uneven, name="Uneven")
    assert "two variants of equal share" in life.hindrances(session, lopsided, now=now)[0].text
    few = drafted(session, plan, now, design="rerandomised", name="Few")
    assert "70 ways to split are too few" in life.hindrances(session, few, now=now)[0].text
    with pytest.raises(Refused, match="Only a team of reps"):
        experiment_draft.checked(plan | {"unit": "lead", "design": "paired"})


@pytest.mark.parametrize(
    ("design", "count", "ways", "p"),
    # Pairs: 2 of 2^4, and 2 of 2^3 with one rep left over; the team of one cannot be split.
    [("paired", 8, 16, 0.125), ("paired", 7, 8, 0.125), ("by_team", 8, 70, 2 / 70)],
)
def test_what_a_design_can_show_at_best(
    session: Session,
    plan: dict[str, Any],
    reps: list[Rep],
    now: datetime,
    design: str,
    count: int,
    ways: int,
    p: float,
) -> None:
    names = [rep.external_id for rep in reps[:count]]
    found = drafted(session, plan, now, design=design, teams=[], reps=names)
    best = attainable(found)
    assert best is not None
    assert best.ways == ways
    assert best.smallest_p == pytest.approx(p)


def test_re_randomisation_leaves_a_tenth_of_the_ways(
    session: Session, plan: dict[str, Any], reps: list[Rep], now: datetime
) -> None:
    more = [people.add_rep(session, f"More {n}", team=None, now=now) for n in range(10)]
    names = [rep.external_id for rep in [*reps, *more]]
    found = drafted(session, plan, now, design="rerandomised", teams=[], reps=names)
    best = attainable(found)
    assert best is not None
    assert best.ways == 4862  # of C(18, 9) = 48,620
    assert best.smallest_p == pytest.approx(2 / 4862)


@pytest.mark.parametrize(
    ("counts", "uneven"),
    # Halves of four and of six are alike; of three and five they cannot be.
    [((4, 6), ()), ((3, 5), ("Paris", "Rome")), ((2, 3), ("Paris", "Rome"))],
)
def test_a_team_that_cannot_be_split_evenly_is_told(
    session: Session,
    plan: dict[str, Any],
    reps: list[Rep],
    now: datetime,
    counts: tuple[int, ...],
    uneven: tuple[str, ...],
) -> None:
    for name, count in zip(("Paris", "Rome"), counts, strict=True):
        team = people.add_team(session, name, segment="inbound")
        for n in range(count):
            people.add_rep(session, f"{name} {n}", team=team, now=now)
    found = drafted(session, plan, now, design="by_team", teams=["Paris", "Rome"])
    before = attainable(found)
    assert before is not None
    # Before the draw each odd team is named; which variants end up unequal is up to chance.
    odd = [name for name, count in zip(("Paris", "Rome"), counts, strict=True) if count % 2]
    assert before.uneven_teams == tuple(odd)
    life.launch(session, found, seed=11, by=None, now=now)
    assert uneven_teams(frozen_plan(found)) == uneven
    told = {note.caveat: note.values for note in report.build(session, found, now=now).notes}
    expected = {"teams": ", ".join(uneven)} if uneven else None
    assert told.get(Caveat.UNEVEN_TEAMS) == expected
    plain = launched(session, plan, now, name="Plain", teams=["Berlin"])
    assert uneven_teams(frozen_plan(plain)) == ()
    whole = attainable(plain)
    assert whole is not None
    assert whole.uneven_teams == ()
