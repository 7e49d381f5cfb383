"""How often each method was wrong in a cell; kept a cell a file, so that a run can go on."""

from __future__ import annotations

import json
import zlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tests.calibration.answer import Answer, answers
from tests.calibration.cell import Cell, Outcome
from tests.calibration.rival import rivals
from tests.calibration.world import worlds

# Rivals are hundred times slower, and a hundredth as close to 5%.
_RIVAL_WORLDS = 500


@dataclass(frozen=True, slots=True)
class Tally:
    """One method in one cell."""

    worlds: int
    estimable: int
    rejected: int
    covered: int

    @property
    def rejection_rate(self) -> float:
        """Share of all worlds in which a difference was claimed."""
        return self.rejected / self.worlds

    @property
    def coverage(self) -> float:
        """Share of all worlds whose interval held the truth, or where none was given."""
        return self.covered / self.worlds


Tallies = dict[str, Tally]
"""By method, the primary first."""


def tallied(cell: Cell, count: int) -> Tallies:
    """Try a cell on so many worlds, from a seed of its own."""
    rng = np.random.default_rng(zlib.crc32(cell.key.encode()))
    said: list[Answer] = []
    for number, world in enumerate(worlds(cell, count, rng)):
        said.extend(answers(cell, world, rng))
        usual = cell.variants == 2 and cell.outcome is Outcome.WON and world.parts is None
        if usual and number < _RIVAL_WORLDS:
            said.extend(rivals(world))
    return _summed(said)


def kept(folder: Path, cell: Cell, count: int) -> Tallies:
    """A cell's tallies from an earlier run with as many worlds, else a new one's, kept."""
    name = f"{zlib.crc32(cell.key.encode()):08x}-{count}.json"
    path = folder / name
    if not path.exists():
        found = {
            method: [t.worlds, t.estimable, t.rejected, t.covered]
            for method, t in tallied(cell, count).items()
        }
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".part")
        unfinished.write_text(json.dumps({"cell": cell.key, "tallies": found}), "utf-8")
        unfinished.rename(path)
    read = json.loads(path.read_text("utf-8"))["tallies"]
    return {method: Tally(*numbers) for method, numbers in read.items()}


def _summed(said: Iterable[Answer]) -> Tallies:
    counts: dict[str, Counter[str]] = {}
    for answer in said:
        mine = counts.setdefault(answer.method, Counter())
        mine.update(worlds=1, estimable=int(answer.estimable))
        mine.update(rejected=int(answer.rejected), covered=int(answer.covered))
    return {
        method: Tally(c["worlds"], c["estimable"], c["rejected"], c["covered"])
        for method, c in counts.items()
    }
