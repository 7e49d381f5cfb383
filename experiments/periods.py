"""The periods of a crossover: when each is, and which of them a moment belongs to."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from assignment.crossover import period_of, periods
from experiments.plan import Plan
from experiments.store.columns import to_micros

WHOLE = 0
"""The period of an assignment that holds for the whole test; a crossover's are 1 and 2."""


def planned_periods(
    first: date, last: date, washout_days: int, zone: ZoneInfo
) -> tuple[tuple[datetime, datetime], ...]:
    """Two periods of whole days of the company's calendar.

    Args:
        first, last: Days of enrolment, both included.
        washout_days: Between the periods, when nobody enrols.
    Raises:
        ValueError: where the washout leaves no day to enrol.
    """
    days = (last - first).days + 1
    return tuple(
        (_midnight(first, start, zone), _midnight(first, end, zone))
        for start, end in periods(0, days, washout_days)
    )


def enrolling_period(plan: Plan, at: datetime) -> int | None:
    """The period in which somebody enrols at a moment; None in the washout and outside."""
    if not plan.periods:
        return WHOLE
    first, second = ((_micros(start), _micros(end)) for start, end in plan.periods)
    number = period_of(to_micros(at), (first, second))
    return None if number is None else number + 1


def followed_period(plan: Plan, at: datetime) -> int:
    """The period whose process reps follow at a moment.

    In the washout it is the second already: its leads do not count, so there reps can learn it.
    """
    if not plan.periods:
        return WHOLE
    return 1 if at < datetime.fromisoformat(plan.periods[0][1]) else 2


def _micros(moment: str) -> int:
    return to_micros(datetime.fromisoformat(moment))


def _midnight(first: date, days: int, zone: ZoneInfo) -> datetime:
    return datetime.combine(first + timedelta(days=days), time(), zone)
