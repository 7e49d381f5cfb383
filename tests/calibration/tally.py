"""How often each method was wrong in a cell; kept a cell a file, so that a run can go on."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import astuple, dataclass
from functools import cache
from math import fsum
from pathlib import Path

import numpy as np

from tests.calibration.answer import Answer, answers
from tests.calibration.cell import Cell, Outcome
from tests.calibration.rival import rivals
from tests.calibration.world import worlds

_HERE = Path(__file__).parent
_ROOT = _HERE.parent.parent
# Rivals are hundred times slower, and a hundredth as close to 5%.
_RIVAL_WORLDS = 500


@dataclass(frozen=True, slots=True)
class Tally:
    """One method in one cell."""

    worlds: int
    estimable: int
    rejected: int
    covered: int
    attainable: float = 0.0
    """How often it would err, on average, if it used all that the designs' draws allow."""

    @property
    def excess(self) -> float:
        """False positives less what the draws allow; below 0 where draws tie, or few are left."""
        return self.rejection_rate - self.attainable

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
    """A cell's tallies: an earlier run's of this code and as many worlds, else new ones, kept."""
    told = {"cell": cell.key, "worlds": count, "code": code_mark()}
    path = folder / f"{zlib.crc32(cell.key.encode()):08x}-{count}.json"
    found = _read(path, told)
    if found is None:
        found = tallied(cell, count)
        lists = {method: list(astuple(tally)) for method, tally in found.items()}
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".part")
        unfinished.write_text(json.dumps(told | {"tallies": lists}), "utf-8")
        unfinished.rename(path)
    return found


def _read(path: Path, told: dict[str, object]) -> Tallies | None:
    """What was kept, or `None` if it is of another cell, or was made by other code."""
    if not path.exists():
        return None
    read = json.loads(path.read_text("utf-8"))
    if any(read.get(name) != value for name, value in told.items()):
        return None
    return {method: Tally(*numbers) for method, numbers in read["tallies"].items()}


@cache
def code_mark() -> str:
    """Changes with the methods, the designs, and how worlds are made and asked."""
    sources = [
        each for folder in ("analysis", "assignment") for each in (_ROOT / folder).iterdir()
    ]
    sources += [_HERE / f"{name}.py" for name in ("answer", "cell", "rival", "splitting", "world")]
    texts = (each.read_bytes() for each in sorted(sources) if each.suffix == ".py")
    return hashlib.sha256(b"".join(texts)).hexdigest()[:16]


def _summed(said: Iterable[Answer]) -> Tallies:
    counts: dict[str, Counter[str]] = {}
    allowed: dict[str, list[float]] = {}
    for answer in said:
        mine = counts.setdefault(answer.method, Counter())
        mine.update(worlds=1, estimable=int(answer.estimable))
        mine.update(rejected=int(answer.rejected), covered=int(answer.covered))
        allowed.setdefault(answer.method, []).append(answer.attainable)
    return {
        method: Tally(
            c["worlds"],
            c["estimable"],
            c["rejected"],
            c["covered"],
            fsum(allowed[method]) / c["worlds"],
        )
        for method, c in counts.items()
    }
