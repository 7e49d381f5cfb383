"""Imports taken back as a whole, and brought again."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from experiments.events import count_kept, history
from experiments.experiment import Experiment
from experiments.importing import batches
from experiments.importing.deals import Request, import_deals
from experiments.leads import lead
from experiments.looks import Look
from experiments.people import Rep
from experiments.problem import NotFound, Refused
from experiments.process import ProcessVersion
from experiments.tables.table_file import open_bytes
from tests.conftest import count_rows

HEAD = "Lead ID,Owner,Stage,Created at,Closed at,Value\n"
ROWS = """\
D1,Rep 1,Won,2026-03-05,2026-03-20,10
D2,Rep 2,Demo,2026-03-05,,
D3,Rep 1,Odd,2026-03-05,,
"""
AT = datetime.fromisoformat("2026-04-01T09:00:00+00:00")


def bring(session: Session, rows: str = ROWS, *, at: datetime = AT) -> batches.ImportBatch:
    request = Request(open_bytes((HEAD + rows).encode(), "deals.csv"), process="discovery-first")
    import_deals(session, request, now=at)
    return batches.batches(session)[0]


def test_what_an_import_told_counts_no_more_and_stays_in_the_history(
    session: Session, version: ProcessVersion, reps: list[Rep]
) -> None:
    made = bring(session)
    events = count_rows(session, "events")
    assert (made.leads, made.events) == (3, events)

    voided = batches.undo(session, made, by=None, now=AT + timedelta(hours=1))

    assert voided == events
    assert count_rows(session, "events") == 2 * events
    found = lead(session, "D1")
    assert (history(session, found), found.owner, found.stage) == ([], None, None)
    assert count_kept(session) == {}
    with pytest.raises(Refused, match="already"):
        batches.undo(session, made, by=None, now=AT)
    with pytest.raises(NotFound):
        batches.batch(session, 999)


def test_the_same_file_can_be_brought_again_and_again(
    session: Session, version: ProcessVersion, reps: list[Rep]
) -> None:
    first = bring(session)
    told = first.events
    for hour in range(1, 4):
        batches.undo(session, first, by=None, now=AT + timedelta(hours=hour))
        first = bring(session, at=AT + timedelta(hours=hour, minutes=30))
        assert first.events == told

    stage = lead(session, "D1").stage
    assert stage is not None
    assert stage.key == "won"
    # What stands is not told twice.
    import_deals(
        session,
        Request(open_bytes((HEAD + ROWS).encode(), "deals.csv"), process="discovery-first"),
        now=AT + timedelta(hours=9),
    )
    assert batches.batches(session)[0] is first


def test_an_import_that_is_taken_back_leaves_what_others_told(
    session: Session, version: ProcessVersion, reps: list[Rep]
) -> None:
    bring(session)
    later = bring(session, "D2,Rep 2,Won,2026-03-05,2026-03-30,\n", at=AT + timedelta(days=1))

    batches.undo(session, later, by=None, now=AT + timedelta(days=2))

    stage = lead(session, "D2").stage
    assert stage is not None
    assert stage.key == "demo"


def test_leads_of_an_import_leave_the_test_they_entered_through_it(
    session: Session, running: Experiment, reps: list[Rep]
) -> None:
    made = bring(session)
    assert count_rows(session, "enrolments") == 3

    batches.undo(session, made, by=None, now=AT + timedelta(hours=1))

    assert count_rows(session, "enrolments") == 0
    bring(session, at=AT + timedelta(hours=2))
    assert count_rows(session, "enrolments") == 3


def test_what_somebody_has_seen_cannot_be_taken_back(
    session: Session, running: Experiment, reps: list[Rep]
) -> None:
    made = bring(session)
    look = Look(experiment_id=running.id, number=1, matured_through_at=AT, taken_at=AT)
    session.add(look)
    session.flush()

    with pytest.raises(Refused, match="must stay"):
        batches.undo(session, made, by=None, now=AT + timedelta(hours=1))
