"""Money as integer minor units with a currency."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache

from babel.numbers import get_currency_precision, list_currencies


# Babel makes the list anew each time; who sends words at random may not fill the memory.
@lru_cache(maxsize=1024)
def known_currency(code: str) -> bool:
    """Whether a code is an ISO 4217 currency."""
    return code in list_currencies()


def to_minor(amount: Decimal, currency: str) -> int:
    """An amount in minor units (cents where there are cents), rounded half to even."""
    return int((amount * 10 ** get_currency_precision(currency)).to_integral_value())


def from_minor(minor: int, currency: str) -> Decimal:
    """The amount that `to_minor` was given, to the currency's precision."""
    return Decimal(minor).scaleb(-get_currency_precision(currency))
