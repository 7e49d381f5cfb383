"""Events by API, 1,000 a request: what one process takes a second, on SQLite and PostgreSQL.

    python -m benchmarks.ingest_events [--batches 20] [--profile]

Every request begins 200 leads under a launched test of forty reps and tells four stages of
each; then as many requests move leads that are known. It is posted to the whole site, in
process: reading the JSON, the token, the checks, the store's commit, the answer.
"""

from __future__ import annotations

import argparse
import cProfile
import os
import pstats
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.import_and_report import BEGIN, OPEN_STAGES, REPS, command, written_process

LEADS = 200
STAGES = OPEN_STAGES[:4]

Post = Callable[[list[dict[str, Any]]], None]


def beginning(batch: int) -> list[dict[str, Any]]:
    """A thousand events that begin 200 leads."""
    events: list[dict[str, Any]] = []
    for number in range(LEADS):
        lead, owner = f"L{batch:04}-{number:03}", f"Rep {number % REPS:02}"
        at = BEGIN + timedelta(minutes=batch)
        first = {"type": "created", "owner_id": owner}
        events.append(event(lead, 0, at, first))
        events += [
            event(lead, step, at + timedelta(days=step), {"stage": stage})
            for step, stage in enumerate(STAGES, 1)
        ]
    return events


def moving(batch: int) -> list[dict[str, Any]]:
    """A thousand events of leads that are known: five moves each."""
    at = BEGIN + timedelta(days=10, minutes=batch)
    return [
        event(f"L{batch:04}-{number:03}", 10 + step, at + timedelta(days=step), {"stage": stage})
        for number in range(LEADS)
        for step, stage in enumerate(OPEN_STAGES)
    ]


def event(lead: str, step: int, at: datetime, more: dict[str, Any]) -> dict[str, Any]:
    """One event as a program writes it."""
    said = {"source": "crm", "source_id": f"{lead}/{step}", "lead_id": lead}
    return said | {"occurred_at": at.isoformat()} | more


@contextmanager
def site(url: str, folder: Path) -> Iterator[Post]:
    """A site with a company, a process, reps and a launched test; what posts events to it."""
    from starlette.testclient import TestClient

    from experiments.store.engine import make_engine
    from experiments.store.migration import upgrade
    from experiments.users import Role, add_user, create_token
    from web.app import create_app
    from web.commands import open_store, settled
    from web.settings import Settings

    os.environ["STAGELIFT_DATABASE_URL"] = url
    upgrade(make_engine(url))
    prepare(folder)
    now = datetime.now(UTC)
    with open_store() as session:
        person = {"email": "bench@kestrel.example", "name": "Bench", "password": "a long secret"}
        user = add_user(session, role=Role.ADMIN, now=now, **person)
        token = create_token(session, user, name="benchmark", now=now)
    headers = {"Authorization": f"Bearer {token}"}
    with TestClient(create_app(Settings()), headers=headers) as client, settled():

        def post(events: list[dict[str, Any]]) -> None:
            answer = client.post("/api/v1/events", json={"events": events})
            said = answer.json()
            if said.get("accepted") != len(events):
                raise SystemExit(f"not accepted: {str(said)[:500]}")

        yield post


def prepare(folder: Path) -> None:
    """The company, its process, and a rehearsal over forty reps, each of whom has one lead."""
    from benchmarks.import_and_report import launch

    (folder / "process.yaml").write_text(written_process())
    words = ["--name", "Benchmark", "--time-zone", "Europe/Berlin", "--currency", "EUR"]
    command("company", "set", *words)
    command("import", "process", str(folder / "process.yaml"))
    rows = [f"S{n:02},Rep {n:02},New,{BEGIN.isoformat()},S" for n in range(REPS)]
    (folder / "deals.csv").write_text(
        "\n".join(["lead_id,owner,stage,created_at,name", *rows]) + "\n"
    )
    through = (BEGIN + timedelta(days=400)).date().isoformat()
    words = ["--process", "benchmark", "--complete-through", through]
    command("import", "deals", str(folder / "deals.csv"), *words)
    launch(folder)


def rate(post: Post, batches: list[list[dict[str, Any]]]) -> tuple[float, float]:
    """The median of events a second, and the processor's microseconds an event."""
    rates, cpu = [], time.process_time()
    for events in batches:
        began = time.perf_counter()
        post(events)
        rates.append(len(events) / (time.perf_counter() - began))
    spent = time.process_time() - cpu
    return statistics.median(rates), spent / sum(map(len, batches)) * 1e6


def measure(name: str, url: str, batches: int, *, profile: bool) -> None:
    """Post to one database and print the rates."""
    with tempfile.TemporaryDirectory() as folder, site(url, Path(folder)) as post:
        post(beginning(9999))
        post(moving(9999))
        profiler = cProfile.Profile()
        if profile:
            profiler.enable(builtins=False)
        for what, make in (("new leads", beginning), ("known leads", moving)):
            of, cpu = rate(post, [make(each) for each in range(batches)])
            print(f"{name}: {what}: {of:,.0f} events a second, {cpu:.0f} µs of processor each")
        if profile:
            profiler.disable()
            pstats.Stats(profiler).sort_stats("tottime").print_stats(30)


def main() -> None:
    """Read the options and measure both databases."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--batches", type=int, default=20)
    parser.add_argument("--profile", action="store_true")
    asked = parser.parse_args()
    from tests.conftest import start_postgresql

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        url = f"sqlite:///{Path(folder) / 'benchmark.sqlite'}"
        measure("SQLite", url, asked.batches, profile=asked.profile)
        server = start_postgresql(Path(folder) / "postgresql")
        measure("PostgreSQL", server.get_uri(), asked.batches, profile=asked.profile)
        server.cleanup()


if __name__ == "__main__":
    main()
