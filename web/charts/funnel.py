"""Of 100 leads, how many reach each milestone: a bar for each variant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

MOST_VARIANTS = 4


@dataclass(frozen=True, slots=True)
class Share:
    """How many of a variant's leads reached a milestone.

    Args:
        rate: The share in [0, 1] that the report gives (of the average rep or lead); `None`
            where it cannot be said.
        reached: Leads that reached the milestone.
        of: Leads counted.
    """

    rate: float | None
    reached: int
    of: int


@dataclass(frozen=True, slots=True)
class FunnelStep:
    """A milestone and each variant's share, the control first."""

    name: str
    shares: Sequence[Share]
    primary: bool = False


@dataclass(frozen=True, slots=True)
class FunnelBar:
    """A bar: where it starts and how long it is, in percent of the width."""

    slot: int
    share: Share
    start: float
    length: float


@dataclass(frozen=True, slots=True)
class FunnelGroup:
    """A milestone's bars."""

    step: FunnelStep
    bars: tuple[FunnelBar, ...]


def funnel(steps: Sequence[FunnelStep], *, mirrored: bool = False) -> tuple[FunnelGroup, ...]:
    """Place the bars; the whole width is 100 leads of 100.

    Raises:
        ValueError: with more variants than can be told apart, or a share outside [0, 1].
    """
    return tuple(
        FunnelGroup(
            step,
            tuple(_bar(slot, share, mirrored) for slot, share in enumerate(step.shares)),
        )
        for step in steps
    )


def _bar(slot: int, share: Share, mirrored: bool) -> FunnelBar:
    if slot >= MOST_VARIANTS:
        raise ValueError(f"at most {MOST_VARIANTS} variants can be drawn")
    rate = share.rate or 0.0
    if not 0 <= rate <= 1:
        raise ValueError(f"a share lies between 0 and 1, not at {rate}")
    length = round(100 * rate, 3)
    return FunnelBar(slot, share, round(100 - length, 3) if mirrored else 0.0, length)
