"""The audit log: rows are added, and neither we nor anybody with our code can alter one."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from experiments import audit


@pytest.mark.parametrize(
    "attempt",
    [
        "UPDATE audit_entries SET act = 'nothing'",
        "UPDATE audit_entries SET by_id = NULL",
        "DELETE FROM audit_entries",
    ],
)
def test_what_is_written_down_stays(session: Session, now: datetime, attempt: str) -> None:
    audit.record(session, "launched", "demo-first", by=None, now=now, detail="9f3c")
    with pytest.raises(DBAPIError, match="never changed or removed"), session.begin_nested():
        session.execute(text(attempt))
    (entry,) = audit.entries(session, "demo-first")
    assert (entry.act, entry.detail) == ("launched", "9f3c")


def test_the_log_cannot_be_emptied_at_one_stroke(session: Session, now: datetime) -> None:
    audit.record(session, "launched", "demo-first", by=None, now=now)
    if session.get_bind().dialect.name == "sqlite":
        attempts = ["DELETE FROM audit_entries"]  # it knows no TRUNCATE
    else:
        attempts = ["TRUNCATE audit_entries", "TRUNCATE users CASCADE"]
    for attempt in attempts:
        with pytest.raises(DBAPIError, match="never changed or removed"), session.begin_nested():
            session.execute(text(attempt))
    assert len(audit.entries(session, "demo-first")) == 1


def test_an_entry_changed_in_memory_is_not_stored(session: Session, now: datetime) -> None:
    audit.record(session, "launched", "demo-first", by=None, now=now)
    (entry,) = audit.entries(session, "demo-first")
    entry.act = "nothing"
    with pytest.raises(DBAPIError, match="never changed or removed"):
        session.flush()
    session.rollback()
