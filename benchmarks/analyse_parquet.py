"""10,000,000 leads in a Parquet file: six outcomes counted in one pass, and the whole command.

    python -m benchmarks.analyse_parquet [--leads 10000000]

The file is generated from a fixed seed into a temporary folder: 200 reps, five milestones of
0 and 1, and a value. The counting is compared with DuckDB's bare scan of the same columns (the
same reps and variants, a sum a column), and with tea-tasting's experiment of the same six
metrics on Ibis and DuckDB. The command runs in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import ibis
import tea_tasting

from experiments.lead_table.columns import Columns
from experiments.lead_table.counts import count
from experiments.lead_table.source import file_table

SEED = 20261125
REPEATS = 5
MILESTONES = ("qualified", "trial", "demo", "proposal", "won")
OUTCOMES = (*MILESTONES, "value")
GENERATE = """
COPY (
    SELECT 'rep-' || rep AS rep, CASE WHEN rep % 2 = 0 THEN 'A' ELSE 'B' END AS variant,
        {reached}, CASE WHEN chance < 100 THEN round(amount / 7.0, 2) ELSE 0 END AS value
    FROM (
        SELECT hash(i, {seed}) % 200 AS rep, hash(i, {seed} + 1) % 1000 AS chance,
            hash(i, {seed} + 2) % 1000000 AS amount
        FROM range({leads}) AS leads(i)
    )
) TO '{path}' (FORMAT parquet)
"""
SHARES = dict(zip(MILESTONES, (400, 300, 200, 150, 100), strict=True))


def generate(path: Path, leads: int) -> None:
    """Write the file; the same seed gives the same leads."""
    reached = ", ".join(f"(chance < {share})::BIGINT AS {name}" for name, share in SHARES.items())
    with duckdb.connect() as connection:
        connection.execute(GENERATE.format(reached=reached, seed=SEED, leads=leads, path=path))


def median_seconds(action: Callable[[], Any]) -> float:
    """Of the processor, over some runs after one that does not count: others may use it too."""
    action()
    times = []
    for _ in range(REPEATS):
        began = time.process_time()
        action()
        times.append(time.process_time() - began)
    return statistics.median(times)


def bare_scan(path: Path) -> Callable[[], Any]:
    """The least that reading these columns by variant and rep takes."""
    sums = ", ".join(f"sum({name})" for name in OUTCOMES)
    connection = duckdb.connect()
    query = f"SELECT variant, rep, count(*), {sums} FROM '{path}' GROUP BY variant, rep"
    return lambda: connection.execute(query).fetchall()


def counting(path: Path) -> Callable[[], Any]:
    """What `stagelift analyse` counts, faults looked for in the same pass."""
    columns = Columns("variant", OUTCOMES, rep="rep")

    def action() -> None:
        with file_table(path) as leads:
            count(leads, columns)

    return action


def rival(path: Path) -> Callable[[], Any]:
    """tea-tasting's means of the same columns, leads taken for independent."""
    table = ibis.duckdb.connect().read_parquet(path)
    metrics: dict[str, Any] = {name: tea_tasting.Mean(name) for name in OUTCOMES}
    experiment = tea_tasting.Experiment(metrics, variant="variant")
    return lambda: experiment.analyze(table, control="A")


def whole_command(path: Path) -> tuple[float, float]:
    """Seconds and peak megabytes of the command with all outcomes."""
    outcomes = [word for name in OUTCOMES for word in ("--outcome", name)]
    options = ["--variant", "variant", "--rep", "rep", *outcomes, "--json"]
    began = time.perf_counter()
    command = [sys.executable, "-m", "web.cli", "analyse", str(path), *options]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    seconds = time.perf_counter() - began
    assert len(json.loads(done.stdout)["comparisons"]) == len(OUTCOMES)
    return seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def main() -> None:
    """Generate, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--leads", type=int, default=10_000_000)
    leads: int = parser.parse_args().leads
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "leads.parquet"
        generate(path, leads)
        seconds, megabytes = whole_command(path)
        scan, ours, theirs = map(median_seconds, (bare_scan(path), counting(path), rival(path)))
    print(f"{leads:,} leads, {len(OUTCOMES)} outcomes, 200 reps")
    print(f"counting {ours * 1e3:.0f} ms of processor time")
    print(f"  DuckDB's bare scan {scan * 1e3:.0f} ms: {ours / scan:.2f} of it (at most 2)")
    print(f"  tea-tasting {theirs * 1e3:.0f} ms: {ours / theirs:.2f} of it (at most 1)")
    print(f"whole command {seconds:.1f} s, {megabytes:.0f} MB at its peak (at most 400)")


if __name__ == "__main__":
    main()
