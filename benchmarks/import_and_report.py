"""20,000 leads and 100,000 events: import by the real command, then report.

    python -m benchmarks.import_and_report [--leads 20000] [--keep FOLDER]

The files are generated from a fixed seed: a deals file and its history, six stages, forty
reps. They are imported by `stagelift import deals` into a new SQLite file; an experiment
over the forty reps is rehearsed on them, and its report is built five times.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import io
import json
import os
import random
import resource
import statistics
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

SEED = 20261123
REPS = 40
BEGIN = datetime(2025, 1, 6, 8, tzinfo=UTC)
DAYS = 300
HORIZON = 60
OPEN_STAGES = ("New", "Contacted", "Qualified", "Demo", "Offer")
MILESTONES = ("lead", "lead", "qualified", "demo", "proposal")
REPEATS = 5

Row = tuple[str, ...]


def written_process() -> str:
    """The process of the generated deals, as YAML (of which JSON is a part)."""
    stages: list[dict[str, str]] = [
        {"name": name, "milestone": milestone}
        for name, milestone in zip(OPEN_STAGES, MILESTONES, strict=True)
    ]
    stages += [{"name": "Won", "kind": "won"}, {"name": "Lost", "kind": "lost"}]
    return json.dumps({"name": "Benchmark", "key": "benchmark", "stages": stages})


def life_of(rng: random.Random) -> Iterator[tuple[str, datetime]]:
    """The stages that a lead enters, and when: about five, now and then one back."""
    at = BEGIN + timedelta(minutes=rng.randrange(DAYS * 24 * 60))
    for place, stage in enumerate(OPEN_STAGES):
        yield stage, at
        at += timedelta(minutes=rng.randrange(60, 6 * 24 * 60))
        if place and rng.random() < 0.05:
            yield OPEN_STAGES[place - 1], at
            at += timedelta(minutes=rng.randrange(60, 2 * 24 * 60))
            yield stage, at
            at += timedelta(minutes=rng.randrange(60, 2 * 24 * 60))
        if place and rng.random() < 0.7:
            break
    if rng.random() < 0.9:
        yield ("Won" if rng.random() < 0.25 else "Lost"), at


def write_files(folder: Path, leads: int) -> tuple[Path, Path]:
    """Write the deals file and the history file; neither is ever in memory as a whole."""
    rng = random.Random(SEED)
    deals, moves = folder / "deals.csv", folder / "moves.csv"
    with deals.open("w", newline="") as deal_file, moves.open("w", newline="") as move_file:
        deal_rows, move_rows = csv.writer(deal_file), csv.writer(move_file)
        deal_rows.writerow(
            ["lead_id", "owner", "stage", "created_at", "closed_at", "value", "currency", "name"]
        )
        move_rows.writerow(["lead_id", "stage", "entered_at"])
        for number in range(leads):
            way = list(life_of(rng))
            lead, (stage, last) = f"L{number:06}", way[-1]
            closed = last.isoformat() if stage in ("Won", "Lost") else ""
            value = str(rng.randrange(500, 20_000)) if closed else ""
            owner = f"Rep {rng.randrange(REPS):02}"
            head = [lead, owner, stage, way[0][1].isoformat(), closed]
            deal_rows.writerow([*head, value, "EUR", f"Deal {number}"])
            move_rows.writerows([lead, name, at.isoformat()] for name, at in way)
    return deals, moves


def command(*arguments: str) -> Any:
    """What a command of `stagelift` prints under --json."""
    from web.cli import main

    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        main([*arguments, "--json"], standalone_mode=False)
    return json.loads(printed.getvalue())


def peak_megabytes() -> float:
    """The most memory that this process has held so far, in megabytes of 2²⁰ bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def launch(folder: Path) -> str:
    """Rehearse an experiment over all reps; returns its key."""
    plan = {
        "name": "Benchmark",
        "hypothesis": "There is no difference: both variants did the same.",
        "variants": [
            {"name": "A", "process": "benchmark", "control": True},
            {"name": "B", "process": "benchmark"},
        ],
        "reps": [f"Rep {number:02}" for number in range(REPS)],
        "horizon_days": HORIZON,
        "enrol_from": BEGIN.date().isoformat(),
        "enrol_until": (BEGIN + timedelta(days=DAYS)).date().isoformat(),
        "rehearsal": True,
    }
    (folder / "plan.yaml").write_text(json.dumps(plan))
    key = str(command("experiment", "create", str(folder / "plan.yaml"))["key"])
    command("experiment", "launch", key, "--seed", "7")
    return key


def report_milliseconds(key: str) -> list[float]:
    """How long the report takes to build, each time in a session of its own."""
    from experiments.experiment import experiment
    from experiments.report import build
    from web.commands import open_store

    taken = []
    for _ in range(REPEATS):
        with open_store(writes=False) as session:
            began = time.perf_counter()
            report = build(session, experiment(session, key), now=datetime.now(UTC))
            taken.append((time.perf_counter() - began) * 1000)
    print(f"report: {report.enrolled:,} leads enrolled, verdict {report.verdict}")
    return taken


def measure(folder: Path, leads: int) -> None:
    """Run it all and print the figures."""
    os.environ["STAGELIFT_DATABASE_URL"] = f"sqlite:///{folder / 'benchmark.sqlite'}"
    deals, moves = write_files(folder, leads)
    (folder / "process.yaml").write_text(written_process())
    words = ["--name", "Benchmark", "--time-zone", "Europe/Berlin", "--currency", "EUR"]
    command("company", "set", *words)
    command("import", "process", str(folder / "process.yaml"))
    print(f"memory before the import: {peak_megabytes():.0f} MB")
    began, cpu_began = time.perf_counter(), time.process_time()
    through = (BEGIN + timedelta(days=DAYS + HORIZON + 1)).date().isoformat()
    words = ["--history", str(moves), "--process", "benchmark", "--complete-through", through]
    result = command("import", "deals", str(deals), *words)
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu_began
    events = result["events"]["accepted"]
    print(
        f"import: {result['leads']:,} leads and {events:,} events in {seconds:.1f} s"
        f" ({cpu:.1f} s of one core), {len(result['refused'])} rows refused,"
        f" peak memory {peak_megabytes():.0f} MB"
    )
    began = time.perf_counter()
    key = launch(folder)
    print(f"launch and enrolment: {time.perf_counter() - began:.1f} s")
    taken = report_milliseconds(key)
    print(
        f"report: {statistics.median(taken):.0f} ms (median of {REPEATS}; first {taken[0]:.0f}),"
        f" peak memory {peak_megabytes():.0f} MB"
    )


def main() -> None:
    """Read the options and measure."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--leads", type=int, default=20_000)
    parser.add_argument("--keep", type=Path, help="a folder to leave the files in")
    asked = parser.parse_args()
    if asked.keep:
        asked.keep.mkdir(parents=True, exist_ok=True)
        measure(asked.keep, asked.leads)
        return
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder), asked.leads)


if __name__ == "__main__":
    main()
