"""Bars of weeks: how long new leads are taken in, and then how long the last needs."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from web.charts.scale import Scale, scale_over


@dataclass(frozen=True, slots=True)
class WeekRow:
    """A way and its weeks; without any, `why` says why."""

    name: str
    enrolment: float | None
    total: float | None
    primary: bool = False
    why: str = ""


@dataclass(frozen=True, slots=True)
class WeekBar:
    """A row with its bar: where each piece begins, and how wide it is, in percent."""

    row: WeekRow
    begins: tuple[float, float] = (0.0, 0.0)
    widths: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True, slots=True)
class WeekBars:
    """Rows on one scale from 0."""

    scale: Scale
    bars: tuple[WeekBar, ...]


def week_bars(rows: Sequence[WeekRow], *, mirrored: bool = False) -> WeekBars:
    """Place the rows, in the order given."""
    totals = [row.total for row in rows if row.total is not None]
    scale = scale_over(totals, least_span=4, mirrored=mirrored)
    return WeekBars(scale, tuple(_bar(scale, row) for row in rows))


def _bar(scale: Scale, row: WeekRow) -> WeekBar:
    if row.enrolment is None or row.total is None:
        return WeekBar(row)
    places = [scale.at(each) for each in (0.0, row.enrolment, row.total)]
    begins = tuple(min(pair) for pair in itertools.pairwise(places))
    widths = tuple(abs(b - a) for a, b in itertools.pairwise(places))
    return WeekBar(row, (begins[0], begins[1]), (widths[0], widths[1]))
