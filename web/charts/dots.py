"""A dot a rep, in rows by variant: how much the variants overlap."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from web.charts.scale import Scale, scale_over

# Dots are kept apart at this width, a phone's; on wider screens they only move further apart.
NARROW = 300.0
LARGEST = 9.0
SMALLEST = 3.0
GAP = 0.6
LOWEST_ROW = 44.0


@dataclass(frozen=True, slots=True)
class RepDot:
    """A rep's share of leads won, in [0, 1], and the leads it rests on, at least 1."""

    name: str
    rate: float
    leads: int


@dataclass(frozen=True, slots=True)
class DotGroup:
    """A variant's reps; `mean` is the average rep as the report gives it."""

    slot: int
    reps: Sequence[RepDot]
    mean: float | None = None


@dataclass(frozen=True, slots=True)
class PlacedDot:
    """A dot: percent across, pixels from the row's middle, radius in pixels."""

    rep: RepDot
    at: float
    off: float
    radius: float


@dataclass(frozen=True, slots=True)
class DotRow:
    """A variant's row, its height in pixels."""

    group: DotGroup
    dots: tuple[PlacedDot, ...]
    mean_at: float | None
    height: float


@dataclass(frozen=True, slots=True)
class Dots:
    """The rows and the scale that they share."""

    scale: Scale
    rows: tuple[DotRow, ...]


def dots(groups: Sequence[DotGroup], *, mirrored: bool = False) -> Dots:
    """Place each variant's reps on one scale from zero; the area of a dot is its leads."""
    reps = [rep for group in groups for rep in group.reps]
    scale = scale_over((rep.rate for rep in reps), mirrored=mirrored)
    most = max((rep.leads for rep in reps), default=1)
    return Dots(scale, tuple(_row(group, scale, most) for group in groups))


def _row(group: DotGroup, scale: Scale, most: int) -> DotRow:
    placed: list[PlacedDot] = []
    for rep in sorted(group.reps, key=lambda rep: (-rep.leads, rep.rate, rep.name)):
        radius = max(SMALLEST, LARGEST * math.sqrt(rep.leads / most))
        at = scale.at(rep.rate)
        off = _free_place(at, radius, placed)
        placed.append(PlacedDot(rep, at, round(off, 2), round(radius, 2)))
    reach = max((abs(dot.off) + dot.radius for dot in placed), default=0.0)
    mean_at = None if group.mean is None else scale.at(group.mean)
    return DotRow(group, tuple(placed), mean_at, max(LOWEST_ROW, math.ceil(2 * reach + 10)))


def _free_place(at: float, radius: float, placed: Sequence[PlacedDot]) -> float:
    """The offset nearest to the row's middle at which a dot touches no other."""
    near = [(dot.off, room) for dot in placed if (room := _room(at, radius, dot)) > 0]
    touching = [off + side * room for off, room in near for side in (-1, 1)]
    for candidate in sorted([0.0, *touching], key=lambda off: (abs(off), off)):
        if all(abs(candidate - off) >= room - 1e-9 for off, room in near):
            return candidate
    raise AssertionError("beyond the outermost dot there is always room")


def _room(at: float, radius: float, dot: PlacedDot) -> float:
    """How far apart two dots must stand up and down, given where they stand across."""
    across = (at - dot.at) / 100 * NARROW
    apart = radius + dot.radius + GAP
    return math.sqrt(apart**2 - across**2) if abs(across) < apart else 0.0
