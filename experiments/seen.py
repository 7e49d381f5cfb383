"""What planned looks saw before the present one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from analysis.planned_looks import LookPlan
from experiments.counting import RepCount


@dataclass(frozen=True, slots=True)
class Seen:
    """What the planned looks before the present counts saw.

    Attributes:
        plan: Of these looks, and of the present counts as the last of them.
        counts: Of each look before.
    """

    plan: LookPlan
    counts: tuple[Sequence[RepCount], ...]
