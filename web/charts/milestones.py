"""The milestone table: each variant's shares, its difference, and a small interval plot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from web.charts.funnel import Share
from web.charts.interval import Difference, IntervalMark, difference_scale, interval_mark
from web.charts.scale import Scale


@dataclass(frozen=True, slots=True)
class Comparison:
    """One variant against the control at a milestone."""

    share: Share
    difference: Difference


@dataclass(frozen=True, slots=True)
class Milestone:
    """A milestone, the control's share, and a comparison for each other variant."""

    name: str
    control: Share
    comparisons: Sequence[Comparison]
    soft: str = ""
    primary: bool = False


@dataclass(frozen=True, slots=True)
class MilestoneLine:
    """A row of the table: one comparison; `first` opens its milestone."""

    milestone: Milestone
    comparison: Comparison
    mark: IntervalMark | None
    first: bool


@dataclass(frozen=True, slots=True)
class MilestoneTable:
    """The rows and the scale that their plots share."""

    scale: Scale
    lines: tuple[MilestoneLine, ...]


def milestone_table(milestones: Sequence[Milestone], *, mirrored: bool = False) -> MilestoneTable:
    """Place every comparison of every milestone on one scale that holds zero."""
    scale = difference_scale(
        (each.difference for milestone in milestones for each in milestone.comparisons),
        mirrored=mirrored,
    )
    return MilestoneTable(
        scale,
        tuple(
            MilestoneLine(milestone, each, interval_mark(scale, each.difference), first=index == 0)
            for milestone in milestones
            for index, each in enumerate(milestone.comparisons)
        ),
    )
