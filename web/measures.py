"""Amounts of metrics as a reader writes them: points of a share, money, days.

A unit is `points`, `days`, or the code of the currency in whose minor units an amount is.
"""

from __future__ import annotations

from decimal import Decimal

from babel import Locale
from babel.numbers import get_plus_sign_symbol

from experiments.metric import Kind, Metric
from experiments.money import to_minor
from web import format
from web.format import NUMBERING, Gettext
from web.texts import N_

POINTS, DAYS = "points", "days"
# From here on the cents of an average say nothing.
WHOLE_FROM = Decimal(100)

UNITS = {POINTS: N_("%(n)s points"), DAYS: N_("%(n)s days")}


def unit_of(metric: Metric, currency: str) -> str:
    """The unit of a metric's amounts and differences."""
    if metric.is_money:
        return currency
    return DAYS if metric.kind is Kind.TIME else POINTS


def in_unit(amount: float, unit: str, *, locale: Locale, gettext: Gettext) -> str:
    """An amount with its unit, for a sentence: `4.1 points`, `€25.40`, `3.2 days`."""
    text = bare(amount, unit, locale=locale)
    return gettext(UNITS[unit]) % {"n": text} if unit in UNITS else text


def bare(amount: float, unit: str, *, locale: Locale) -> str:
    """An amount for a table whose head names the unit; money shows its currency all the same."""
    if unit == POINTS:
        return format.points(amount, locale=locale)
    if unit == DAYS:
        return format.number(amount, locale=locale, digits=1)
    minor = round(amount)
    return format.money(minor, unit, locale=locale, whole=abs(minor) >= to_minor(WHOLE_FROM, unit))


def own_in(amount: float, unit: str, *, locale: Locale) -> str:
    """Somebody's own figure: a share as a percentage, other amounts as in a table."""
    return (
        format.percent(amount, locale=locale)
        if unit == POINTS
        else bare(amount, unit, locale=locale)
    )


def own_between(ends: tuple[float, float], unit: str, *, locale: Locale, gettext: Gettext) -> str:
    """The interval of such a figure; a share's does not leave [0, 1]."""
    low, high = ends
    if unit == POINTS:
        low, high = max(low, 0.0), min(high, 1.0)
    texts = (own_in(end, unit, locale=locale) for end in (low, high))
    return format.between(*texts, gettext=gettext)


def signed_in(amount: float, unit: str, *, locale: Locale, digits: int | None = None) -> str:
    """A difference with its sign, for a table.

    Args:
        digits: Decimals of points, where not one.
    """
    if unit == POINTS:
        return format.signed_points(amount, locale=locale, digits=1 if digits is None else digits)
    text = bare(amount, unit, locale=locale)
    if amount <= 0 or text == bare(0, unit, locale=locale):
        return text
    return get_plus_sign_symbol(locale, numbering_system=NUMBERING) + text


def interval_in(
    ends: tuple[float | None, float | None],
    unit: str,
    *,
    locale: Locale,
    gettext: Gettext,
    signed: bool = True,
) -> str:
    """An interval of a difference, or of an amount where it is not `signed`."""
    write = signed_in if signed else bare
    low, high = (None if end is None else write(end, unit, locale=locale) for end in ends)
    return format.between(low, high, gettext=gettext)
