"""What happened in a test under way, so that its report can be read."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from experiments.comparing import Row
from experiments.enrolment import assignments
from experiments.experiment import Experiment
from experiments.ingest import ingest_events
from experiments.people import Rep
from experiments.report import Report
from tests.experiments.conftest import Tell

LATER = datetime(2026, 9, 1, tzinfo=UTC)


def world(
    session: Session, found: Experiment, reps: list[Rep], tell: Tell, wins: dict[str, list[int]]
) -> None:
    """Ten leads a rep; of the reps of each variant, in order, so many are won."""
    left = {key: iter(counts) for key, counts in wins.items()}
    variant = {variant.id: variant.key for variant in found.variants}
    split = assignments(session, found)
    events: list[dict[str, Any]] = []
    for rep in reps:
        won = next(left[variant[split[rep.external_id]]])
        for n in range(10):
            lead = f"{rep.external_id}-{n}"
            events.append(tell(lead, day=1, type="created", owner_id=rep.external_id))
            events.append(tell(lead, "Qualify", day=2))
            events.append(tell(lead, "Won" if n < won else "Lost", day=9))
    assert ingest_events(session, events, now=LATER).rejected == []


def primary(found: Report) -> Row:
    """The row of a report that decides, which is shown."""
    assert found.primary is not None
    return found.primary
