"""Telling on standard error how far a long command is."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

QUIET_SECONDS = 1.0
PAUSE_SECONDS = 0.5
BAR = 20


class Progress:
    """Called with what is done and the total; says nothing in the first second.

    On a terminal a bar is drawn over and over, elsewhere a line is written now and then.

    Args:
        words: What to say, with `done` and `total` in it.
        clock: Gives seconds that only grow.
    """

    def __init__(
        self,
        words: str = "{done:,} of {total:,} rows read",
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._words, self._clock = words, clock
        self._began = self._told = clock()
        self._wrote = False

    def __enter__(self) -> Self:
        return self

    def __call__(self, done: int, total: int) -> None:
        now = self._clock()
        if now - self._began < QUIET_SECONDS or now - self._told < PAUSE_SECONDS:
            return
        self._told, self._wrote = now, True
        said = self._words.format(done=done, total=total)
        if sys.stderr.isatty():
            print(f"{_bar(done, total)} {said}", end="\r", file=sys.stderr, flush=True)
        else:
            print(said, file=sys.stderr, flush=True)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._wrote and sys.stderr.isatty():
            print(file=sys.stderr)


def _bar(done: int, total: int) -> str:
    """`[########------------]`."""
    full = BAR * min(done, total) // total if total else BAR
    return f"[{'#' * full}{'-' * (BAR - full)}]"


@contextmanager
def waiting(words: str, *, quiet: float = QUIET_SECONDS, pause: float = 5.0) -> Iterator[None]:
    """Say on standard error what is being done, if it takes over a second, and again now and then.

    Args:
        words: What is being done.
        quiet: Seconds before the first line.
        pause: Seconds between lines.
    """
    done, began = threading.Event(), time.monotonic()

    def tell() -> None:
        rest = quiet
        while not done.wait(rest):
            rest = pause
            seconds = time.monotonic() - began
            print(f"{words} ({seconds:.0f} s so far)", file=sys.stderr, flush=True)

    teller = threading.Thread(target=tell, daemon=True)
    teller.start()
    try:
        yield
    finally:
        done.set()
        teller.join()
