"""The counts of an experiment into its groups and comparisons, by the design that was planned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.comparison import Comparison as Methods
from analysis.estimate import Estimate, Interval, Result, rejects
from experiments.counting import RepCount
from experiments.experiment import Unit
from experiments.metric import CATALOGUE, MILESTONES, Metric
from experiments.metric_sums import rep_totals
from experiments.plan import PlannedVariant
from experiments.process import Milestone
from experiments.roster import Roster


@dataclass(frozen=True, slots=True)
class Worth:
    """The won value of a variant's matured leads, in minor units.

    `missing` wins have no value, and `leads` are the others; the largest deal is 0 where
    nothing was won.
    """

    leads: int
    wins: int
    total: float
    largest: float
    missing: int


@dataclass(frozen=True, slots=True)
class Group:
    """One variant's reps and leads. `open` leads are neither won nor lost yet.

    `reached` counts matured leads, and `rates` are what comparisons compare, by the metric's
    key: the average rep's where reps were split, the average lead's where leads were. Both are
    empty while the effects are not shown, and `worth` is None, as where no value is planned.
    """

    variant: PlannedVariant
    reps: int
    enrolled: int
    matured: int
    open: int
    reached: Mapping[Milestone, int]
    rates: Mapping[str, float | None]
    worth: Worth | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """A treatment against the control at one metric, by every method that applies.

    `comparisons` counts the treatments that are compared with the control. `family_p` is the
    p-value of a metric beside the primary, corrected for the other ones beside it.
    """

    variant: PlannedVariant
    methods: Methods
    comparisons: int = 1
    family_p: float | None = None

    @property
    def result(self) -> Result:
        """The primary method's answer."""
        return self.methods.result

    @property
    def interval(self) -> Interval | None:
        """The primary's interval, wider where several treatments are compared."""
        if self.methods.adjusted:
            return self.methods.adjusted.ci
        return self.result.ci if isinstance(self.result, Estimate) else None

    @property
    def p(self) -> float | None:
        """The primary's p-value, corrected likewise; None where there is no estimate."""
        if self.methods.adjusted:
            return self.methods.adjusted.p
        return self.result.p if isinstance(self.result, Estimate) else None

    def proved(self, alpha: float) -> bool:
        """Whether a difference is shown at the plan's error rate."""
        return self.p is not None and rejects(self.p, level=1 - alpha)

    def undecidable(self, alpha: float) -> bool:
        """Whether no outcome at all could have shown a difference: too few ways to split."""
        smallest = self.result.smallest_p if isinstance(self.result, Estimate) else None
        # Holm judges the most striking of m comparisons at alpha / m.
        return smallest is not None and not rejects(self.comparisons * smallest, level=1 - alpha)


@dataclass(frozen=True, slots=True)
class Row:
    """A metric, and what each treatment's comparison with the control says of it."""

    metric: Metric
    primary: bool
    comparisons: tuple[Comparison, ...]
    # Of a value, the same without the one deal that is worth most.
    without_largest: tuple[Comparison, ...] = ()

    @property
    def milestone(self) -> Milestone:
        """The milestone that the metric is about."""
        return self.metric.milestone


def groups(roster: Roster, counts: Sequence[RepCount], *, shown: bool) -> tuple[Group, ...]:
    """A group a variant; without its outcomes unless effects are `shown`."""
    variants = range(len(roster.plan.variants))
    return tuple(_group(roster, at, counts, shown=shown) for at in variants)


def _group(roster: Roster, at: int, counts: Sequence[RepCount], *, shown: bool) -> Group:
    plan = roster.plan
    variant = plan.variants[at]
    mine = [row for row in counts if row.variant_id == variant.id]
    by_rep = plan.unit is Unit.REP
    outcomes = MILESTONES if shown else ()
    tested = {CATALOGUE[each.value] for each in outcomes} | set(plan.compared if shown else ())
    return Group(
        variant=variant,
        reps=roster.sizes[at] if by_rep else len({row.rep_id for row in mine}),
        enrolled=sum(row.enrolled for row in mine),
        matured=sum(row.matured for row in mine),
        open=sum(row.open for row in mine),
        reached={each: sum(row.reached[each] for row in mine) for each in outcomes},
        rates={each.key: average(mine, each, by_rep=by_rep) for each in tested},
        worth=_worth(mine) if shown and plan.valuation else None,
    )


def average(mine: Sequence[RepCount], metric: Metric, *, by_rep: bool) -> float | None:
    """One variant's average at a metric: each rep counting once, or each lead."""
    totals = rep_totals({row.rep_id: str(row.rep_id) for row in mine}, mine, metric)
    if not len(totals.reps):
        return None
    if by_rep:
        return float(np.mean(totals.total / totals.n))
    return float(totals.total.sum() / totals.n.sum())


def _worth(mine: Sequence[RepCount]) -> Worth:
    values = [row.value for row in mine if row.value]
    return Worth(
        sum(each.n for each in values),
        sum(each.wins for each in values),
        sum(each.total for each in values),
        max((each.largest for each in values), default=0.0),
        sum(each.missing for each in values),
    )
