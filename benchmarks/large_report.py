"""The report over ten thousand leads, then over more, up to a million: cold, and again.

    python -m benchmarks.large_report [--most 1000000] [--database sqlite|postgresql]

Each lead has four events. They are written straight into the tables, as only the reading is
measured; the experiment over forty reps is launched by the real command. Cold is the first
report in a new process's database connection, warm the median of three more: nothing new has
come, and nothing is kept between them but the database's own pages.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.import_and_report import BEGIN, DAYS, peak_megabytes

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

SIZES = (10_000, 100_000, 1_000_000)
CHUNK = 50_000
AGAIN = 3
DAY = timedelta(days=1)


@contextmanager
def database(kind: str, folder: Path) -> Iterator[None]:
    """A store with a launched test of forty reps."""
    from benchmarks.ingest_events import prepare
    from experiments.store.engine import make_engine
    from experiments.store.migration import upgrade
    from tests.conftest import start_postgresql

    server = start_postgresql(folder / "postgresql") if kind == "postgresql" else None
    url = server.get_uri() if server else f"sqlite:///{folder / 'large.sqlite'}"
    os.environ["STAGELIFT_DATABASE_URL"] = url
    try:
        upgrade(make_engine(url))
        prepare(folder)
        yield
    finally:
        if server:
            server.cleanup()


def fill(leads: int, already: int) -> None:
    """Write leads up to a number of them, each with four events and its enrolment."""
    from sqlalchemy import select

    from experiments.enrolment import Assignment
    from experiments.experiment import experiments
    from experiments.people import Rep
    from experiments.process import Stage
    from experiments.store.bulk import count_anew
    from web.commands import open_store

    with open_store() as session:
        found = experiments(session)[0]
        stages = list(session.scalars(select(Stage.id).order_by(Stage.position)))
        rep = select(Rep.id, Assignment.variant_id).join(
            Assignment, Assignment.unit == Rep.external_id
        )
        reps = [(rep_id, variant) for rep_id, variant in session.execute(rep.order_by(Rep.id))]
        for start in range(already, leads, CHUNK):
            numbers = range(start, min(start + CHUNK, leads))
            _write(session, found.id, numbers, stages, reps)
        # As an import does.
        count_anew(session, ("leads", "events", "enrolments"), added=leads)


def _write(
    session: Session, test: int, numbers: range, stages: list[int], reps: list[tuple[int, int]]
) -> None:
    from experiments.enrolment import ENROLMENTS
    from experiments.events import EventType
    from experiments.ingest import EVENTS
    from experiments.leads import Lead
    from experiments.store.bulk import add_rows

    rng = random.Random(numbers.start)
    now = datetime.now(UTC)
    leads: list[dict[str, Any]] = []
    events: list[dict[str, Any]] = []
    enrolled: list[dict[str, Any]] = []
    for number in numbers:
        # Far above the ids of the rehearsal's own leads.
        lead, at = 1_000_000 + number, BEGIN + timedelta(minutes=rng.randrange(DAYS * 24 * 60))
        rep, variant = reps[number % len(reps)]
        end = stages[-2] if rng.random() < 0.2 else stages[-1]
        way = [None, stages[rng.randrange(1, 3)], stages[rng.randrange(3, 5)], end]
        for step, stage in enumerate(way):
            events.append(
                {
                    "source_id": 1,
                    "source_ref": f"{lead}/{step}",
                    "type": EventType.STAGE_ENTERED if stage else EventType.CREATED,
                    "lead_id": lead,
                    "stage_id": stage,
                    "owner_id": None if stage else rep,
                    "occurred_at": at + step * rng.randrange(1, 12) * DAY,
                    "recorded_at": now,
                    "amount_minor": rng.randrange(50_000, 2_000_000) if stage == end else None,
                    "currency": "EUR" if stage == end else None,
                    "reason": "",
                    "digest": "",
                    "payload": "{}",
                }
            )
        leads.append(
            {
                "id": lead,
                "external_id": f"X{lead}",
                "name": "",
                "created_at": at,
                "recorded_at": now,
                "owner_id": rep,
                "stage_id": end,
                "stage_entered_at": events[-1]["occurred_at"],
            }
        )
        enrolled.append(
            {
                "experiment_id": test,
                "lead_id": lead,
                "rep_id": rep,
                "variant_id": variant,
                "phase": 1,
                "enrolled_at": at,
                "recorded_at": now,
            }
        )
    for table, rows in ((Lead.metadata.tables["leads"], leads), (EVENTS, events)):
        add_rows(session, table, rows)
    add_rows(session, ENROLMENTS, enrolled)


def report_seconds() -> float:
    """How long the report takes to build, in a session of its own."""
    from experiments.experiment import experiments
    from experiments.report import build
    from web.commands import open_store

    with open_store(writes=False) as session:
        found = experiments(session)[0]
        began = time.perf_counter()
        build(session, found, now=datetime.now(UTC))
        return time.perf_counter() - began


def measure(kind: str, most: int) -> None:
    """Fill, report, fill more; print a line a size."""
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name,
        database(kind, Path(name)),
    ):
        already = 0
        for leads in (size for size in SIZES if size <= most):
            fill(leads, already)
            already = leads
            cold = report_seconds()
            warm = statistics.median(report_seconds() for _ in range(AGAIN))
            print(
                f"{kind}: {leads:,} leads, {4 * leads:,} events: cold {cold:.2f} s,"
                f" warm {warm:.2f} s, peak memory {peak_megabytes():.0f} MB",
                flush=True,
            )


def main() -> None:
    """Read the options and measure."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--most", type=int, default=SIZES[-1])
    parser.add_argument("--database", choices=("sqlite", "postgresql"))
    asked = parser.parse_args()
    for kind in [asked.database] if asked.database else ["sqlite", "postgresql"]:
        measure(kind, asked.most)


if __name__ == "__main__":
    main()
