"""Where leads go from each stage: a bar a stage, as long as the leads that came, in parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Way(StrEnum):
    """Where a stay ends, in the order in which its parts are drawn."""

    ON = "on"
    BACK = "back"
    LOST = "lost"
    STAYS = "stays"


@dataclass(frozen=True, slots=True)
class Part:
    """Stays that ended one way; `to` is the place they led to, or what became of them."""

    way: Way
    to: str
    stays: int


@dataclass(frozen=True, slots=True)
class FlowStep:
    """A stage, the leads that ever came, and how their stays ended."""

    name: str
    leads: int
    parts: Sequence[Part]


@dataclass(frozen=True, slots=True)
class FlowPart:
    """A part of a bar: where it starts and how long it is, in percent of the width."""

    part: Part
    start: float
    length: float


@dataclass(frozen=True, slots=True)
class FlowBar:
    """A stage's bar."""

    step: FlowStep
    parts: tuple[FlowPart, ...]


def flow(steps: Sequence[FlowStep], *, mirrored: bool = False) -> tuple[FlowBar, ...]:
    """Place the parts; the whole width is the most stays that any stage had.

    Raises:
        ValueError: for a negative number of stays.
    """
    if any(part.stays < 0 for step in steps for part in step.parts):
        raise ValueError("a number of stays is not negative")
    most = max((sum(part.stays for part in step.parts) for step in steps), default=0)
    return tuple(_bar(step, most, mirrored) for step in steps)


def _bar(step: FlowStep, most: int, mirrored: bool) -> FlowBar:
    placed, start = [], 0.0
    for part in step.parts:
        length = 100 * part.stays / most if most else 0.0
        at = 100 - start - length if mirrored else start
        placed.append(FlowPart(part, round(at, 3), round(length, 3)))
        start += length
    return FlowBar(step, tuple(placed))
