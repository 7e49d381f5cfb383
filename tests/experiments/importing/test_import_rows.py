"""The rows of a deals file: what is taken, refused and kept."""

from __future__ import annotations

from datetime import UTC, date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from experiments.events import Kept, count_kept
from experiments.importing.result import as_json
from experiments.leads import Lead, lead
from experiments.people import add_rep
from experiments.process import ProcessVersion
from tests.experiments.importing.conftest import HEAD, Bring, course, refusals


def test_rows_that_cannot_be_used_are_named_with_line_and_reason(
    session: Session, version: ProcessVersion, bring: Bring
) -> None:
    rows = [
        "D1,Anna,Demo,2026-01-05,,",
        ",Anna,Demo,2026-01-05,,",
        "D3,Anna,,2026-01-05,,",
        "D4,Ghost,Demo,,,",
        "D5,Anna,Demo,yesterday,,",
        "D6,Anna,Demo,2027-01-05,,",
        "D7,Anna,Won,2026-01-05,2026-01-04,",
        "D8,Anna,Won,2026-01-05,,",
        "D9,Anna,Won,2026-01-05,2026-01-06,much",
        "D10,Anna,Won,2026-01-05,2026-01-06,-5",
        "D1,Anna,Won,2026-01-05,2026-01-06,",
        "D1,Anna,Demo,2026-01-05,,",
        f"{'D' * 121},Anna,Demo,2026-01-05,,",
        "D14,Anna,Demo",
        "D15,Anna,Won,2026-01-05,2026-01-06,5",
    ]

    imported = bring(HEAD + "\n".join(rows), process="discovery-first")

    said = refusals(imported)
    assert said[3] == "The row has no id of a deal."
    assert said[4] == "The row names no stage."
    assert said[5] == "No date says when this deal began, so it has no place in time."
    assert said[6] == "yesterday in Created at is no date written as year-month-day."
    assert said[7] == "2027-01-05 in Created at is in the future."
    assert said[8] == "2026-01-04 (Won) is before the deal began on 2026-01-05."
    assert said[9] == "The deal is won, and no date says since when."
    assert said[10] == "much is no amount."
    assert said[11] == "-5 is below zero."
    assert said[12] == "The deal D1 is on line 2 too, with other content."
    assert said[14] == "Lead ID holds at most 120 characters."
    assert said[15] == "The row has 3 cells, the header 6."
    # An exact repeat (line 13) is no fault.
    assert sorted(set(range(2, 17)) - set(said)) == [2, 13, 16]
    assert imported.leads == 2
    # Whom only refused rows name is not added.
    assert imported.reps_added == ("Anna",)
    assert {each.external_id for each in session.scalars(select(Lead))} == {"D1", "D15"}


def test_an_unknown_stage_is_kept_for_mapping_where_the_process_is_named(
    session: Session, version: ProcessVersion, bring: Bring
) -> None:
    text = HEAD + "D1,Anna,Verhandlung,2026-01-05,,\nD2,Anna,Verhandlung,2026-01-05,2026-01-20,\n"

    imported = bring(text, process="discovery-first")

    assert (imported.leads, imported.accepted) == (2, 2)
    lack = {"There is no stage Verhandlung in the lead's process.": 2}
    assert {each.problem.text: each.events for each in imported.kept} == lack
    assert count_kept(session) == {(Kept.UNKNOWN_STAGE, "Verhandlung"): 2}
    assert as_json(imported)["kept"] == lack


def test_an_expected_close_date_of_an_open_deal_says_nothing(
    session: Session, version: ProcessVersion, bring: Bring
) -> None:
    text = HEAD + "D1,Anna,Demo,2026-01-05,2031-01-01,\nD2,Anna,Demo,2026-01-09,2026-02-20,\n"

    imported = bring(text, process="discovery-first")

    assert imported.refused == ()
    assert imported.complete_through == date(2026, 1, 9)


def test_the_day_of_creation_may_be_the_day_of_the_end(
    session: Session, version: ProcessVersion, bring: Bring
) -> None:
    imported = bring(
        HEAD + "D1,Anna,Won,2026-01-05 10:30,2026-01-05,5\n", process="discovery-first"
    )

    assert imported.refused == ()
    assert lead(session, "D1").stage_entered_at == datetime(2026, 1, 5, 9, 30, tzinfo=UTC)


def test_day_and_month_are_found_out_and_a_guess_is_said(
    session: Session, version: ProcessVersion, bring: Bring
) -> None:
    american = bring(HEAD + "D1,A,Won,01/05/2026,01/25/2026,\n", process="discovery-first")
    unclear = bring(HEAD + "D2,A,Demo,03/02/2026,,\n", process="discovery-first")

    assert course(session, "D1") == [("Won", "2026-01-25")]
    assert [each[1:] for each in american.deals.dates] == [("month-day-year", False)] * 2
    assert unclear.deals.dates == (("Created at", "day-month-year", True),)
    assert unclear.complete_through == date(2026, 2, 3)


def test_the_files_words_for_people_are_external_ids_or_names(
    session: Session, version: ProcessVersion, bring: Bring, now: datetime
) -> None:
    add_rep(session, "Anna Berg", external_id="R-1", team=None, now=now)
    rows = "D1,R-1,Demo,2026-01-05,,\nD2,anna berg,Demo,2026-01-05,,\nD3,,Demo,2026-01-05,,\n"

    imported = bring(HEAD + rows, process="discovery-first")

    assert imported.reps_added == ()
    owners = [lead(session, each).owner for each in ("D1", "D2", "D3")]
    assert [each.external_id if each else None for each in owners] == ["R-1", "R-1", None]


def test_a_currency_comes_from_the_row_the_amount_the_request_or_the_company(
    session: Session, version: ProcessVersion, bring: Bring
) -> None:
    head = HEAD.replace("Value", "Value,Currency")
    rows = "D1,A,Won,2026-01-05,2026-01-06,5,GBP\nD2,A,Won,2026-01-05,2026-01-06,5 CHF,\n"
    rows += "D3,A,Won,2026-01-05,2026-01-06,5,\nD4,A,Won,2026-01-05,2026-01-06,5,ABC\n"

    imported = bring(head + rows, process="discovery-first", currency="jpy")

    assert [lead(session, each).currency for each in ("D1", "D2", "D3")] == ["GBP", "CHF", "JPY"]
    assert lead(session, "D3").amount_minor == 5
    assert refusals(imported) == {5: "No currency has the code ABC."}
