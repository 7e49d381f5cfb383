"""A difference and its interval on a scale."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from web.charts.scale import Scale, scale_over


@dataclass(frozen=True, slots=True)
class Difference:
    """A variant's difference from the control, as fractions; `None` is an unbounded end.

    Args:
        slot: The variant's place, 1 to 3; 0 is the control.
        effect: Treatment minus control, or `None` where it cannot be estimated.
        why: What to say then.
        unit: What it is told in: points, days, or a currency's code.
    """

    slot: int
    effect: float | None
    low: float | None = None
    high: float | None = None
    why: str = ""
    unit: str = "points"


@dataclass(frozen=True, slots=True)
class IntervalMark:
    """Where an interval is drawn, in percent of the width; `start` is left of `end`."""

    at: float
    start: float
    end: float
    open_start: bool
    open_end: bool


def interval_mark(scale: Scale, difference: Difference) -> IntervalMark | None:
    """The mark of a difference, or `None` where there is nothing to draw."""
    if difference.effect is None:
        return None
    low = _end(scale, difference.low, unbounded=0.0)
    high = _end(scale, difference.high, unbounded=100.0)
    at = scale.at(difference.effect)
    if scale.mirrored:
        return IntervalMark(at, high[0], low[0], high[1], low[1])
    return IntervalMark(at, low[0], high[0], low[1], high[1])


def difference_scale(differences: Iterable[Difference], *, mirrored: bool) -> Scale:
    """One scale for all differences, with zero on it."""
    finite = [
        value
        for each in differences
        if each.effect is not None
        for value in (each.effect, each.low, each.high)
        if value is not None
    ]
    return scale_over(finite, mirrored=mirrored)


def _end(scale: Scale, value: float | None, *, unbounded: float) -> tuple[float, bool]:
    """The place of an interval's end, and whether it runs on beyond the drawing."""
    if value is None:
        return (100 - unbounded if scale.mirrored else unbounded), True
    return scale.at(value), False
