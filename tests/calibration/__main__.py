"""`make calibration`: every cell tried, then docs/calibration.md and its plot written.

Stopped and called again, it goes on where it was.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

from tests.calibration.cell import Cell, cells
from tests.calibration.page import page
from tests.calibration.plot import plot
from tests.calibration.tally import Tallies, kept

_ROOT = Path(__file__).parent.parent.parent


def main() -> None:
    """Read the options and do it."""
    parser = argparse.ArgumentParser(prog="make calibration", description=__doc__)
    parser.add_argument("--worlds", type=int, default=10_000, help="a cell")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--kept", type=Path, default=_ROOT / ".calibration", help="results so far")
    parser.add_argument("--page", type=Path, default=_ROOT / "docs" / "calibration.md")
    chosen = parser.parse_args()
    every = cells()
    found: dict[Cell, Tallies] = {}
    for cell, tallies in _tried(every, chosen.kept, chosen.worlds, chosen.workers):
        found[cell] = tallies
        _show(len(found), len(every))
    in_order = {cell: found[cell] for cell in every}
    chosen.page.write_text(page(in_order, chosen.worlds), "utf-8")
    chosen.page.with_suffix(".svg").write_text(plot(in_order, chosen.worlds), "utf-8")


def _tried(
    every: list[Cell], folder: Path, worlds: int, workers: int
) -> Iterator[tuple[Cell, Tallies]]:
    with ProcessPoolExecutor(workers) as pool:
        waiting = {pool.submit(kept, folder, cell, worlds): cell for cell in every}
        for done in as_completed(waiting):
            yield waiting[done], done.result()


def _show(done: int, all_of_them: int, *, started: float = time.monotonic()) -> None:
    bar = "#" * round(30 * done / all_of_them)
    minutes = (time.monotonic() - started) / 60
    print(f"\r[{bar:<30}] {done}/{all_of_them} cells, {minutes:.1f} min", end="", file=sys.stderr)
    if done == all_of_them:
        print(file=sys.stderr)


if __name__ == "__main__":
    main()
