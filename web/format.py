"""Numbers, money, days and times as a reader of a given language writes them.

Rates and differences come in as fractions: 0.141 is 14.1%, a difference of 0.02 is two points.
Digits and decimal signs are the locale's own, and a negative number has a true minus sign.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Literal
from zoneinfo import ZoneInfo

from babel import Locale, dates
from babel.numbers import (
    format_currency,
    format_decimal,
    format_percent,
    get_currency_precision,
    get_minus_sign_symbol,
    get_plus_sign_symbol,
)

from experiments.money import from_minor
from experiments.users import Calendar

NUMBERING = "default"
# Babel takes a numbering system's signs and leaves its digits Latin.
DIGITS = {
    "arab": str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩"),
    "arabext": str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹"),
}
UNITS: tuple[tuple[Literal["day", "hour", "minute"], timedelta], ...] = (
    ("day", timedelta(days=1)),
    ("hour", timedelta(hours=1)),
    ("minute", timedelta(minutes=1)),
)
Gettext = Callable[[str], str]


def count(number: int, *, locale: Locale) -> str:
    """A whole number, its thousands grouped: `1,206`."""
    return _signed(Decimal(number), _decimal_format("#,##0", locale), locale)


def number(value: float, *, locale: Locale, digits: int = 2) -> str:
    """A plain number with a fixed count of decimals: `0.015`."""
    rounded = _rounded(value, digits)
    return _signed(rounded, _decimal_format(_pattern("#,##0", digits), locale), locale)


def percent(rate: float, *, locale: Locale, digits: int = 1) -> str:
    """A rate in [0, 1] as a percentage: `0.1412` gives `14.1%`."""
    pattern = locale.percent_formats[None].pattern.replace("##0", _pattern("##0", digits))
    sign = locale.number_symbols[locale.default_numbering_system]["percentSign"]

    def write(size: Decimal) -> str:
        text = format_percent(size, pattern, locale=locale, numbering_system=NUMBERING)
        return text.replace("%", sign)

    return _signed(_rounded(rate, digits + 2), write, locale)


def points(difference: float, *, locale: Locale, digits: int = 1) -> str:
    """A difference of rates in points, for a sentence that names the unit: `0.041` gives `4.1`."""
    return number(difference * 100, locale=locale, digits=digits)


def signed_points(difference: float, *, locale: Locale, digits: int = 1) -> str:
    """A difference of rates in points with its sign: `+4.1`, `−0.3`, `0.0`."""
    text = points(difference, locale=locale, digits=digits)
    if _rounded(difference * 100, digits) <= 0:
        return text
    return get_plus_sign_symbol(locale, numbering_system=NUMBERING) + text


def interval(
    ends: tuple[float | None, float | None],
    *,
    locale: Locale,
    gettext: Gettext,
    digits: int = 1,
    signed: bool = True,
) -> str:
    """An interval of a difference in points: `+0.6 to +7.9`; `None` is an unbounded end.

    Args:
        ends: Low and high as fractions.
        gettext: Translates the words between the numbers.
        signed: Whether a positive end carries its sign.
    """
    write = signed_points if signed else points
    low, high = (None if end is None else write(end, locale=locale, digits=digits) for end in ends)
    return between(low, high, gettext=gettext)


def between(low: str | None, high: str | None, *, gettext: Gettext) -> str:
    """An interval whose ends are written already; `None` is an unbounded end."""
    if low is not None and high is not None:
        return gettext("%(low)s to %(high)s") % {"low": low, "high": high}
    if low is not None:
        return gettext("%(low)s or more") % {"low": low}
    if high is not None:
        return gettext("%(high)s or less") % {"high": high}
    return gettext("without bounds")


def money(minor: int, currency: str, *, locale: Locale, whole: bool = False) -> str:
    """An amount in the currency's minor units: `1240050, "EUR"` gives `€12,400.50`.

    Args:
        minor: Integer minor units (cents; yen have none).
        whole: Round to whole units, for columns of large amounts.
    """
    amount = from_minor(minor, currency)
    precision = get_currency_precision(currency)
    if whole or amount == amount.to_integral_value():
        amount, precision = amount.quantize(Decimal(1)), 0
    standard = locale.currency_formats["standard"].pattern
    pattern = standard.replace("#,##0.00", _pattern("#,##0", precision))

    def write(size: Decimal) -> str:
        text = format_currency(
            size,
            currency,
            pattern,
            locale=locale,
            currency_digits=False,
            numbering_system=NUMBERING,
        )
        # CLDR sets a code off from the number (KWD 1.500); Babel does not.
        return re.sub(r"(?<=[A-Z])(?=\d)", "\N{NO-BREAK SPACE}", text)

    return _signed(amount, write, locale)


def day(
    moment: date,
    *,
    locale: Locale,
    zone: ZoneInfo,
    calendar: Calendar = Calendar.GREGORIAN,
    short: bool = False,
) -> str:
    """The calendar day of a moment in the reader's zone, without the year when `short`."""
    when = _local(moment, zone) if isinstance(moment, datetime) else moment
    if calendar is Calendar.JALALI:
        return _own_digits(_jalali(when, locale, short=short), locale)
    if short:
        return _own_digits(dates.format_skeleton("MMMd", when, locale=locale), locale)
    return _own_digits(dates.format_date(when, "medium", locale=locale), locale)


