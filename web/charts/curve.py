"""A curve over weeks: shares that rise with time, against a level."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from web.charts.scale import Scale, scale_over

HEIGHT = 160
"""Of the drawing, in pixels."""


@dataclass(frozen=True, slots=True)
class Curve:
    """A curve, placed.

    Args:
        points: For a polyline in a box of 100 by 100.
        level_at: Where the level lies, in percent of the height from above.
        rows: The values, for the table.
    """

    scale: Scale
    points: str
    level: float
    level_at: float
    rows: tuple[tuple[float, float], ...]


def curve(values: Sequence[tuple[float, float]], *, level: float, mirrored: bool = False) -> Curve:
    """Place shares in [0, 1] over numbers from 0.

    Args:
        values: In rising order of the number.
        level: A share to be compared with.
    """
    scale = scale_over((each for each, _ in values), least_span=1, mirrored=mirrored)
    points = " ".join(f"{scale.at(at):.2f},{_height(share):.2f}" for at, share in values)
    return Curve(scale, points, level, _height(level), tuple(values))


def _height(share: float) -> float:
    return 100 - 100 * share
