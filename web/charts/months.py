"""Months side by side: what happened as bars, what was and is expected as marks with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

HEIGHT = 180.0
# Pixels kept free on top, so that no mark touches the edge.
HEADROOM = 8.0


@dataclass(frozen=True, slots=True)
class MonthMark:
    """A month: `happened` is None while it is not over, the rest None where nothing was said."""

    name: str
    happened: float | None
    expected: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class MonthColumn:
    """Where a month is drawn: across in percent, up and down in pixels from the top."""

    mark: MonthMark
    start: float
    width: float
    at: float
    bar_top: float | None
    expected_at: float | None
    top: float | None
    bottom: float | None


@dataclass(frozen=True, slots=True)
class Months:
    """The columns of a drawing of this height in pixels."""

    columns: tuple[MonthColumn, ...]
    height: float = HEIGHT


def months(marks: Sequence[MonthMark], *, mirrored: bool = False) -> Months:
    """Place the months from the left, or from the right where `mirrored`."""
    most = max(
        (value for each in marks for value in (each.happened, each.high) if value is not None),
        default=0.0,
    )
    step = 100 / len(marks) if marks else 0.0

    def column(at: int, mark: MonthMark) -> MonthColumn:
        place = len(marks) - 1 - at if mirrored else at
        return MonthColumn(
            mark,
            round(place * step + step * 0.2, 3),
            round(step * 0.6, 3),
            round((place + 0.5) * step, 3),
            *(_y(value, most) for value in (mark.happened, mark.expected, mark.high, mark.low)),
        )

    return Months(tuple(column(at, mark) for at, mark in enumerate(marks)))


def _y(value: float | None, most: float) -> float | None:
    if value is None:
        return None
    share = max(value, 0.0) / most if most else 0.0
    return round(HEIGHT - share * (HEIGHT - HEADROOM), 2)
