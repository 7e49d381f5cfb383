"""Days on which people work: not weekends, nor their country's holidays."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from holidays import HolidayBase

SATURDAY = 5


@cache
def countries() -> tuple[str, ...]:
    """Codes of the countries whose holidays are known, sorted."""
    import holidays

    return tuple(sorted(holidays.list_supported_countries(include_aliases=False)))


def is_working_day(day: date, country: str) -> bool:
    """Whether people of a country work on a day.

    Args:
        country: Its two letters; empty where holidays do not count, only weekends.
    """
    calendar = _calendar(country)
    if calendar is None:
        return day.weekday() < SATURDAY
    # Where the week ends on Friday, the calendar knows.
    return bool(calendar.is_working_day(day))


def after_working_days(start: date, days: int, country: str) -> date:
    """The working day that many working days after a day; 0 is the day itself, or the next one."""
    day, left = start, days
    while left > 0 or not is_working_day(day, country):
        day += timedelta(days=1)
        left -= is_working_day(day, country) and left > 0
    return day


@cache
def _calendar(country: str) -> HolidayBase | None:
    if not country:
        return None
    # Loaded for teams of a known country only.
    import holidays

    return holidays.country_holidays(country)
