"""What a worker does: jobs, each of which does a portion of what is due and says how much."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy.orm import Session


class Store(Protocol):
    """Where jobs get their sessions; each is one transaction."""

    def reading(self) -> AbstractContextManager[Session]:
        """A session whose changes are not kept."""

    def writing(self) -> AbstractContextManager[Session]:
        """A session that is committed at its end, and rolled back if anything raises."""


@dataclass(frozen=True, slots=True)
class Job:
    """Something that falls due.

    Args:
        name: What the log calls it.
        run: Does at most one portion, in transactions of its own, and returns how many things
            it did; 0 says that nothing more is due. It may be run by several workers at once,
            and may be ended between any two of its transactions.
        every: How long it rests when nothing was due; none rests less than the worker does.
    """

    name: str
    run: Callable[[Store, datetime], int]
    every: timedelta = timedelta()
