"""Shares with their intervals, a row a group, on one scale of percent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from web.charts.scale import Scale, scale_over


@dataclass(frozen=True, slots=True)
class ShareRow:
    """A group's share in [0, 1]; `None` where none of its leads count yet."""

    name: str
    rate: float | None
    low: float | None = None
    high: float | None = None
    soft: str = ""


@dataclass(frozen=True, slots=True)
class ShareMark:
    """A row with its places in percent of the width; `None` where there is nothing to draw."""

    row: ShareRow
    at: float | None
    start: float | None
    end: float | None


@dataclass(frozen=True, slots=True)
class Shares:
    """The rows and the scale that they share."""

    scale: Scale
    marks: tuple[ShareMark, ...]


def shares(rows: Sequence[ShareRow], *, mirrored: bool = False) -> Shares:
    """Place the marks."""
    held = [value for row in rows for value in (row.rate, row.low, row.high) if value is not None]
    scale = scale_over(held, mirrored=mirrored)
    return Shares(scale, tuple(_mark(row, scale) for row in rows))


def _mark(row: ShareRow, scale: Scale) -> ShareMark:
    if row.rate is None:
        return ShareMark(row, None, None, None)
    if row.low is None or row.high is None:
        return ShareMark(row, scale.at(row.rate), None, None)
    ends = sorted((scale.at(row.low), scale.at(row.high)))
    return ShareMark(row, scale.at(row.rate), ends[0], ends[1])
