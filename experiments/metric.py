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

    SHARE = "share"
    """Of the matured leads, those that reached the milestone; in [0, 1]."""
    VALUE = "value"
    """Won value per matured lead, zeros included; in minor units."""
    RATIO = "ratio"
    """Won value per lead that reached the milestone, in minor units. Who reached it is an
    outcome of the test itself, so the variants' ratios compare selected leads."""
    TIME = "time"
    """Days until the milestone within the horizon, leads that do not reach it counting as it."""


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric; `milestone` is the one that it is about."""

    key: str
    kind: Kind
    milestone: Milestone

    @property
    def is_tested(self) -> bool:
        """Whether it can decide, guard, or have a p-value; others are described."""
        return self.kind in (Kind.SHARE, Kind.VALUE)

    @property
    def is_money(self) -> bool:
        """Whether it is in minor units of the plan's currency, and needs a valuation."""
        return self.kind in (Kind.VALUE, Kind.RATIO)


@dataclass(frozen=True, slots=True)
class Quantity:
    """An amount of a metric, in its unit; `currency` is empty where that is not money."""

    metric: Metric
    amount: float
    currency: str


VALUE_PER_LEAD = "value_per_lead"

CATALOGUE: dict[str, Metric] = {
    metric.key: metric
    for metric in (
        *(Metric(each.value, Kind.SHARE, each) for each in MILESTONES),
        Metric(VALUE_PER_LEAD, Kind.VALUE, Milestone.WON),
        Metric("value_per_win", Kind.RATIO, Milestone.WON),
        Metric("days_to_won", Kind.TIME, Milestone.WON),
    )
}
TESTED = tuple(key for key, metric in CATALOGUE.items() if metric.is_tested)
