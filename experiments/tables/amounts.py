"""Amounts of money as files write them: one decimal sign for a whole column."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache

# Signs of currencies, and the spaces that group thousands.
_DRESS = re.compile(r"[\s\u00a0\u202f'’$€£¥₹₽₩฿₺₫₪]")
_CODE = re.compile(r"^[A-Z]{3}(?=[-+\d])|(?<=\d)[A-Z]{3}$")
# Groups of three digits, or of two as in India; a point that groups nothing is no thousand's.
_NUMBERS = {
    ".": re.compile(r"[-+]?(?:\d{1,3}(?:,\d{2,3})*,\d{3}|\d*)(?:\.\d*)?"),
    ",": re.compile(r"[-+]?(?:\d{1,3}(?:\.\d{2,3})*\.\d{3}|\d*)(?:,\d*)?"),
}
_LONGEST = 30


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount as a file tells it; `code` is the currency that stands beside it, if any."""

    number: Decimal
    code: str


@dataclass(slots=True)
class AmountColumn:
    """What the values of a column say about its decimal sign."""

    signs: Counter[str] = field(default_factory=Counter)

    def see(self, text: str) -> None:
        """Take a value into account."""
        sign = decimal_sign(text)
        if sign:
            self.signs[sign] += 1

    def decimal(self, delimiter: str) -> str:
        """The column's decimal sign.

        Where no value tells, a file whose cells are parted by semicolons comes from a
        place where the comma is the decimal sign.
        """
        if self.signs:
            return self.signs.most_common(1)[0][0]
        return "," if delimiter == ";" else "."


@lru_cache(maxsize=1 << 12)
def decimal_sign(text: str) -> str:
    """The decimal sign that one value proves; empty where it could be either."""
    plain = _plain(text)
    last = max(plain.rfind("."), plain.rfind(","))
    if last < 0:
        return ""
    sign, other = (".", ",") if plain[last] == "." else (",", ".")
    if plain.count(sign) > 1:
        return other
    if other in plain:
        return sign
    # "1.054" may be a thousand or one and a bit; "1.05" is no thousand.
    return "" if len(plain) - last - 1 == 3 and last > 0 else sign


@lru_cache(maxsize=1 << 14)
def read(text: str, decimal: str) -> Amount | None:
    """The amount that a text means; None where it is no number."""
    code = _CODE.search(_DRESS.sub("", text))
    plain = _plain(text)
    digits = any(map(str.isdigit, plain))
    if not digits or len(plain) > _LONGEST or not _NUMBERS[decimal].fullmatch(plain):
        return None
    whole = plain.replace("," if decimal == "." else ".", "").replace(",", ".")
    return Amount(Decimal(whole), code[0] if code else "")


def _plain(text: str) -> str:
    return _CODE.sub("", _DRESS.sub("", text))
