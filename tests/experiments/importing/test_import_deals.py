"""Deals files become leads and events; told twice, they add nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from experiments import audit
from experiments.events import Event, Kept, Source, count_kept
from experiments.importing.result import as_json
from experiments.ingest import ingest_events
from experiments.leads import lead
from experiments.people import add_rep, reps
from experiments.process import ProcessVersion
from tests.conftest import count_rows
from tests.experiments.importing.conftest import HEAD, Bring, course


def test_a_deal_begins_stands_somewhere_and_ends(
    session: Session, version: ProcessVersion, bring: Bring
) -> None:
    imported = bring(
        HEAD
        + "D1,Anna,Won,2026-01-05,2026-02-01,1200.50\n"
        + "D2,Anna,Lost,2026-01-06,2026-02-10,\n"
        + "D3,Omar,Demo,2026-01-07,,\n",
        process="discovery-first",
    )

    assert (imported.leads, imported.accepted, imported.repeated) == (3, 6, 0)
    assert imported.refused == ()
    assert imported.reps_added == ("Anna", "Omar")
    won = lead(session, "D1")
    assert won.owner is not None
    assert (won.owner.name, won.amount_minor, won.currency) == ("Anna", 120_050, "EUR")
    assert won.created_at == datetime(2026, 1, 4, 23, tzinfo=UTC)  # Berlin is an hour ahead
    assert course(session, "D1") == [("Won", "2026-02-01")]
    assert course(session, "D2") == [("Lost", "2026-02-10")]


def test_where_an_open_deal_stands_is_dated_by_the_end_of_the_data(
    session: Session, version: ProcessVersion, bring: Bring
) -> None:
    text = HEAD + "D1,Anna,Won,2026-01-05,2026-02-01,\nD2,Anna,Demo,2026-01-07,,\n"

    imported = bring(text, process="discovery-first")

    assert imported.complete_through == date(2026, 2, 1)
    assert course(session, "D2") == [("Demo", "2026-02-01")]
    source = session.scalars(select(Source)).one()
    assert source.name == "plain"
    # The last day counts to its end, which is midnight in Berlin.
    assert source.complete_through_at == datetime(2026, 2, 1, 23, tzinfo=UTC)


def test_the_same_file_brought_again_adds_nothing(
    session: Session, version: ProcessVersion, bring: Bring
) -> None:
    text = HEAD + "D1,Anna,Won,2026-01-05,2026-02-01,10\nD2,Anna,Demo,2026-01-07,,7\n"
    bring(text, process="discovery-first")
    stored = count_rows(session, "events")

    again = bring(text, process="discovery-first")

    assert (again.leads, again.accepted) == (0, 0)
    assert again.kept == ()
    assert count_rows(session, "events") == stored
    assert count_rows(session, "leads") == 2


def test_a_dry_run_says_what_would_be_stored_and_stores_nothing(
    session: Session, version: ProcessVersion, bring: Bring
) -> None:
    text = HEAD + "D1,Anna,Won,2026-01-05,2026-02-01,10\nD2,Anna,Proposed,2026-01-07,,\n,,,,,1\n"

    dry = bring(text, process="discovery-first", dry_run=True)

    for name in ("leads", "events", "reps", "sources", "kept_records", "audit_entries"):
        assert count_rows(session, name) == 0
    wet = bring(text, process="discovery-first")
    assert dry.dry_run
    assert as_json(replace(dry, dry_run=False)) == as_json(wet)
    assert (wet.leads, wet.accepted, len(wet.refused), wet.kept_events) == (2, 3, 1, 1)
    assert audit.entries(session, "source plain")[0].act == "imported"


def test_a_later_export_tells_only_what_changed(
    session: Session, version: ProcessVersion, bring: Bring
) -> None:
    bring(
        HEAD + "D1,Anna,Qualify,2026-01-05,,10\nD2,Anna,Demo,2026-01-07,,\n",
        process="discovery-first",
        complete_through=date(2026, 1, 31),
    )

    later = bring(
        HEAD + "D1,Omar,Qualify,2026-01-05,,25\nD2,Anna,Won,2026-01-07,2026-02-03,40\n",
        process="discovery-first",
        complete_through=date(2026, 2, 28),
    )

    # D1: another owner, another value. D2: won.
    assert (later.leads, later.accepted, later.repeated, later.kept) == (0, 3, 2, ())
    changed, won = lead(session, "D1"), lead(session, "D2")
    assert changed.owner is not None
    assert (changed.owner.name, changed.amount_minor) == ("Omar", 2500)
    assert course(session, "D1") == [("Qualify", "2026-01-31")]
    assert course(session, "D2") == [("Demo", "2026-01-31"), ("Won", "2026-02-03")]
    assert won.amount_minor == 4000


def test_another_beginning_of_a_known_deal_is_a_conflict_and_listed(
    session: Session, version: ProcessVersion, bring: Bring
) -> None:
    bring(HEAD + "D1,Anna,Demo,2026-01-05,,\n", process="discovery-first")

    again = bring(HEAD + "D1,Anna,Demo,2026-01-03,,\n", process="discovery-first")

    assert again.accepted == 0
    assert [why for why, _ in count_kept(session)] == [Kept.CONFLICT]


def test_rows_may_each_be_an_entry_into_a_stage(
    session: Session, version: ProcessVersion, bring: Bring
) -> None:
    text = "lead_id,owner_id,stage,occurred_at\n"
    text += "D1,Anna,New,2026-01-05\nD1,Anna,Qualify,2026-01-08\nD1,Omar,Won,2026-02-01\n"

    imported = bring(text, process="discovery-first")
    again = bring(text, process="discovery-first")

    assert not imported.present_only
    assert course(session, "D1") == [
        ("New", "2026-01-05"), ("Qualify", "2026-01-08"), ("Won", "2026-02-01"),
    ]  # fmt: skip
    found = lead(session, "D1")
    assert found.owner is not None
    assert (found.owner.name, found.created_at) == ("Omar", None)
    assert (again.accepted, again.repeated) == (0, 3)


def test_a_lead_that_another_source_told_of_gets_its_outcome(
    session: Session, version: ProcessVersion, bring: Bring, now: datetime
) -> None:
    add_rep(session, "Anna", team=None, now=now)
    begun = {"source": "api", "source_id": "1", "lead_id": "D1", "type": "created",
             "occurred_at": "2026-01-05T08:00:00+01:00", "owner_id": "Anna"}  # fmt: skip
    ingest_events(session, [begun], now=now)

    imported = bring(HEAD + "D1,Anna,Won,2026-01-05 08:00,2026-01-09,\n")

    assert imported.leads == 0
    assert course(session, "D1") == [("Won", "2026-01-09")]


def test_every_event_keeps_the_row_it_came_from(
    session: Session, version: ProcessVersion, bring: Bring
) -> None:
    bring(HEAD + "D1,Anna,Won,2026-01-05,2026-02-01,10\n", process="discovery-first")

    payloads = [each.payload for each in session.scalars(select(Event).order_by(Event.id))]

    assert '"origin":{"Lead ID":"D1","Owner":"Anna","Stage":"Won"' in payloads[0]
    assert len(reps(session)) == 1


def test_an_older_file_does_not_take_away_what_a_newer_one_told(
    session: Session, version: ProcessVersion, bring: Bring
) -> None:
    newer, older = HEAD + "D1,Anna,Demo,2026-02-05,,\n", HEAD + "D2,Anna,Demo,2026-01-05,,\n"
    bring(newer, process="discovery-first")
    bring(older, process="discovery-first")
    source = session.scalars(select(Source)).one()
    assert source.complete_through_at == datetime(2026, 2, 5, 23, tzinfo=UTC)

    bring(older, process="discovery-first", complete_through=date(2026, 1, 10))

    assert source.complete_through_at == datetime(2026, 1, 10, 23, tzinfo=UTC)


def test_a_file_of_today_is_complete_until_now(
    session: Session, version: ProcessVersion, bring: Bring, now: datetime
) -> None:
    today = now.date().isoformat()

    bring(HEAD + f"D1,Anna,Demo,{today},,\n", process="discovery-first")

    assert session.scalars(select(Source.complete_through_at)).one() == now