def time(moment: datetime, *, locale: Locale, zone: ZoneInfo) -> str:
    """The time of day in the reader's zone, to the minute."""
    when = _local(moment, zone)
    return _own_digits(dates.format_time(when, "short", locale=locale), locale)


def moment(
    moment: datetime,
    *,
    locale: Locale,
    zone: ZoneInfo,
    calendar: Calendar = Calendar.GREGORIAN,
) -> str:
    """Day and time in the reader's zone."""
    pattern = str(dates.get_datetime_format("medium", locale=locale))
    return pattern.replace("'", "").format(
        time(moment, locale=locale, zone=zone),
        day(moment, locale=locale, zone=zone, calendar=calendar),
    )


def duration(length: timedelta, *, locale: Locale) -> str:
    """A length of time in its largest whole unit up to days: `9 days`, `3 hours`, `5 minutes`."""
    size = abs(length)
    name, unit = next((each for each in UNITS if size >= each[1]), UNITS[-1])
    # A threshold that no length reaches keeps days from turning into weeks and months.
    text = dates.format_timedelta(
        size // unit * unit, granularity=name, threshold=math.inf, locale=locale
    )
    return _own_digits(text, locale)


def days(number: int, *, locale: Locale) -> str:
    """A count of days: `60 days`."""
    text = dates.format_timedelta(
        timedelta(days=number), granularity="day", threshold=math.inf, locale=locale
    )
    return _own_digits(text, locale)


def _jalali(when: date, locale: Locale, *, short: bool) -> str:
    """A day of the Solar Hijri calendar: `4 Azar 1405`."""
    # Loaded for those who chose this calendar only.
    import jdatetime

    found = jdatetime.date.fromgregorian(date=when.date() if isinstance(when, datetime) else when)
    names = found.j_months_fa if locale.language == "fa" else found.j_months_en
    text = f"{found.day} {names[found.month - 1]}"
    return text if short else f"{text} {found.year}"


def _local(moment: datetime, zone: ZoneInfo) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a time without a zone cannot be shown")
    return moment.astimezone(zone)


def _pattern(whole: str, digits: int) -> str:
    return f"{whole}.{'0' * digits}" if digits else whole


def _rounded(value: float, digits: int) -> Decimal:
    # By way of the shortest text, so that 0.285 is the decimal a person sees.
    return Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-digits))


def _decimal_format(pattern: str, locale: Locale) -> Callable[[Decimal], str]:
    return lambda size: format_decimal(size, pattern, locale=locale, numbering_system=NUMBERING)


def _signed(value: Decimal, write: Callable[[Decimal], str], locale: Locale) -> str:
    """`value` written by size, then its sign: the patterns know only the ASCII hyphen."""
    text = _own_digits(write(abs(value)), locale)
    if value >= 0:
        return text
    # Between a minus and a currency's sign a line could break.
    joint = "" if text[0].isdigit() else "\N{WORD JOINER}"
    return _minus(locale) + joint + text


def _minus(locale: Locale) -> str:
    return get_minus_sign_symbol(locale, numbering_system=NUMBERING).replace("-", "−")


def _own_digits(text: str, locale: Locale) -> str:
    return text.translate(DIGITS.get(locale.default_numbering_system, {}))
