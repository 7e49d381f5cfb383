"""The counts of an experiment into comparisons, by the design that its plan recorded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from analysis.comparison import Comparison as Methods
from analysis.methods import compare_crossover, compare_reps
from experiments.comparing import Comparison, Row
from experiments.counting import RepCount
from experiments.crossed_reps import CrossedReps
from experiments.experiment import Unit
from experiments.family import Family, crossover_family, lead_family, rep_family
from experiments.lead_outcomes import compare_split_leads
from experiments.metric import Metric
from experiments.plan import Plan
from experiments.rep_outcomes import SplitReps
from experiments.roster import Roster
from experiments.seen import Seen

Found = Mapping[Metric, Mapping[str, Methods]]
"""What was found, by metric and treatment."""


def estimated(
    session: Session,
    plan: Plan,
    counts: Sequence[RepCount],
    seen: Seen | None = None,
    *,
    roster: Roster | None = None,
) -> tuple[Row, ...]:
    """A row a metric that the plan compares.

    Args:
        seen: With planned looks, what they saw; the primary metric is judged over all of them.
        roster: The reps of the test; those of the plan alone where it is left out.
    """
    if plan.crossed:
        found, family = _of_crossed_reps(session, roster or Roster(plan), counts)
    elif plan.unit is Unit.REP:
        found, family = _of_reps(session, roster or Roster(plan), counts, seen)
    else:
        found, family = _of_leads(plan, counts, seen)
    return tuple(
        Row(
            metric,
            metric == plan.primary,
            tuple(
                Comparison(
                    variant,
                    found[metric][variant.key],
                    len(plan.treatments),
                    family.get((metric, variant.key)),
                )
                for variant in plan.treatments
            ),
        )
        for metric in plan.compared
    )


def _of_reps(
    session: Session, roster: Roster, counts: Sequence[RepCount], seen: Seen | None
) -> tuple[Found, Family]:
    reps, plan = SplitReps(session, roster), roster.plan
    pairs = reps.pairs(counts, plan.compared)
    if seen:
        pairs[plan.primary] = reps.looked_at(pairs[plan.primary], plan.primary, seen)
    found = {each: compare_reps(pairs[each], level=plan.level) for each in plan.compared}
    return found, rep_family(pairs, plan)


def _of_crossed_reps(
    session: Session, roster: Roster, counts: Sequence[RepCount]
) -> tuple[Found, Family]:
    reps, plan = CrossedReps(session, roster), roster.plan
    pairs = {each: reps.pair(counts, each) for each in plan.compared}
    (treatment,) = plan.treatments
    found = {
        each: {treatment.key: compare_crossover(pair, level=plan.level)}
        for each, pair in pairs.items()
    }
    return found, crossover_family(pairs, plan)


def _of_leads(plan: Plan, counts: Sequence[RepCount], seen: Seen | None) -> tuple[Found, Family]:
    found = {
        each: compare_split_leads(plan, counts, each, seen if each == plan.primary else None)
        for each in plan.compared
    }
    return found, lead_family(found, plan)
