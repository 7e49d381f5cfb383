"""What had to be true before a lead moves on, and was not when somebody moved it all the same."""

from __future__ import annotations

import json
from collections.abc import Collection

from experiments.events import SITE, Event
from experiments.process import Stage, StageKind

_KEPT_AS = "open_criteria"


def open_criteria(present: Stage | None, target: Stage, met: Collection[int]) -> list[str]:
    """The exit criteria of the present stage that a move on leaves open; [] for other moves.

    Args:
        met: The places of those that the mover says are true.
    """
    moves_on = (
        present is not None
        and present.kind is StageKind.OPEN
        and target.kind is not StageKind.LOST
        and target.position > present.position
    )
    if present is None or not moves_on:
        return []
    return [each.text for each in present.exit_criteria if each.position not in met]


def as_told(left_open: Collection[str]) -> dict[str, list[str]]:
    """What a move keeps of them, beside its reason."""
    return {_KEPT_AS: list(left_open)} if left_open else {}


def left_open(event: Event) -> list[str]:
    """The criteria that were open when somebody made this move on the site."""
    if event.source.name != SITE or _KEPT_AS not in event.payload:
        return []
    texts: list[str] = json.loads(event.payload).get("origin", {}).get(_KEPT_AS, [])
    return texts
