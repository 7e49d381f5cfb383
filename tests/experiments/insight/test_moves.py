"""Where leads go from each stage, backwards too, and how long they stay."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.orm import Session

from experiments.insight.cohort import Scope
from experiments.insight.moves import Ways, ways
from tests.experiments.conftest import Tell
from tests.experiments.insight.conftest import LATER, Past

# A lead that goes back once: Qualify for 2 and then 4 days, Demo for 3 and then 1.
ON = [("New", 1.0), ("Qualify", 2.0), ("Demo", 4.0)]
BACK = [*ON, ("Qualify", 7.0), ("Demo", 11.0), ("Won", 12.0)]


def moved(found: Ways) -> dict[tuple[str, str], tuple[int, bool]]:
    return {
        (place.node, move.to): (move.moves, move.backward)
        for place in found.places
        for move in place.moves
    }


def test_moves_go_onward_back_to_lost_or_nowhere(session: Session, past: Past) -> None:
    past({"a": (0, BACK), "b": (1, [("New", 1), ("Lost", 3)]), "c": (1, [("New", 1)])})
    found = ways(session, Scope(process="discovery-first"), now=LATER)
    assert found.leads == 3
    assert moved(found) == {
        ("new", "qualify"): (1, False),
        ("new", "lost"): (1, False),
        ("new", ""): (1, False),
        ("qualify", "demo"): (2, False),
        ("demo", "won"): (1, False),
        ("demo", "qualify"): (1, True),
    }
    assert [each.name for each in found.places] == ["New", "Qualify", "Demo"]


def test_across_processes_the_places_are_milestones(session: Session, past: Past) -> None:
    past({"a": (0, BACK)})
    found = ways(session, Scope(), now=LATER)
    assert [each.node for each in found.places] == ["lead", "qualified", "demo"]
    assert moved(found)["demo", "qualified"] == (1, True)


def test_stays_are_told_together_and_the_latest(session: Session, past: Past) -> None:
    past({"a": (0, BACK), "b": (1, [("New", 1), ("Qualify", 2), ("Demo", 3), ("Lost", 10)])})
    places = {each.node: each.stay for each in ways(session, Scope(), now=LATER).places}
    # Together 6 and 1 days: the median is their mean. The latest: 4 and 1.
    assert places["qualified"].cumulative == timedelta(days=3.5)
    assert places["qualified"].latest == timedelta(days=2.5)
    assert (places["qualified"].leads, places["qualified"].visits) == (2, 3)
    # Together 4 and 7, the latest 1 and 7.
    assert places["demo"].cumulative == timedelta(days=5.5)
    assert places["demo"].latest == timedelta(days=4)


def test_whoever_stays_counts_up_to_the_horizon(session: Session, past: Past) -> None:
    past({"a": (0, [("New", 1)])})
    (place,) = ways(session, Scope(horizon_days=30), now=LATER).places
    assert (place.stay.cumulative, place.stay.staying) == (timedelta(days=30), 1)


def test_a_repeated_entry_is_no_move_and_a_voided_one_none(
    session: Session, past: Past, tell: Tell
) -> None:
    wrong = tell("a", "Offer", day=3)
    void = tell("a", day=3.1, type="voided", voids=wrong["source_id"])
    past({"a": (0, [("New", 1), ("New", 2), ("Qualify", 5)])}, more=[wrong, void])
    found = ways(session, Scope(), now=LATER)
    assert moved(found)["lead", "qualified"] == (1, False)
    assert found.places[0].stay.cumulative == timedelta(days=4)
    assert [each.node for each in found.places] == ["lead", "qualified"]


def test_an_odd_number_of_stays_has_one_in_the_middle(session: Session, past: Past) -> None:
    stays = {str(n): (0, [("New", 1.0), ("Lost", 1.0 + n)]) for n in (1, 2, 3, 10, 20)}
    past(stays)
    (place,) = ways(session, Scope(), now=LATER).places
    assert place.stay.cumulative == timedelta(days=3)
