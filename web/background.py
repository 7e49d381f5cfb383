"""Long reckonings beside the requests: begun, watched, and read when they are done."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock, Thread
from typing import Any

from experiments.problem import Problem, Refused, problem

MOST_AT_ONCE = 2
MOST_KEPT = 30

Told = Callable[[int, int], None]
"""Told how many of how many steps are done."""


@dataclass(slots=True)
class Run:
    """A reckoning under way, or its end: a result, or why there is none."""

    owner: int
    done: int = 0
    total: int = 1
    result: Any = None
    problems: tuple[Problem, ...] = ()
    finished: bool = False

    def tell(self, done: int, total: int) -> None:
        """Take note of how far it is."""
        self.done, self.total = done, total


@dataclass(slots=True)
class Runs:
    """All that this process reckons; a restart forgets them, and they can be begun again."""

    _runs: dict[str, Run] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def begin(self, work: Callable[[Told], object], *, owner: int) -> str:
        """Begin in a thread of its own; the answer is the token to ask by.

        Raises:
            Refused: while too many are under way.
        """
        run, token = Run(owner), secrets.token_urlsafe(16)
        with self._lock:
            if sum(not each.finished for each in self._runs.values()) >= MOST_AT_ONCE:
                text = "Other reckonings are still under way. Try again in a minute."
                raise Refused(problem("", text))
            self._runs[token] = run
            for old in list(self._runs)[:-MOST_KEPT]:
                del self._runs[old]
        Thread(target=_worked, args=(run, work), daemon=True).start()
        return token

    def of(self, token: str, *, owner: int) -> Run | None:
        """One's own reckoning; `None` where there is none, or it is somebody else's."""
        run = self._runs.get(token)
        return run if run and run.owner == owner else None


def _worked(run: Run, work: Callable[[Told], object]) -> None:
    try:
        run.result = work(run.tell)
    except Refused as refusal:
        run.problems = tuple(refusal.problems)
    except Exception:
        logging.getLogger("stagelift").exception("a reckoning failed")
        run.problems = (problem("", "This went wrong on our side. Try again."),)
    run.finished = True
