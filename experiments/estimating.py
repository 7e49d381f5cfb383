"""The counts of an experiment into comparisons, by the design that its plan recorded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from analysis.comparison import Comparison as Methods
from analysis.methods import compare_crossover, compare_reps
from experiments.account_outcomes import compare_split_accounts
from experiments.adherence import Followed, with_following
from experiments.comparing import Comparison, Row
from experiments.counting import RepCount
from experiments.crossed_reps import CrossedReps
from experiments.experiment import Unit
from experiments.family import Family, crossover_family, lead_family, rep_family
from experiments.largest_deal import without_largest
from experiments.lead_outcomes import compare_split_leads
from experiments.metric import Kind, Metric
from experiments.plan import Plan
from experiments.rep_outcomes import SplitReps
from experiments.roster import Roster
from experiments.seen import Seen

Found = Mapping[Metric, Mapping[str, Methods]]
"""What was found, by metric and treatment."""
Reps = SplitReps | CrossedReps
"""A team by what was drawn for it."""


def reps_of(session: Session, roster: Roster) -> Reps | None:
    """The team of a test; None where leads were split."""
    if roster.plan.unit is not Unit.REP:
        return None
    return CrossedReps(session, roster) if roster.plan.crossed else SplitReps(session, roster)


def estimated(
    plan: Plan,
    counts: Sequence[RepCount],
    reps: Reps | None,
    seen: Seen | None = None,
    *,
    followed: Sequence[Followed] = (),
) -> tuple[Row, ...]:
    """A row a metric that the plan compares.

    Args:
        counts: A row a rep; or an account, where those were split.
        reps: The team; None where leads were split.
        seen: With planned looks, what they saw; the primary metric is judged over all of them.
        followed: What was followed of the same leads.
    """
    found, family = _found(plan, counts, plan.compared, reps, seen, followed)
    return tuple(
        Row(
            metric,
            metric == plan.primary,
            tuple(_comparisons(plan, found[metric], family, metric)),
            _without_largest(plan, counts, metric, reps, seen),
        )
        for metric in plan.compared
    )


def _comparisons(
    plan: Plan, found: Mapping[str, Methods], family: Family, metric: Metric
) -> list[Comparison]:
    return [
        Comparison(
            variant,
            found[variant.key],
            len(plan.treatments),
            family.get((metric, variant.key)),
        )
        for variant in plan.treatments
    ]


def _without_largest(
    plan: Plan,
    counts: Sequence[RepCount],
    metric: Metric,
    reps: Reps | None,
    seen: Seen | None,
) -> tuple[Comparison, ...]:
    left = without_largest(counts) if metric.kind is Kind.VALUE else None
    if left is None:
        return ()
    found, _ = _found(plan, left, [metric], reps, seen)
    return tuple(_comparisons(plan, found[metric], {}, metric))


def _found(
    plan: Plan,
    counts: Sequence[RepCount],
    metrics: Sequence[Metric],
    reps: Reps | None,
    seen: Seen | None,
    followed: Sequence[Followed] = (),
) -> tuple[Found, Family]:
    if isinstance(reps, CrossedReps):
        return _of_crossed_reps(plan, counts, metrics, reps)
    if reps is not None:
        return _of_reps(plan, counts, metrics, reps, seen, followed)
    return _of_leads(plan, counts, metrics, seen)


def _of_reps(
    plan: Plan,
    counts: Sequence[RepCount],
    metrics: Sequence[Metric],
    reps: SplitReps,
    seen: Seen | None,
    followed: Sequence[Followed],
) -> tuple[Found, Family]:
    pairs = reps.pairs(counts, metrics)
    if plan.primary in pairs:
        judged = reps.adjusted(pairs[plan.primary])
        pairs[plan.primary] = with_following(judged, reps.names, followed)
    if seen and plan.primary in pairs:
        pairs[plan.primary] = reps.looked_at(pairs[plan.primary], plan.primary, seen)
    found = {each: compare_reps(pairs[each], level=plan.level) for each in metrics}
    return found, rep_family(pairs, found, plan)


def _of_crossed_reps(
    plan: Plan, counts: Sequence[RepCount], metrics: Sequence[Metric], reps: CrossedReps
) -> tuple[Found, Family]:
    pairs = {each: reps.pair(counts, each) for each in metrics}
    (treatment,) = plan.treatments
    found = {
        each: {treatment.key: compare_crossover(pair, level=plan.level)}
        for each, pair in pairs.items()
    }
    return found, crossover_family(pairs, found, plan)


def _of_leads(
    plan: Plan, counts: Sequence[RepCount], metrics: Sequence[Metric], seen: Seen | None
) -> tuple[Found, Family]:
    compare = compare_split_accounts if plan.by_account else compare_split_leads
    found = {
        each: compare(plan, counts, each, seen if each == plan.primary else None)
        for each in metrics
    }
    return found, lead_family(found, plan)
