"""The company's programme of experiments: what was learned, adopted, and what it is worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ibis import _
from sqlalchemy.orm import Session

from analysis.estimate import Estimate, Interval
from analysis.tails import z_of
from analysis.winners import LEAST_EXPERIMENTS, Shrunk, Sum, Winners
from experiments.comparing import Comparison
from experiments.counting import fetched
from experiments.decision import Choice
from experiments.experiment import Experiment, Status, experiments
from experiments.insight.cohort import LONGEST_HORIZON, Scope, cohort
from experiments.metric import Kind
from experiments.process import Milestone
from experiments.report import Report, build
from experiments.store.columns import from_micros, to_micros
from experiments.verdict import Verdict

YEAR = timedelta(days=365)
# A rate over less would be more guess than count.
LEAST_HISTORY = timedelta(days=28)


@dataclass(frozen=True, slots=True)
class Effect:
    """What a treatment did to the close rate, as a fraction.

    `shrunk` is free of the winner's curse; None where there are too few experiments to tell.
    """

    variant: str
    estimate: float
    interval: Interval
    shrunk: Shrunk | None


@dataclass(frozen=True, slots=True)
class Line:
    """An experiment of the programme.

    Attributes:
        verdict: Of its report; None for a draft, and while effects are hidden.
        learned: The reason that was written with the decision.
        effects: Of each treatment on the close rate, where that decides and may be seen.
        leads_a_year: Leads that its participants get in a year, by the last one.
    """

    key: str
    name: str
    status: Status
    rehearsal: bool
    verdict: Verdict | None
    choice: Choice | None
    adopted: str
    learned: str
    effects: tuple[Effect, ...]
    leads_a_year: int | None


@dataclass(frozen=True, slots=True)
class Programme:
    """All experiments, newest first, and what the adopted ones bring in a year.

    `yearly` is in won leads: each adopted effect, shrunk, times the leads that its participants
    get. None without an adopted effect, or with too few experiments to shrink by.
    """

    lines: tuple[Line, ...]
    yearly: Sum | None
    shrinkable: int
    needed: int = LEAST_EXPERIMENTS

    @property
    def adopted(self) -> int:
        """How many had a winner that was adopted."""
        return sum(line.choice is Choice.ADOPT for line in self.lines)


@dataclass(frozen=True, slots=True)
class _Judged:
    """An experiment with its report and the comparisons that count for the programme."""

    found: Experiment
    report: Report | None
    comparisons: tuple[Comparison, ...]


def programme(session: Session, *, now: datetime) -> Programme:
    """Gather every experiment's outcome."""
    judged = [_judged(session, each, now) for each in experiments(session)]
    pool = [each for one in judged if not one.found.rehearsal for each in one.comparisons]
    winners = _winners(pool)
    shrunk = dict(zip(map(id, pool), winners.shrunk(), strict=True)) if winners else {}
    lines = tuple(_line(session, each, shrunk, now) for each in judged)
    yearly = None
    if winners:
        weights = [_weight(each, judged, lines) for each in pool]
        yearly = winners.weighted(weights) if any(weights) else None
    return Programme(lines, yearly, len(pool))


def standard_error(comparison: Comparison) -> float | None:
    """What the deciding interval is as wide as or, where it has no end, the t-test's on reps."""
    result = comparison.result
    if not isinstance(result, Estimate):
        return None
    low, high = result.ci
    if low is not None and high is not None and high > low:
        return (high - low) / (2 * z_of(1 - result.level))
    beside = comparison.methods.estimates.get("rep_t")
    return beside.se or None if isinstance(beside, Estimate) else None


def _judged(session: Session, found: Experiment, now: datetime) -> _Judged:
    if found.launched_at is None:
        return _Judged(found, None, ())
    report = build(session, found, now=now)
    row = report.primary
    counts = (
        row is not None
        and row.metric.kind is Kind.SHARE
        and row.metric.milestone is Milestone.WON
        and report.healthy
    )
    comparisons = row.comparisons if row and counts else ()
    return _Judged(found, report, tuple(each for each in comparisons if standard_error(each)))


def _winners(pool: Sequence[Comparison]) -> Winners | None:
    if len(pool) < LEAST_EXPERIMENTS:
        return None
    results = [each.result for each in pool]
    effects = [each.effect for each in results if isinstance(each, Estimate)]
    return Winners(effects, [standard_error(each) or 0.0 for each in pool])


def _line(session: Session, one: _Judged, shrunk: dict[int, Shrunk], now: datetime) -> Line:
    report = one.report
    decision = report.decision if report else None
    variant = decision.variant if decision else None
    return Line(
        key=one.found.key,
        name=one.found.name,
        status=report.status if report else Status.DRAFT,
        rehearsal=one.found.rehearsal,
        verdict=report.verdict if report and report.effects_shown else None,
        choice=decision.choice if decision else None,
        adopted=variant.name if variant else "",
        learned=decision.reason if decision else "",
        effects=tuple(
            Effect(each.variant.name, each.result.effect, each.result.ci, shrunk.get(id(each)))
            for each in one.comparisons
            if isinstance(each.result, Estimate)
        ),
        leads_a_year=_leads_a_year(session, one.found, now),
    )


def _weight(comparison: Comparison, judged: Sequence[_Judged], lines: Sequence[Line]) -> float:
    """The leads a year that work by it, where it was adopted."""
    for one, line in zip(judged, lines, strict=True):
        for each in one.comparisons:
            if each is comparison and each.variant.name == line.adopted:
                return float(line.leads_a_year or 0)
    return 0.0


def _leads_a_year(session: Session, found: Experiment, now: datetime) -> int | None:
    """By the last year of its participants' data, or what there is of it; None for too little."""
    everyone = cohort(session, Scope(LONGEST_HORIZON), now=now)
    reps = [rep.id for rep in found.participants]
    if not reps:
        return None
    leads = everyone.leads.filter(_.rep_id.isin(reps))
    until = to_micros(everyone.complete_through)
    lately = leads.filter(
        _.enrolled_at > until - YEAR // timedelta(microseconds=1), _.enrolled_at <= until
    )
    (row,) = fetched(session, lately.agg(n=_.count(), first=_.enrolled_at.min()), deep=True)
    if not row["n"]:
        return None
    span = everyone.complete_through - from_micros(row["first"])
    return round(int(row["n"]) * (YEAR / span)) if span >= LEAST_HISTORY else None
