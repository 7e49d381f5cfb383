"""The phases of a test before its last change: shown beside the verdict, which rests on the last.

Their leads followed a process that the test has given up, so they are told and not tested: a
difference with its interval, as it would have been judged, and no verdict.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from experiments.comparing import Comparison, Group, groups
from experiments.counting import count
from experiments.estimating import estimated, reps_of
from experiments.experiment import Experiment
from experiments.phases import Phase, changed, plans_after
from experiments.plan import Plan
from experiments.roster import roster_of
from experiments.standpoint import Standpoint
from experiments.window import window_of


@dataclass(frozen=True, slots=True)
class Earlier:
    """A phase that a change ended.

    Attributes:
        changed: Of each variant whose process the change replaced, its name, the old, the new.
        comparisons: At the primary metric; none while the effects are not shown.
    """

    number: int
    plan_hash: str
    from_at: datetime
    until_at: datetime
    reason: str
    by: str
    changed: tuple[tuple[str, str, str], ...]
    groups: tuple[Group, ...]
    comparisons: tuple[Comparison, ...]

    @property
    def enrolled(self) -> int:
        """Its leads."""
        return sum(group.enrolled for group in self.groups)


def earlier_phases(session: Session, found: Experiment, point: Standpoint) -> tuple[Earlier, ...]:
    """Every phase but the last, in order."""
    return tuple(
        _earlier(session, found, phase, after, point)
        for phase, after in plans_after(session, found)
    )


def _earlier(
    session: Session, found: Experiment, phase: Phase, after: Plan, point: Standpoint
) -> Earlier:
    plan, seen = phase.planned, point.window
    window = window_of(
        found.id, plan, through=seen.complete_through, as_of=seen.as_of, until=phase.until_at
    )
    counts = count(session, window)
    roster = roster_of(session, found, plan, as_of=seen.as_of)
    comparisons: tuple[Comparison, ...] = ()
    if point.shown:
        judged = count(session, window, by_account=True) if plan.by_account else counts
        rows = estimated(plan, judged, reps_of(session, roster))
        comparisons = next((row.comparisons for row in rows if row.primary), ())
    return Earlier(
        number=phase.number,
        plan_hash=phase.plan_hash,
        from_at=phase.from_at,
        until_at=phase.until_at,
        reason=phase.reason,
        by=phase.by.name if phase.by else "",
        changed=tuple(changed(phase, after)),
        groups=groups(roster, counts, shown=point.shown),
        comparisons=comparisons,
    )
