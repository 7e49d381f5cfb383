"""What a report tells without testing it: value per win, days to won, how leads closed by day.

These are descriptions: each comes with an interval, and none with a p-value or a verdict. The
wins themselves are an outcome of the test, so values per win compare selected leads; and curves
include leads that have not had their time, which spends no error rate.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.endings import Endings, Measure
from analysis.estimate import Estimate, Interval, NotEstimable, Why
from analysis.incidence import Measured, curve, measured, standard_error
from analysis.ratio_metric import Ratio, ratio, ratio_difference
from analysis.sufficient import Floats, RepTotals
from analysis.tails import t_of, z_of
from analysis.time_to_close import LeadTimes, RepTimes, compare_lead_times, compare_rep_times
from experiments.closing import Closing, endings
from experiments.counting import RepCount
from experiments.experiment import Unit
from experiments.metric import Kind, Metric
from experiments.plan import Plan, PlannedVariant
from experiments.process import Milestone
from experiments.rep_outcomes import SplitReps

# Days at which a curve's table stands, its last being the horizon.
TABLE_DAYS = 6


@dataclass(frozen=True, slots=True)
class Figure:
    """A variant's own figure, or a treatment's difference from the control; or why there is none.

    In the metric's unit; the interval holds at the plan's level.
    """

    variant: PlannedVariant
    value: float | None
    ci: Interval | None = None
    why: Why | None = None


@dataclass(frozen=True, slots=True)
class Described:
    """A metric that is told and not tested."""

    metric: Metric
    variants: tuple[Figure, ...]
    differences: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class DayShare:
    """The share of a variant's leads that had closed so by the end of a day since enrolment.

    `reach` is half the interval at the plan's level; it and `se` are there in tables.
    """

    day: int
    share: float
    se: float | None = None
    reach: float | None = None


@dataclass(frozen=True, slots=True)
class Course:
    """How a variant's leads closed by day: all enrolled ones, as far as they are followed.

    `won` counts first wins, also those that were reopened later; `table` has some of the days,
    with the error of both shares.
    """

    variant: PlannedVariant
    leads: int
    won: tuple[DayShare, ...]
    lost: tuple[DayShare, ...]
    won_table: tuple[DayShare, ...]
    lost_table: tuple[DayShare, ...]


def described(
    plan: Plan, counts: Sequence[RepCount], rows: Sequence[Closing], reps: SplitReps | None
) -> tuple[Described, ...]:
    """Every metric that the plan names and nobody tests.

    Args:
        rows: How leads closed; where the plan names no time, they are not looked at.
        reps: The split team; None where leads were split, and in a crossover.
    """
    makers: dict[Kind, Callable[[Metric], Described]] = {
        Kind.RATIO: lambda metric: _ratios(plan, counts, metric),
        Kind.TIME: lambda metric: _times(plan, rows, metric, reps),
    }
    return tuple(makers[each.kind](each) for each in plan.metrics if not each.is_tested)


def courses(plan: Plan, rows: Sequence[Closing]) -> tuple[Course, ...]:
    """Each variant's course, the variants in the plan's order."""
    return tuple(_course(plan, each, rows) for each in plan.variants)


def _ratios(plan: Plan, counts: Sequence[RepCount], metric: Metric) -> Described:
    sums = {each.key: _two_sums(counts, each, metric) for each in plan.variants}
    control = sums[plan.control.key]
    return Described(
        metric,
        tuple(_of_ratio(each, ratio(*sums[each.key], level=plan.level)) for each in plan.variants),
        tuple(
            _of_ratio(each, ratio_difference(control, sums[each.key], level=plan.level))
            # The difference of two variants with the same reps has another error.
            for each in (() if plan.crossed else plan.treatments)
        ),
    )


def _two_sums(
    counts: Sequence[RepCount], variant: PlannedVariant, metric: Metric
) -> tuple[Floats, Floats]:
    """Each rep's won value, and the leads that it is divided by."""
    mine = [row for row in counts if row.variant_id == variant.id and row.value and row.value.n]
    above = [row.value.total for row in mine if row.value]
    if metric.milestone is Milestone.WON:
        below = [row.value.wins for row in mine if row.value]
    else:
        below = [row.reached[metric.milestone] for row in mine]
    return np.array(above, dtype=np.float64), np.array(below, dtype=np.float64)


def _of_ratio(variant: PlannedVariant, found: Ratio | NotEstimable) -> Figure:
    if isinstance(found, NotEstimable):
        return Figure(variant, None, why=found.why)
    return Figure(variant, found.value, found.ci)


