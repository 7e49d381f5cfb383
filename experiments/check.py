"""What a check is: a question to a test's health, its answer, and the figures behind that."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class CheckName(StrEnum):
    """The checks there are, those that block the verdict first."""

    PLAN = "plan"
    DRAW = "draw"
    RATIO = "ratio"
    UNMAPPED_STAGES = "unmapped_stages"
    MISSING_OUTCOMES = "missing_outcomes"
    MISSING_VALUES = "missing_values"
    STALE_DATA = "stale_data"
    IDLE_REPS = "idle_reps"
    BALANCE = "balance"
    LEADS_PER_REP = "leads_per_rep"
    TRANSFERS = "transfers"
    ADHERENCE = "adherence"


class State(StrEnum):
    """What a check found."""

    PASSED = "passed"
    FAILED = "failed"
    UNKNOWN = "unknown"  # there is too little to judge yet


class FigureName(StrEnum):
    """What a figure is of."""

    UNITS = "units"
    PLANNED_SHARE = "planned_share"
    SHARE = "share"
    LEADS = "leads"
    REPS = "reps"
    AFFECTED = "affected"
    IDLE = "idle"
    LEADS_PER_REP = "leads_per_rep"
    RATIO = "ratio"
    LIMIT = "limit"
    P = "p"
    MISPLACED = "misplaced"
    COMPLETE_THROUGH = "complete_through"
    FOLLOWED = "followed"
    FLOOR = "floor"
    DAYS_OLD = "days_old"
    MOST_DAYS = "most_days"
    SHARE_BEFORE = "share_before"
    LEADS_BEFORE = "leads_before"
    DEAL_SIZE_BEFORE = "deal_size_before"  # in units of the company's currency
    TENURE = "tenure"


@dataclass(frozen=True, slots=True)
class Figure:
    """A number that a check rests on; `of` names the variant or the source it is of, if any.

    Shares are in [0, 1].
    """

    name: FigureName
    value: float | datetime | None
    of: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """One check. One that `blocks` lets no verdict stand while it fails; the others warn."""

    name: CheckName
    blocks: bool
    state: State
    figures: tuple[Figure, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether all is well, as far as can be known."""
        return self.state is State.PASSED

    @property
    def failed(self) -> bool:
        """Whether something is wrong."""
        return self.state is State.FAILED

    @property
    def prevents(self) -> bool:
        """Whether it keeps the figures from being trusted."""
        return self.blocks and self.failed
