"""The worlds that the calibration tries: about 180 chosen cells of one table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields, replace
from enum import StrEnum

from analysis.sequential import Spending


class Split(StrEnum):
    """How the reps are split."""

    COMPLETE = "complete"
    STRATIFIED = "stratified"
    PAIRED = "paired"
    RERANDOMISED = "re-randomised"
    CROSSOVER = "crossover"  # each rep follows both variants, in a drawn order
    JOINED = "joined"  # a third of the reps joined during the test, by blocks


class Outcome(StrEnum):
    """What is compared."""

    WON = "won"
    VALUE = "value"  # per lead; whoever did not win pays nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One kind of world. The defaults are an ordinary team of twenty."""

    reps: int = 20
    treated: int | None = None  # reps in each treatment; `None` for even arms
    leads: float = 30.0  # mean per rep
    cv: float = 0.7  # of leads per rep
    tied: float = 0.0  # correlation of a rep's number of leads with the own rate
    icc: float = 0.05
    base: float = 0.2  # the control's rate
    effect: float = 0.0  # added to the rate by every treatment
    split: Split = Split.COMPLETE
    past: float = 0.0  # correlation of the rate from before with the rate now
    adjusted: bool = False  # the rate from before is a covariate of the analysis
    variants: int = 2
    matured: float = 1.0  # share of the leads whose horizon has passed
    outcome: Outcome = Outcome.WON
    looks: int = 1  # of which each may claim a difference
    spending: Spending = Spending.OBRIEN_FLEMING

    @property
    def sizes(self) -> tuple[int, ...]:
        """Reps per variant, the control's first."""
        each = self.treated or self.reps // self.variants
        return (self.reps - each * (self.variants - 1), *[each] * (self.variants - 1))

    @property
    def key(self) -> str:
        """What tells this cell from the ordinary one, and names its results."""
        told = [("reps", self.reps)]
        told += [
            (field.name, getattr(self, field.name))
            for field in fields(self)
            if field.name != "reps" and getattr(self, field.name) != field.default
        ]
        return " ".join(f"{name}={value}" for name, value in told)

    def as_dict(self) -> dict[str, object]:
        """The cell as its results record it."""
        return asdict(self)


def cells() -> list[Cell]:
    """Every cell: worlds without an effect first, then half as many with one."""
    null = list(dict.fromkeys(_null_cells()))
    return null + [replace(cell, effect=_worth_finding(cell)) for cell in null if _is_tried(cell)]


def _null_cells() -> Iterator[Cell]:
    for reps in (6, 8, 10, 12, 20, 40, 60):
        for icc in (0.0, 0.05, 0.2):
            yield Cell(reps=reps, icc=icc)
    for reps in (10, 20, 40):
        for base in (0.01, 0.05, 0.5):
            yield Cell(reps=reps, base=base)
        for cv, tied in ((0.0, 0.0), (1.2, 0.0), (1.2, 0.7)):
            yield Cell(reps=reps, cv=cv, tied=tied)
        yield Cell(reps=reps, matured=0.5)
        yield Cell(reps=reps, outcome=Outcome.VALUE, base=0.1)
    for reps in (12, 20, 40, 60):
        for icc in (0.05, 0.2):
            yield Cell(reps=reps, treated=reps // 4, icc=icc)
    yield from _designed_cells()


def _designed_cells() -> Iterator[Cell]:
    for reps in (8, 12, 20, 40):
        for split in (Split.STRATIFIED, Split.PAIRED, Split.RERANDOMISED):
            for past in (0.0, 0.7):
                yield Cell(reps=reps, split=split, past=past)
        for past in (0.5, 0.7):
            yield Cell(reps=reps, past=past, adjusted=True)
    for reps in (12, 21, 42):
        for icc in (0.05, 0.2):
            yield Cell(reps=reps, variants=3, icc=icc)
    yield Cell(reps=21, variants=3, past=0.7, adjusted=True)
    for reps in (10, 20, 40):
        yield Cell(reps=reps, split=Split.CROSSOVER)
        yield Cell(reps=reps, split=Split.JOINED)
    yield from _looked_at_cells()


def _looked_at_cells() -> Iterator[Cell]:
    for reps in (8, 12, 20, 40):
        yield Cell(reps=reps, looks=5)
    for reps in (12, 20, 40):
        yield Cell(reps=reps, looks=3, spending=Spending.POCOCK)
    for reps in (12, 20):
        yield Cell(reps=reps, looks=5, past=0.7, adjusted=True)
    yield Cell(reps=20, looks=3, spending=Spending.POCOCK, past=0.7, adjusted=True)
    yield Cell(reps=21, looks=3, variants=3)
    yield Cell(reps=12, looks=3, split=Split.CROSSOVER)


def _worth_finding(cell: Cell) -> float:
    return 0.01 if cell.base < 0.05 else 0.5 * cell.base


def _is_tried(cell: Cell) -> bool:
    # Coverage is asked of worlds with an effect too; the middle of each row is enough.
    return cell.reps in (8, 12, 20, 21, 40) and cell.icc == Cell().icc
