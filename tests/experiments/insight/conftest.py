"""Leads of the past, told as a source would, for the insights to count."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy.orm import Session

from experiments.events import source_named
from experiments.ingest import ingest_events
from experiments.people import Rep
from experiments.process import ProcessVersion
from tests.experiments.conftest import Tell, plan, reps, running, tell, version

__all__ = ["plan", "reps", "running", "tell", "version"]

LATER = datetime(2026, 9, 1, tzinfo=UTC)
Way = Sequence[tuple[str, float]]
Past = Callable[..., None]


@pytest.fixture
def past(session: Session, version: ProcessVersion, reps: list[Rep], tell: Tell) -> Past:
    """Tells leads: `past({"L1": (0, [("Qualify", 2), ("Won", 9)])}, day=1)`, a rep's number and
    a way each, in days as if the lead began on day 1; `more` are events told beside."""

    def told(
        leads: dict[str, tuple[int, Way]],
        *,
        day: float = 1,
        more: Sequence[dict[str, Any]] = (),
        at: datetime = LATER,
    ) -> None:
        events: list[dict[str, Any]] = []
        for lead, (rep, way) in leads.items():
            begins = tell(lead, day=day, type="created", owner_id=reps[rep].external_id)
            events.append(begins)
            events += [tell(lead, stage, day=when + day - 1) for stage, when in way]
        found = ingest_events(session, [*events, *more], now=at)
        assert found.rejected == []
        source_named(session, "crm").complete_through_at = at
        session.flush()

    return told
