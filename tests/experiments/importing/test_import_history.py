"""A history file tells the stages in between; the deals file then adds only what it lacks."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy.orm import Session

from experiments.events import Kept, count_kept, history
from experiments.leads import lead
from experiments.problem import Refused
from experiments.process import ProcessVersion
from tests.conftest import count_rows
from tests.experiments.importing.conftest import HEAD, Bring, course, refusals, table

DEALS = (
    HEAD
    + "D1,Anna,Won,2026-01-05,2026-02-01,900\n"
    + "D2,Anna,Demo,2026-01-06,,40\n"
    + "D3,Omar,Lost,2026-01-07,2026-01-20,\n"
)
MOVES = """lead_id,stage,entered_at,actor,reason
D1,New,2026-01-05,Anna,
D1,Demo,2026-01-12 10:00,Anna,they asked
D1,Qualify,2026-01-15 10:00,The Boss,budget gone
D1,Won,2026-02-01 16:40,Anna,
D2,New,2026-01-06,,
D2,Demo,2026-01-10,,
"""


def test_the_moves_are_told_once_and_the_deals_add_what_is_missing(
    session: Session, version: ProcessVersion, bring: Bring
) -> None:
    imported = bring(DEALS, process="discovery-first", history=table(MOVES, "moves.csv"))

    assert course(session, "D1") == [
        ("New", "2026-01-05"), ("Demo", "2026-01-12"), ("Qualify", "2026-01-15"),
        ("Won", "2026-02-01"),
    ]  # fmt: skip
    assert course(session, "D2") == [("New", "2026-01-06"), ("Demo", "2026-01-10")]
    assert course(session, "D3") == [("Lost", "2026-01-20")]
    assert not imported.present_only
    assert (imported.refused, imported.kept) == ((), ())
    # Three beginnings, six moves, the end of D3, and the values of D1 and D2.
    assert imported.accepted == 12
    assert [lead(session, each).amount_minor for each in ("D1", "D2")] == [90_000, 4_000]
    told = [event for event in history(session, lead(session, "D1")) if event.stage]
    assert [event.actor.name if event.actor else None for event in told] == [
        "Anna", "Anna", None, "Anna",
    ]  # fmt: skip
    assert told[2].reason == "budget gone"


def test_a_history_brought_again_adds_nothing(
    session: Session, version: ProcessVersion, bring: Bring
) -> None:
    moves = table(MOVES, "moves.csv")
    bring(DEALS, process="discovery-first", history=moves)
    stored = count_rows(session, "events")

    again = bring(DEALS, process="discovery-first", history=moves)

    assert (again.accepted, again.kept) == (0, ())
    assert count_rows(session, "events") == stored


def test_moves_that_have_no_place_are_named(
    session: Session, version: ProcessVersion, bring: Bring
) -> None:
    moves = (
        "lead_id,stage,entered_at\n"
        "D1,New,2026-01-01\n"
        "D1,Demo,\n"
        ",Demo,2026-01-09\n"
        "D1,,2026-01-09\n"
        "D1,Pitch,2026-01-09\n"
        "D9,Demo,2026-01-09\n"
        "D1,Demo,2026-12-09\n"
    )

    imported = bring(DEALS, process="discovery-first", history=table(moves, "moves.csv"))

    said = refusals(imported)
    assert "before the lead was created" in said[2]
    assert said[3] == "No date says when the move was."
    assert said[4] == "The row has no id of a deal."
    assert said[5] == "The row names no stage."
    assert said[8] == "2026-12-09 in entered_at is in the future."
    assert {row.file for row in imported.refused} == {"moves.csv"}
    assert count_kept(session) == {
        (Kept.UNKNOWN_STAGE, "Pitch"): 1,
        (Kept.UNKNOWN_LEAD, "D9"): 1,
    }


def test_a_move_within_the_minute_of_creation_is_no_move_before_it(
    session: Session, version: ProcessVersion, bring: Bring
) -> None:
    deals = HEAD + "D1,Anna,New,2026-01-05 10:00:40,,\n"
    moves = "lead_id,stage,entered_at\nD1,New,2026-01-05 10:00\nD1,Demo,2026-01-05\n"

    imported = bring(deals, process="discovery-first", history=table(moves, "moves.csv"))

    assert imported.refused == ()
    entered = [event.occurred_at for event in history(session, lead(session, "D1")) if event.stage]
    assert entered[0] == datetime(2026, 1, 5, 9, 0, 40, tzinfo=UTC)


def test_salesforce_reports_on_history_are_read(
    session: Session, version: ProcessVersion, bring: Bring
) -> None:
    moves = (
        "Opportunity ID,From Stage,To Stage,Last Modified,Last Modified By\n"
        "D2,New,Qualify,1/9/2026,Anna\n"
        "D2,Qualify,Demo,1/26/2026,Anna\n"
        "D2,Demo,Demo,1/28/2026,Anna\n"
    )

    imported = bring(DEALS, process="discovery-first", history=table(moves, "moves.csv"))

    assert imported.history is not None
    assert imported.history.preset == "salesforce"
    assert course(session, "D2") == [
        ("Qualify", "2026-01-09"), ("Demo", "2026-01-26"), ("Demo", "2026-01-28"),
    ]  # fmt: skip


def test_a_history_needs_its_columns_and_a_name_of_its_own(
    version: ProcessVersion, bring: Bring
) -> None:
    with pytest.raises(Refused, match="No column was found for stage_entered_at"):
        bring(DEALS, history=table("lead_id,stage\nD1,New\n", "moves.csv"))
    with pytest.raises(Refused, match="has the name of the deals file"):
        bring(DEALS, history=table(MOVES))
