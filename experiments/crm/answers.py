"""What the answer of a server means for a request: taken, try later, or no sense in trying."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(hours=6)
# With these pauses the last try is about two days after the first.
MOST_TRIES = 15
_MOST_ASKED = timedelta(days=1)
_LATER = frozenset({408, 425, 429})


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer; the status is 0 where none came, and `text` says why."""

    status: int
    text: str = ""
    headers: Mapping[str, str] | None = None

    @property
    def taken(self) -> bool:
        """Whether the program took it."""
        return 200 <= self.status < 300

    @property
    def fault(self) -> str:
        """What a person reads."""
        return f"{self.status}: {self.text}" if self.status else self.text


def next_try(answered: Answered, tries: int, *, chance: float, now: datetime) -> datetime | None:
    """When to try again; None where there is no sense in it.

    The pause doubles, and its last half is left to chance: programs that failed together
    shall not come back together. A server that says when is believed, up to a day.

    Args:
        tries: How often it was tried, this time included.
        chance: In [0, 1).
    """
    later = answered.status == 0 or answered.status >= 500 or answered.status in _LATER
    if not later or tries >= MOST_TRIES:
        return None
    asked = _asked(answered, now)
    if asked is not None:
        return now + min(max(asked, timedelta()), _MOST_ASKED)
    pause = min(FIRST_PAUSE * 2 ** min(tries - 1, 20), LONGEST_PAUSE)
    at: datetime = now + pause * (0.5 + chance / 2)
    return at


def _asked(answered: Answered, now: datetime) -> timedelta | None:
    """The pause of `Retry-After`, in seconds or as a date; None where there is none."""
    said = (answered.headers or {}).get("retry-after", "").strip()
    if said.isascii() and said.isdecimal() and len(said) < 8:
        return timedelta(seconds=int(said))
    try:
        at: datetime = parsedate_to_datetime(said)
    except ValueError:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)) - now
