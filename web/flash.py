"""Messages that a page shows once, after the redirect that follows an act.

The cookie carries a code, never a text: whoever could plant a cookie cannot make the site say
something of their own, and nothing personal travels.
"""

from __future__ import annotations

from dataclasses import dataclass

FLASH_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Flash:
    """A message; `kind` is "good", "warn" or "bad"."""

    code: str
    kind: str
    text: str


_known: dict[str, Flash] = {}


def flash(code: str, kind: str, text: str) -> Flash:
    """Define a message of a page; the third argument is collected for translation.

    Raises:
        ValueError: if another message has the code.
    """
    made = Flash(code, kind, text)
    if _known.setdefault(code, made) != made:
        raise ValueError(f"two messages have the code {code}")
    return made


def flash_of(code: str | None) -> Flash | None:
    """The message of a cookie's code, if there is such a message."""
    return _known.get(code or "")
