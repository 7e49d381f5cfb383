"""The catalogue of metrics: what the leads of a variant can be compared on.

A metric of a known kind is one entry here; its kind says how it is counted, estimated and shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from experiments.process import Milestone

MILESTONES = tuple(each for each in Milestone if each is not Milestone.LEAD)


class Kind(StrEnum):
    """What a metric is made of."""

    SHARE = "share"  # of the matured leads, those that reached the milestone; in [0, 1]


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric; `milestone` is the one that it is about."""

    key: str
    kind: Kind
    milestone: Milestone


CATALOGUE: dict[str, Metric] = {
    metric.key: metric
    for metric in (*(Metric(each.value, Kind.SHARE, each) for each in MILESTONES),)
}
