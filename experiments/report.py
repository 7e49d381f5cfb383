"""The report: the frozen plan, the counts and the estimates brought together.

Every figure that a page, the API or the command line shows comes from here. The verdict,
its p-value and its interval are one computation's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from analysis.estimate import Estimate, Result
from experiments.adherence import Followed, followed
from experiments.beside import Beside, beside
from experiments.caveats import Note, Reading, notes
from experiments.check import Check
from experiments.comparing import Comparison, Group, Row, groups
from experiments.counting import count
from experiments.decision import Decision, decision_on
from experiments.earlier import Earlier, earlier_phases
from experiments.estimating import estimated, reps_of
from experiments.evidence import Evidence
from experiments.exclusion import kept_out
from experiments.experiment import Experiment, Status, Unit, status
from experiments.freshness import complete_through
from experiments.guarding import Guarded, Standing, guarded, standing_of
from experiments.health import checks
from experiments.joining import left
from experiments.looks import PlannedLook, due_look
from experiments.metric import MILESTONES
from experiments.missing_values import NONE_MISSING, MissingValues, missing_values
from experiments.opening import EarlyOpening, openings
from experiments.plan import Plan, frozen_plan
from experiments.problem import Refused, problem
from experiments.process import Milestone
from experiments.roster import roster_of
from experiments.standpoint import LookShown, Standpoint, looks_shown, seen_before, standpoint
from experiments.verdict import Facts, Rule, Verdict, ruled


@dataclass(frozen=True, slots=True)
class Progress:
    """Leads of all variants, as counted today."""

    enrolled: int
    matured: int
    open: int


@dataclass(frozen=True, slots=True)
class Report:
    """All that is known of an experiment at a moment.

    `pooled` counts the leads of all variants together that reached each milestone: it can
    be shown at any time, as it says nothing about the difference. `beside` is there where effects
    are shown. At a planned look all of that is what the look saw; `today` is what is there now.
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
    rule: Rule
    winner: Comparison | None
    notes: tuple[Note, ...]
    decision: Decision | None
    guardrails: tuple[Guarded, ...] = ()
    looks: tuple[LookShown, ...] = ()
    look: int | None = None
    due: PlannedLook | None = None
    today: Progress | None = None
    missing: MissingValues = NONE_MISSING
    beside: Beside | None = None
    followed: tuple[Followed, ...] = ()
    earlier: tuple[Earlier, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """What the figures say, by the rule that holds."""
        return self.rule.verdict

    @property
    def primary(self) -> Row | None:
        """The row that the verdict rests on; None while the effects are not shown."""
        return _primary(self.rows)

    def effect_of_following(self, found: Followed) -> Result | None:
        """What a treatment does to leads that are followed up; None where no method tells."""
        comparisons = self.primary.comparisons if self.primary else ()
        mine = (each for each in comparisons if each.variant.key == found.variant.key)
        return next((each.methods.estimates.get("cace") for each in mine), None)

    @property
    def ready(self) -> bool:
        """Whether a decision can be taken: the test is over, or its latest look shows enough."""
        if self.status in (Status.MEASURED, Status.STOPPED):
            return True
        latest = max((each.planned.number for each in self.looks if each.taken_at), default=None)
        shows = self.verdict in (Verdict.ADOPT, Verdict.KEEP)
        return shows and self.look == latest and self.status is not Status.DECIDED

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
        """Whether no check keeps the figures from being trusted."""
        return not any(check.prevents for check in self.checks)


def build(
    session: Session, found: Experiment, *, now: datetime, look: int | None = None
) -> Report:
    """The report of a launched experiment.

    A decided one is shown as it was known when it was decided, one with planned looks as the
    latest look saw it.

    Args:
        look: The number of a look that was taken, to be seen again as it was then.
    Raises:
        Refused: for a draft, which has nothing to report, and a look that was not taken.
    """
    if found.launched_at is None:
        raise Refused(problem("status", "A draft has nothing to report yet: launch it first."))
    plan = frozen_plan(found)
    as_of = min(now, found.decided_at or now)
    through = complete_through(session, found.id, now=as_of)
    state = status(found, now=now, complete_through=through)
    opened = tuple(openings(session, found))
    point = standpoint(
        session, found, plan, state, opened, through=through, as_of=as_of, look=look
    )
    counts = count(session, point.window)
    seen = seen_before(session, plan, point)
    roster = roster_of(session, found, plan, as_of=point.window.as_of)
    reps = reps_of(session, roster) if point.shown else None
    today = replace(point.window, complete_through=through, as_of=as_of)
    # The counts at hand are today's, unless they are a look's.
    present = counts if today == point.window else count(session, today)
    everyone = roster_of(session, found, plan, as_of=as_of)
    evidence = Evidence(session, found, everyone, present, window=today, measured=point.final)
    health = checks(evidence)
    # What was followed is counted of the same leads as what came of them.
    same = today == point.window
    done = evidence.followed if same else followed(session, plan, point.window)
    judged = count(session, point.window, by_account=True) if plan.by_account else counts
    rows = estimated(plan, judged, reps, seen, followed=done) if point.shown else ()
    guards = guarded(plan, rows)
    rule = ruled(_facts(rows, plan, health, guards, point, state))
    of_variants = groups(roster, counts, shown=point.shown)
    missing = missing_values(session, point.window, counts)
    reading = Reading(
        found,
        plan,
        state,
        counts,
        of_variants,
        _primary(rows),
        opened,
        roster,
        look=point.look,
        guardrails=guards,
        uneven=[each for each in evidence.routed if each.uneven],
        transfers=evidence.transfers,
        left=left(session, found, as_of=as_of) if plan.unit is Unit.REP else 0,
        kept_out=kept_out(session, found, as_of=as_of),
        missing_values=missing.wins,
    )
    return Report(
        plan=plan,
        name=found.name,
        plan_hash=found.plan_hash or "",
        status=state,
        launched_at=found.launched_at,
        measured_at=found.measured_at,
        as_of=point.window.as_of,
        complete_through=point.window.complete_through,
        effects_shown=point.shown,
        openings=opened,
        groups=of_variants,
        pooled={each: sum(row.reached[each] for row in counts) for each in MILESTONES},
        rows=rows,
        checks=health,
        rule=rule,
        winner=_winner(rows, plan, guards) if rule.verdict is Verdict.ADOPT else None,
        notes=notes(reading),
        decision=decision_on(session, found),
        guardrails=guards,
        looks=looks_shown(session, found, plan),
        look=point.look,
        due=due_look(session, found, now=now),
        today=Progress(
            sum(row.enrolled for row in present),
            sum(row.matured for row in present),
            sum(row.open for row in present),
        ),
        missing=missing,
        beside=beside(session, plan, counts, point.window, reps) if point.shown else None,
        followed=done,
        earlier=earlier_phases(session, found, point),
    )


def _primary(rows: Sequence[Row]) -> Row | None:
    return next((row for row in rows if row.primary), None)


def _better(rows: Sequence[Row], plan: Plan) -> list[Comparison]:
    primary = _primary(rows)
    return [each for each in primary.comparisons if _proved(each, plan) > 0] if primary else []


def _winner(rows: Sequence[Row], plan: Plan, guards: Sequence[Guarded]) -> Comparison | None:
    allowed = [
        each for each in _better(rows, plan) if standing_of(each.variant, guards) is Standing.HOLDS
    ]
    return max(allowed, key=lambda each: _proved(each, plan), default=None)


def _facts(
    rows: Sequence[Row],
    plan: Plan,
    health: Sequence[Check],
    guards: Sequence[Guarded],
    point: Standpoint,
    state: Status,
) -> Facts:
    primary = _primary(rows)
    proved = [_proved(each, plan) for each in primary.comparisons] if primary else []
    standings = [standing_of(each.variant, guards) for each in _better(rows, plan)]
    return Facts(
        healthy=not any(check.prevents for check in health),
        stopped=state is Status.STOPPED,
        measured=point.final,
        looked=point.look is not None,
        better=Standing.HOLDS in standings,
        harmful=bool(standings) and set(standings) == {Standing.BROKEN},
        all_worse=bool(proved) and all(effect < 0 for effect in proved),
    )


def _proved(comparison: Comparison, plan: Plan) -> float:
    """The effect where it is proved at the plan's error rate, else 0."""
    result = comparison.result
    if isinstance(result, Estimate) and comparison.proved(plan.alpha):
        return result.effect
    return 0.0
