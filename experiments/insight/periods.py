"""Calendar months and quarters of the company, as bounds in time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import ibis

from experiments.store.columns import to_micros


def month_of(moment: datetime, zone: ZoneInfo) -> date:
    """The first day of a moment's month in the company's zone."""
    return moment.astimezone(zone).date().replace(day=1)


def later(month: date, months: int) -> date:
    """The first day of the month that comes so many months later."""
    count = 12 * month.year + month.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)


def months_between(first: date, last: date, *, step: int = 1) -> list[date]:
    """The first days of months from the one of `first` to that of `last`, `step` apart.

    With a step of 3 they are calendar quarters.
    """
    begin = first.replace(month=first.month - (first.month - 1) % step, day=1)
    found = [begin]
    while (following := later(found[-1], step)) <= last:
        found.append(following)
    return found


def begins_at(day: date, zone: ZoneInfo) -> datetime:
    """The moment at which a day begins in the company's zone."""
    return datetime.combine(day, time(), zone)


def period_index(column: Any, bounds: Sequence[date], zone: ZoneInfo) -> Any:
    """In which of the periods that begin on these days a column of times lies, from 0.

    A sum of comparisons, as the integer times of the store know no calendar.
    """
    passed: Any = ibis.literal(0, "int64")
    for day in bounds[1:]:
        passed = passed + (column >= to_micros(begins_at(day, zone))).ifelse(1, 0)
    return passed
