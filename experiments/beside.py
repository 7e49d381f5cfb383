"""What stands beside the comparisons: descriptions, reps' own rates, how alike leads are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from analysis.icc import anova
from analysis.shrinkage import ShrunkenRate, shrunken_rates
from analysis.sufficient import RepTotals
from experiments.closing import closings
from experiments.counting import RepCount, Window
from experiments.describing import Course, Described, courses, described
from experiments.estimating import Reps
from experiments.lead_table.answer import Likeness
from experiments.metric import Kind
from experiments.metric_sums import rep_totals
from experiments.plan import Plan, PlannedVariant
from experiments.rep_outcomes import SplitReps


@dataclass(frozen=True, slots=True)
class RepRate:
    """A rep's own average at the primary metric, as counted and as it is best guessed."""

    variant: PlannedVariant
    name: str
    rate: ShrunkenRate


@dataclass(frozen=True, slots=True)
class Beside:
    """What stands beside the comparisons.

    Attributes:
        courses: How each variant's leads closed by day; empty where the plan names no time.
        reps: Where reps were split, each rep by variant and name, never by rate.
        likeness: Of one rep's leads within a variant; None where leads were split.
    """

    described: tuple[Described, ...]
    courses: tuple[Course, ...]
    reps: tuple[RepRate, ...]
    likeness: Likeness | None


def beside(
    session: Session,
    plan: Plan,
    counts: Sequence[RepCount],
    window: Window,
    reps: Reps | None,
) -> Beside:
    """All of it, for readers who may see effects.

    Args:
        window: The one that the counts are of.
        reps: The team; None where leads were split.
    """
    # In a crossover no variant has reps of its own.
    split = reps if isinstance(reps, SplitReps) else None
    timed = any(each.kind is Kind.TIME for each in plan.metrics)
    rows = closings(session, window) if timed else []
    return Beside(
        described(plan, counts, rows, split),
        courses(plan, rows) if timed else (),
        _rep_rates(plan, counts, split) if split else (),
        _likeness(plan, counts, split) if split else None,
    )


def _rep_rates(plan: Plan, counts: Sequence[RepCount], reps: SplitReps) -> tuple[RepRate, ...]:
    totals = _by_variant(plan, counts, reps)
    found = shrunken_rates(totals, level=plan.level) or ()
    rates = [
        RepRate(variant, reps.people[each.rep], each)
        for variant, of_variant in zip(plan.variants, found, strict=False)
        for each in of_variant
    ]
    order = {variant.key: at for at, variant in enumerate(plan.variants)}
    return tuple(sorted(rates, key=lambda each: (order[each.variant.key], each.name)))


def _likeness(plan: Plan, counts: Sequence[RepCount], reps: SplitReps) -> Likeness:
    totals = _by_variant(plan, counts, reps)
    leads = [n for each in totals for n in each.n.tolist()]
    return Likeness.of(anova(totals), leads, plan.level) if leads else Likeness()


def _by_variant(plan: Plan, counts: Sequence[RepCount], reps: SplitReps) -> list[RepTotals]:
    return [
        rep_totals(reps.names, [row for row in counts if row.variant_id == each.id], plan.primary)
        for each in plan.variants
    ]
