"""How often somebody may fail to sign in before waiting.

Counted in this process's memory: writing a row for each failure would let anybody fill the disk.
With several servers each counts its own, so that the bound is theirs together.
"""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta
from threading import Lock

WITHIN = timedelta(minutes=15)
MOST_AN_ACCOUNT = 10
# Colleagues behind one office's address mistype too.
MOST_AN_ADDRESS = 50
# Names are typed by strangers; the oldest are forgotten beyond this many.
MOST_NAMES = 20_000


class Throttle:
    """Failures of the last quarter of an hour, by whatever they are counted for."""

    def __init__(self) -> None:
        self._failures: dict[str, deque[datetime]] = {}
        self._lock = Lock()

    def wait(self, account: str, address: str, *, now: datetime) -> timedelta | None:
        """How long to wait before the next try, or None.

        Args:
            account: The address that was typed, known or not: both are treated alike.
            address: The browser's network address.
        """
        with self._lock:
            waits = [self._wait(name, most, now) for name, most in _counted(account, address)]
        return max((each for each in waits if each), default=None)

    def failed(self, account: str, address: str, *, now: datetime) -> None:
        """Count one more failure."""
        with self._lock:
            for name, most in _counted(account, address):
                recent = self._failures.pop(name, None) or deque(maxlen=most)
                recent.append(now)
                self._failures[name] = recent
            while len(self._failures) > MOST_NAMES:
                del self._failures[next(iter(self._failures))]

    def succeeded(self, account: str) -> None:
        """Forget an account's failures: its owner is here."""
        with self._lock:
            self._failures.pop(_account(account), None)

    def _wait(self, name: str, most: int, now: datetime) -> timedelta | None:
        recent = self._failures.get(name)
        if recent is None or len(recent) < most:
            return None
        left = recent[0] + WITHIN - now
        return left if left > timedelta() else None


def _counted(account: str, address: str) -> list[tuple[str, int]]:
    return [(_account(account), MOST_AN_ACCOUNT), (f"address {address}", MOST_AN_ADDRESS)]


def _account(account: str) -> str:
    # Somebody may type pages of text; its beginning tells it apart.
    return f"account {account.strip().lower()[:254]}"
