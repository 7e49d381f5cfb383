"""Leads, and how each of them ended or was last seen: what time to close is estimated from."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum

import numpy as np

from analysis.sufficient import Bools, Floats, Ints


class Ending(IntEnum):
    """What a lead was when it was last seen."""

    OPEN = 0
    WON = 1
    LOST = 2


class Measure(StrEnum):
    """What is asked of the leads at a horizon."""

    WON = "won"  # the share won by then
    LOST = "lost"  # the share lost by then
    TIME_TO_WON = "time_to_won"  # the time until won, counted up to the horizon


@dataclass(frozen=True, slots=True, eq=False)
class Endings:
    """Leads with the time from enrolment to their first close, or to the last sight of them.

    Entry i of every array stands for `n[i]` leads of one rep with the same time and ending.
    """

    time: Floats  # in any unit, 0 or more, shape (M,)
    event: Ints  # an `Ending`, shape (M,)
    n: Ints  # leads, at least 1, shape (M,)
    rep: Ints  # the rep's index in `reps`, shape (M,)
    reps: tuple[str, ...]  # G of them, each with leads

    def __post_init__(self) -> None:
        if not self.time.shape == self.event.shape == self.n.shape == self.rep.shape:
            raise ValueError("endings have as many times as events, leads and reps")
        if not (np.isfinite(self.time) & (self.time >= 0)).all():
            raise ValueError("times are finite, and 0 or more")
        if not np.isin(self.event, list(Ending)).all() or (self.n < 1).any():
            raise ValueError("each entry is of one lead or more, open, won or lost")
        if set(self.rep.tolist()) != set(range(len(self.reps))):
            raise ValueError("each rep has leads, and each lead a rep")

    @property
    def leads(self) -> int:
        """How many leads there are."""
        return int(self.n.sum())

    def of(self, chosen: Bools) -> Endings:
        """The leads of the chosen reps alone.

        Args:
            chosen: Shape (G,).
        """
        kept = chosen[self.rep]
        places = np.cumsum(chosen) - 1
        reps = tuple(rep for rep, keep in zip(self.reps, chosen, strict=True) if keep)
        return Endings(
            self.time[kept], self.event[kept], self.n[kept], places[self.rep[kept]], reps
        )

    def is_followed(self, horizon: float) -> bool:
        """Whether somebody is seen through the horizon, or nobody was left open before it."""
        if not len(self.time):
            return False
        last = self.time.max()
        is_last = self.time == last
        return bool(last >= horizon or (self.event[is_last] != Ending.OPEN).all())

    def known(self, horizon: float) -> int:
        """Leads of which it is known whether they had closed by the horizon, and how."""
        return int(self.n[(self.time >= horizon) | (self.event != Ending.OPEN)].sum())
