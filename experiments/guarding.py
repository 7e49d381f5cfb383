"""Guardrails: whether a treatment does no more harm elsewhere than was planned to be borne."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from analysis.estimate import Estimate, Interval
from experiments.comparing import Comparison, Row
from experiments.metric import CATALOGUE, Metric
from experiments.plan import Plan, PlannedGuardrail, PlannedVariant


class Standing(StrEnum):
    """What the interval says of a guardrail."""

    HOLDS = "holds"
    UNCLEAR = "unclear"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Guarded:
    """A treatment at one guardrail.

    The interval is the comparison's own: with all guardrails having to hold, none is corrected
    for the others. Its low end clears the margin with a one-sided error of alpha/2.
    """

    variant: PlannedVariant
    metric: Metric
    margin: float
    interval: Interval | None
    standing: Standing


def guarded(plan: Plan, rows: Sequence[Row]) -> tuple[Guarded, ...]:
    """Every treatment at every guardrail of the plan."""
    at = {row.metric.key: row for row in rows}
    return tuple(
        _guarded(guardrail, comparison)
        for guardrail in plan.guardrails
        for comparison in (at[guardrail.metric].comparisons if guardrail.metric in at else ())
    )


def standing_of(variant: PlannedVariant, found: Sequence[Guarded]) -> Standing:
    """The worst of a treatment's guardrails; they hold where there are none."""
    mine = {each.standing for each in found if each.variant.key == variant.key}
    for worst in (Standing.BROKEN, Standing.UNCLEAR):
        if worst in mine:
            return worst
    return Standing.HOLDS


def _guarded(guardrail: PlannedGuardrail, comparison: Comparison) -> Guarded:
    result = comparison.result
    interval = result.ci if isinstance(result, Estimate) else None
    return Guarded(
        comparison.variant,
        CATALOGUE[guardrail.metric],
        guardrail.margin,
        interval,
        _standing(interval, guardrail.margin),
    )


def _standing(interval: Interval | None, margin: float) -> Standing:
    low, high = interval or (None, None)
    if low is not None and low > -margin:
        return Standing.HOLDS
    if high is not None and high < -margin:
        return Standing.BROKEN
    return Standing.UNCLEAR
