"""Reference trials, as the methods take them."""

import csv
from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from analysis.sufficient import Bools, Floats, RepTotals

REFERENCE = Path(__file__).parent.parent / "reference"


def every_split(units: int, treated: int) -> Bools:
    """All splits of some units, by a way of listing that the product does not use."""
    chosen = list(combinations(range(units), treated))
    splits = np.zeros((len(chosen), units), dtype=np.bool_)
    for row, places in enumerate(chosen):
        splits[row, list(places)] = True
    return splits


@dataclass(frozen=True)
class Trial:
    totals: RepTotals
    treated: Bools

    @property
    def rates(self) -> Floats:
        return self.totals.total / self.totals.n

    @property
    def redraws(self) -> Bools:
        return every_split(len(self.treated), int(self.treated.sum()))


@pytest.fixture
def trial() -> Callable[[str], Trial]:
    def read(name: str) -> Trial:
        with (REFERENCE / f"{name}_by_rep.csv").open(encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        totals = RepTotals.of_counts(
            [row["rep_id"] for row in rows],
            [int(row["n"]) for row in rows],
            [int(row["won"]) for row in rows],
        )
        return Trial(totals, np.array([row["treat"] == "1" for row in rows]))

    return read
