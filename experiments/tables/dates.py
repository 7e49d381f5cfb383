"""Dates as files write them: one order of day, month and year for a whole column.

A value such as 03/04/2017 can be read in two ways. The column's other values decide; where
they do not, the file's other columns; where those do not either, the day is taken first, and
the summary of the import says so.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

DAY, MINUTE, SECOND = timedelta(days=1), timedelta(minutes=1), timedelta(seconds=1)
# A year of two digits is of this century up to here, as POSIX has it.
LAST_SHORT_YEAR = 68

_WRITTEN = re.compile(
    r"(?P<a>\d{1,4})(?P<sep>[-/.])(?P<b>\d{1,2})(?P=sep)(?P<c>\d{1,4})"
    r"(?:(?:T|,?\s+)(?P<hour>\d{1,2}):(?P<minute>\d{2})"
    r"(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?"
    r"\s*(?P<half>[AaPp]\.?[Mm]\.?)?"
    r"\s*(?P<zone>Z|UTC|GMT|[+-]\d{2}:?\d{2})?)?"
)


_TIME = ("hour", "minute", "second", "fraction", "half", "zone")


class Order(StrEnum):
    """In which order a date's parts stand."""

    YMD = "year-month-day"
    DMY = "day-month-year"
    MDY = "month-day-year"


# The first of those that fit equally well is taken.
ORDERS = (Order.YMD, Order.DMY, Order.MDY)


@dataclass(frozen=True, slots=True)
class Moment:
    """A time as a file tells it: somewhere from `at` on, for as long as `precision`.

    `zoned` says that the file gave a zone; else the company's was taken.
    """

    at: datetime
    precision: timedelta
    zoned: bool

    def not_before(self, other: datetime) -> datetime:
        """`at`, or `other` where it lies within what this moment may mean.

        A deal created at ten and closed "that day" was not closed at midnight before.
        """
        return max(self.at, other) if other < self.at + self.precision else self.at


@dataclass(slots=True)
class DateColumn:
    """What the values of a column allow."""

    fitting: Counter[Order] = field(default_factory=Counter)

    def see(self, text: str, zone: ZoneInfo | timezone) -> dict[Order, Moment]:
        """Take a value into account; returns what it means in each order that fits."""
        found = readings(text, zone)
        self.fitting.update(found.keys())
        return found

    @property
    def best(self) -> tuple[Order, ...]:
        """The orders that fit most values; several where the column cannot tell."""
        most = max(self.fitting.values(), default=0)
        return tuple(each for each in ORDERS if most and self.fitting[each] == most)


@dataclass(frozen=True, slots=True)
class Chosen:
    """The order in which a column is read, and whether its values left a doubt."""

    order: Order
    doubtful: bool


def choose(columns: Mapping[int, DateColumn]) -> dict[int, Chosen]:
    """Decide the order of each column of one file, by the column's index."""
    sure = {name: column.best[0] for name, column in columns.items() if len(column.best) == 1}
    habit = _habit(sure.values())
    chosen = {}
    for name, column in columns.items():
        best = column.best
        if name in sure:
            chosen[name] = Chosen(sure[name], doubtful=False)
        elif best:
            order = habit if habit in best else best[0]
            chosen[name] = Chosen(order, doubtful=habit not in best)
        else:
            chosen[name] = Chosen(habit or Order.YMD, doubtful=False)
    return chosen


def _habit(orders: Iterable[Order]) -> Order | None:
    found = set(orders)
    return found.pop() if len(found) == 1 else None


def readings(text: str, zone: ZoneInfo | timezone) -> dict[Order, Moment]:
    """What a text means in each order in which it is a date; empty for what is no date.

    Args:
        zone: Taken where the text names none.
    """
    found = _WRITTEN.fullmatch(text.strip())
    if found is None:
        return {}
    # A year of four digits in front can be nothing else: most columns are written so.
    possible = ORDERS[:1] if len(found["a"]) > 2 else ORDERS[1:]
    moments = {order: _in_order(found, order, zone) for order in possible}
    return {order: moment for order, moment in moments.items() if moment}


# A deal's row is read twice where there is a history, and each of its dates more than once.
@lru_cache(maxsize=1 << 15)
def read(text: str, order: Order, zone: ZoneInfo | timezone) -> Moment | None:
    """The moment that a text means; None where it is no date in that order."""
    found = _WRITTEN.fullmatch(text.strip())
    return _in_order(found, order, zone) if found else None


def _in_order(found: re.Match[str], order: Order, zone: ZoneInfo | timezone) -> Moment | None:
    parts = _year_month_day(found, order)
    if parts is None:
        return None
    try:
        return _moment(found, *parts, zone)
    except (ValueError, OverflowError):
        return None


def _year_month_day(found: re.Match[str], order: Order) -> tuple[int, int, int] | None:
    a, b, c = found.group("a", "b", "c")
    if order is Order.YMD:
        return (int(a), int(b), int(c)) if len(a) == 4 and len(c) <= 2 else None
    if len(a) > 2 or len(c) not in (2, 4):
        return None
    day, month = (a, b) if order is Order.DMY else (b, a)
    return _year(c), int(month), int(day)


def _year(text: str) -> int:
    if len(text) == 4:
        return int(text)
    return int(text) + (2000 if int(text) <= LAST_SHORT_YEAR else 1900)


def _moment(
    found: re.Match[str], year: int, month: int, day: int, zone: ZoneInfo | timezone
) -> Moment:
    hour, minute, second, fraction, half, said = found.group(*_TIME)
    if hour is None:
        at = datetime(year, month, day, tzinfo=zone)
        return Moment(at.astimezone(UTC), DAY, zoned=False)
    own = _own_zone(said)
    at = datetime(
        year,
        month,
        day,
        _hour(int(hour), half),
        int(minute),
        int(second or 0),
        int(fraction.ljust(6, "0")[:6]) if fraction else 0,
        tzinfo=own or zone,
    )
    precision = SECOND if second else MINUTE
    return Moment(at.astimezone(UTC), precision, zoned=own is not None)


def _hour(hour: int, half: str | None) -> int:
    if not half:
        return hour
    if not 1 <= hour <= 12:
        raise ValueError(f"{hour} is no hour of a half day")
    return hour % 12 + (12 if half[0] in "Pp" else 0)


@lru_cache(maxsize=256)
def _own_zone(text: str | None) -> timezone | None:
    if not text:
        return None
    if text[0] not in "+-":
        return UTC
    size = timedelta(hours=int(text[1:3]), minutes=int(text[-2:]))
    return timezone(size if text[0] == "+" else -size)
