"""From leads to weeks: how long a test takes until its last lead has matured."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from analysis.planned_design import Design
from analysis.power import USUAL_POWER, Plan

DAYS_A_WEEK = 7
# Nobody plans for longer.
MOST_WEEKS = 260


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast leads come, and how long each of them takes.

    Args:
        leads_per_week: New ones of a rep, on average, above 0.
        horizon_days: Within which an outcome counts, 0 or more.
    """

    leads_per_week: float
    horizon_days: int

    def __post_init__(self) -> None:
        if not 0 < self.leads_per_week < float("inf"):
            raise ValueError(f"leads_per_week is above 0, not {self.leads_per_week}")
        if self.horizon_days < 0:
            raise ValueError(f"horizon is 0 days or more, not {self.horizon_days}")

    def total(self, design: Design, enrolment: float) -> float:
        """Weeks from the first lead until the last has matured.

        A crossover waits for a horizon between its periods too, so that nothing of the first
        variant lingers in the second.
        """
        return total_weeks(design, enrolment, self.horizon_days)

    def needed(
        self, plan: Plan, effect: float, *, power: float = USUAL_POWER, most: int = MOST_WEEKS
    ) -> int | None:
        """The least weeks of enrolment with which the plan finds the effect so often.

        Args:
            plan: Its leads per rep are those of the weeks that are tried; what is known of the
                reps from before stays as good as it is.
            most: Weeks that are tried at most.
        Returns:
            `None` where not even `most` weeks are enough.
        """

        def enough(weeks: int) -> bool:
            leads = max(weeks * self.leads_per_week, 2.0 if plan.design.splits_leads else 1.0)
            return plan.with_leads(leads).power(effect) >= power

        return least(enough, most)


def least(enough: Callable[[int], bool], most: int) -> int | None:
    """The least whole number from 1 that is enough, by halving; `None` where `most` is not.

    Args:
        enough: True from some number on.
    """
    if not enough(most):
        return None
    low, high = 0, most
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def total_weeks(design: Design, enrolment: float, horizon_days: int) -> float:
    """Weeks from the first lead until the last has matured; see `Pace.total`."""
    waits = 2 if design is Design.CROSSOVER else 1
    return enrolment + waits * horizon_days / DAYS_A_WEEK
