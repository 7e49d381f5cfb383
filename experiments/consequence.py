"""What a difference would come to in a quarter, at as many leads as the test's own reps had.

The effect's interval carries over; that leads will go on coming as they did is taken for granted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from analysis.estimate import Estimate, Interval
from experiments.comparing import Comparison
from experiments.report import Report

QUARTER = timedelta(days=91)
# From a few days nobody can tell how many leads a quarter brings.
SHORTEST = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Consequence:
    """A treatment's difference in a quarter: in leads that get there, or in minor units of money.

    `leads` is how many the team had, by the same measure, of all variants together.
    """

    comparison: Comparison
    leads: float
    amount: float
    interval: Interval


def consequences(report: Report) -> tuple[Consequence, ...]:
    """Of every treatment with an estimate at the primary metric; none before enough is known."""
    leads = leads_a_quarter(report)
    comparisons = report.primary.comparisons if report.primary else ()
    if leads is None or report.plan.rehearsal:
        return ()
    return tuple(
        Consequence(
            each,
            leads,
            leads * each.result.effect,
            _times(leads, each.interval or (None, None)),
        )
        for each in comparisons
        if isinstance(each.result, Estimate)
    )


def leads_a_quarter(report: Report) -> float | None:
    """As many as enrolled, from the day on which they could to the end of that, or until now."""
    begins = max(report.launched_at, datetime.fromisoformat(report.plan.enrol_from_at))
    ends = report.measured_at - timedelta(days=report.plan.horizon_days)
    lasted = min(ends, report.as_of) - begins
    return report.enrolled * (QUARTER / lasted) if lasted >= SHORTEST else None


def _times(leads: float, interval: Interval) -> Interval:
    low, high = interval
    return None if low is None else leads * low, None if high is None else leads * high
