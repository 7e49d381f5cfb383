"""A forest plot: one interval a row, all on one scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from web.charts.interval import Difference, IntervalMark, difference_scale, interval_mark
from web.charts.scale import Scale


@dataclass(frozen=True, slots=True)
class ForestRow:
    """What a row is about, and its difference."""

    name: str
    difference: Difference
    soft: str = ""
    primary: bool = False


@dataclass(frozen=True, slots=True)
class ForestLine:
    """A row with its mark; no mark where nothing can be estimated."""

    row: ForestRow
    mark: IntervalMark | None


@dataclass(frozen=True, slots=True)
class Forest:
    """A forest plot, placed."""

    scale: Scale
    lines: tuple[ForestLine, ...]

    @property
    def unit(self) -> str:
        """What all its differences are told in."""
        return self.lines[0].row.difference.unit if self.lines else "points"


def forest(rows: Sequence[ForestRow], *, mirrored: bool = False) -> Forest:
    """Place the rows, in the order given, on one scale that holds zero."""
    scale = difference_scale((row.difference for row in rows), mirrored=mirrored)
    return Forest(
        scale, tuple(ForestLine(row, interval_mark(scale, row.difference)) for row in rows)
    )
