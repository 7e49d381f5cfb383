"""The report: the frozen plan, the counts and the estimates brought together.

Every figure that a page, the API or the command line shows comes from here. The verdict,
its p-value and its interval are one computation's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from analysis.estimate import Estimate
from experiments.caveats import Note, Reading, notes
from experiments.comparing import Comparison, Group, Row, groups
from experiments.counting import MILESTONES, Window, count
from experiments.decision import Decision, decision_on
from experiments.estimating import estimated
from experiments.experiment import Experiment, Status, status
from experiments.freshness import complete_through
from experiments.health import Check, checks
from experiments.opening import EarlyOpening, openings
from experiments.plan import Plan, frozen_plan
from experiments.problem import Refused, problem
from experiments.process import Milestone
from experiments.verdict import Facts, Verdict, judge


@dataclass(frozen=True, slots=True)
class Report:
    """All that is known of an experiment at a moment.

    `pooled` counts the leads of all variants together that reached each milestone: it can
    be shown at any time, as it says nothing about the difference.
    """

    plan: Plan
    name: str
    plan_hash: str
    status: Status
    launched_at: datetime
    measured_at: datetime
    as_of: datetime
    complete_through: datetime
    effects_shown: bool
    openings: tuple[EarlyOpening, ...]
    groups: tuple[Group, ...]
    pooled: Mapping[Milestone, int]
    rows: tuple[Row, ...]
    checks: tuple[Check, ...]
    verdict: Verdict
    winner: Comparison | None
    notes: tuple[Note, ...]
    decision: Decision | None

    @property
    def primary(self) -> Row | None:
        """The row that the verdict rests on; None while the effects are not shown."""
        return _primary(self.rows)

    @property
    def enrolled(self) -> int:
        """Leads enrolled, of all variants."""
        return sum(group.enrolled for group in self.groups)

    @property
    def matured(self) -> int:
        """Leads whose horizon has passed, of all variants."""
        return sum(group.matured for group in self.groups)

    @property
    def open(self) -> int:
        """Leads neither won nor lost yet, of all variants."""
        return sum(group.open for group in self.groups)

    @property
    def healthy(self) -> bool:
        """Whether every check passed."""
        return all(check.passed for check in self.checks)


def build(session: Session, found: Experiment, *, now: datetime) -> Report:
    """The report of a launched experiment.

    A decided one is shown as it was known when it was decided.

    Raises:
        Refused: for a draft, which has nothing to report.
    """
    if found.launched_at is None:
        raise Refused(problem("status", "A draft has nothing to report yet: launch it first."))
    plan = frozen_plan(found)
    as_of = min(now, found.decided_at or now)
    through = complete_through(session, found.id, now=as_of)
    state = status(found, now=now, complete_through=through)
    measured = state in (Status.MEASURED, Status.DECIDED)
    opened = tuple(openings(session, found))
    shown = measured or state is Status.STOPPED or bool(opened)
    counts = count(session, Window(found.id, plan.horizon_days, through, as_of))
    rows = estimated(session, plan, counts) if shown else ()
    of_variants = groups(plan, counts, shown=shown)
    health = checks(session, found, plan, counts, measured=measured)
    facts = _facts(_primary(rows), plan, health, state)
    verdict = judge(facts)
    reading = Reading(found, plan, state, counts, of_variants, _primary(rows), opened)
    return Report(
        plan=plan,
        name=found.name,
        plan_hash=found.plan_hash or "",
        status=state,
        launched_at=found.launched_at,
        measured_at=found.measured_at,
        as_of=as_of,
        complete_through=through,
        effects_shown=shown,
        openings=opened,
        groups=of_variants,
        pooled={each: sum(row.reached[each] for row in counts) for each in MILESTONES},
        rows=rows,
        checks=health,
        verdict=verdict,
        winner=_winner(rows, plan) if verdict is Verdict.ADOPT else None,
        notes=notes(reading),
        decision=decision_on(session, found),
    )


def _primary(rows: Sequence[Row]) -> Row | None:
    return next((row for row in rows if row.primary), None)


def _winner(rows: Sequence[Row], plan: Plan) -> Comparison | None:
    primary = _primary(rows)
    better = [each for each in primary.comparisons if _proved(each, plan) > 0] if primary else []
    return max(better, key=lambda each: _proved(each, plan), default=None)


def _facts(primary: Row | None, plan: Plan, health: Sequence[Check], state: Status) -> Facts:
    comparisons = primary.comparisons if primary else ()
    proved = [_proved(each, plan) for each in comparisons]
    return Facts(
        healthy=all(check.passed for check in health),
        stopped=state is Status.STOPPED,
        measured=state in (Status.MEASURED, Status.DECIDED),
        decidable=any(
            each.p is not None and not each.undecidable(plan.alpha) for each in comparisons
        ),
        better=any(effect > 0 for effect in proved),
        all_worse=bool(proved) and all(effect < 0 for effect in proved),
    )


def _proved(comparison: Comparison, plan: Plan) -> float:
    """The effect where it is proved at the plan's error rate, else 0."""
    result = comparison.result
    if isinstance(result, Estimate) and comparison.proved(plan.alpha):
        return result.effect
    return 0.0