def _times(
    plan: Plan, rows: Sequence[Closing], metric: Metric, reps: SplitReps | None
) -> Described:
    # The compared leads' differences are judged by what was split, and told without their p.
    of_variants = tuple(_own_time(plan, each, rows) for each in plan.variants)
    if plan.crossed:
        return Described(metric, of_variants, ())
    found = _rep_times(plan, rows, reps) if reps else _lead_times(plan, rows)
    return Described(metric, of_variants, found)


def _own_time(plan: Plan, variant: PlannedVariant, rows: Sequence[Closing]) -> Figure:
    leads = endings(*_of_variant(rows, variant))
    found = measured(leads, Measure.TIME_TO_WON, plan.horizon_days)
    if isinstance(found, NotEstimable):
        return Figure(variant, None, why=found.why)
    by_rep = plan.unit is Unit.REP
    se = standard_error(leads, Measure.TIME_TO_WON, plan.horizon_days, by_rep=by_rep)
    if se is None:
        return Figure(variant, found.value)
    reach = se * _widths(plan, leads)
    return Figure(variant, found.value, (found.value - reach, found.value + reach))


def _widths(plan: Plan, leads: Endings) -> float:
    """How many standard errors an interval reaches to each side."""
    alpha = 1 - plan.level
    if plan.unit is not Unit.REP:
        return z_of(alpha)
    return t_of(alpha, max(len(leads.reps) - 1, 1))


def _rep_times(plan: Plan, rows: Sequence[Closing], reps: SplitReps) -> tuple[Figure, ...]:
    leads: dict[int, int] = {}
    for row in rows:
        leads[row.rep_id] = leads.get(row.rep_id, 0) + row.leads
    ids = [rep for rep in sorted(leads) if rep in reps.names]
    totals = RepTotals.of_counts(
        [reps.names[rep] for rep in ids], [leads[rep] for rep in ids], [0] * len(ids)
    )
    id_of = {name: rep for rep, name in reps.names.items()}
    pairs = {
        key: RepTimes(
            endings(rows, [id_of[name] for name in pair.totals.reps]),
            pair.treated,
            pair.redraws,
            pair.exact,
            Measure.TIME_TO_WON,
            plan.horizon_days,
        )
        for key, pair in reps.pairs_of({"time": totals})["time"].items()
    }
    found = compare_rep_times(pairs, level=plan.level)
    # Of the average lead, as the variants' own means are: the two must agree.
    return tuple(
        _of_result(each, found[each.key].estimates["jackknife"]) for each in plan.treatments
    )


def _lead_times(plan: Plan, rows: Sequence[Closing]) -> tuple[Figure, ...]:
    control = endings(*_of_variant(rows, plan.control))
    pairs = {
        each.key: LeadTimes(
            control, endings(*_of_variant(rows, each)), Measure.TIME_TO_WON, plan.horizon_days
        )
        for each in plan.treatments
    }
    found = compare_lead_times(pairs, level=plan.level)
    return tuple(_of_result(each, found[each.key].result) for each in plan.treatments)


def _of_result(variant: PlannedVariant, result: Estimate | NotEstimable) -> Figure:
    if isinstance(result, NotEstimable):
        return Figure(variant, None, why=result.why)
    return Figure(variant, result.effect, result.ci)


def _course(plan: Plan, variant: PlannedVariant, rows: Sequence[Closing]) -> Course:
    leads = endings(*_of_variant(rows, variant))
    by_rep, horizon = plan.unit is Unit.REP, plan.horizon_days
    every, widths = range(1, horizon + 1), _widths(plan, leads)
    some = sorted({round(horizon * at / TABLE_DAYS) for at in range(1, TABLE_DAYS + 1)} - {0})

    def line(measure: Measure) -> tuple[DayShare, ...]:
        found = [(day, measured(leads, measure, day)) for day in every]
        return tuple(
            DayShare(day, each.value) for day, each in found if isinstance(each, Measured)
        )

    def table(measure: Measure) -> tuple[DayShare, ...]:
        points = curve(leads, measure, some, by_rep=by_rep)
        return tuple(
            DayShare(int(each.time), each.value, each.se, each.se and each.se * widths)
            for each in points
        )

    return Course(
        variant,
        leads.leads,
        line(Measure.WON),
        line(Measure.LOST),
        table(Measure.WON),
        table(Measure.LOST),
    )


def _of_variant(
    rows: Sequence[Closing], variant: PlannedVariant
) -> tuple[list[Closing], list[int]]:
    mine = [row for row in rows if row.variant_id == variant.id]
    return mine, sorted({row.rep_id for row in mine})
