"""How shares grow by day, a line a variant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from web.charts.scale import Scale, scale_over

HEIGHT = 200
"""Of the drawing, in pixels."""


@dataclass(frozen=True, slots=True)
class CourseLine:
    """A variant's line, as steps for a polyline in a box of 100 by 100, and where it ends."""

    slot: int
    points: str
    end_at: float
    end_height: float


@dataclass(frozen=True, slots=True)
class Courses:
    """The lines and their scales; `heights` are the upward scale's ticks, from above."""

    days: Scale
    shares: Scale
    heights: tuple[tuple[float, float], ...]
    lines: tuple[CourseLine, ...]


def courses(
    values: Sequence[Sequence[tuple[int, float]]], *, horizon: int, mirrored: bool = False
) -> Courses:
    """Place each variant's shares in [0, 1] over the days since enrolment.

    Args:
        values: Of each variant, the control first: days in rising order, each with its share.
            A variant without any has no line.
        horizon: The last day that can be told.
    """
    days = scale_over([float(horizon)], least_span=1, mirrored=mirrored)
    shares = scale_over(share for of_one in values for _day, share in of_one)
    heights = tuple((tick.value, round(100 - tick.at, 3)) for tick in shares.ticks)
    lines = [
        _line(slot, of_one, days, shares) for slot, of_one in enumerate(values) if len(of_one)
    ]
    return Courses(days, shares, heights, tuple(lines))


def _line(
    slot: int, values: Sequence[tuple[int, float]], days: Scale, shares: Scale
) -> CourseLine:
    corners = [(days.at(0), 100 - shares.at(0))]
    for day, share in values:
        at, height = days.at(day), 100 - shares.at(share)
        # A share holds until the day on which it rises.
        corners += [(at, corners[-1][1]), (at, height)]
    points = " ".join(f"{at:.2f},{height:.2f}" for at, height in corners)
    return CourseLine(slot, points, round(corners[-1][0], 3), round(corners[-1][1], 3))
