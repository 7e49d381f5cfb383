"""The outcomes of leads that were split, compared by the methods of leads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from analysis.comparison import Comparison
from analysis.estimate import NotEstimable, Why
from analysis.methods import compare_amounts, compare_leads
from analysis.pairs import AmountPair, LeadLooks, LeadPair
from analysis.planned_looks import LookPlan
from analysis.proportion import Stratum
from experiments.counting import RepCount
from experiments.metric import Kind, Metric
from experiments.metric_sums import amounts
from experiments.metric_sums import counts as counts_of
from experiments.plan import Plan
from experiments.seen import Seen

# Of one treatment and the control: what a method compares; None where either has no lead.
Pair = TypeVar("Pair", LeadPair, AmountPair)


def compare_split_leads(
    plan: Plan, counts: Sequence[RepCount], metric: Metric, seen: Seen | None
) -> dict[str, Comparison]:
    """Each treatment beside the control at a metric, with what planned looks knew."""
    if metric.kind is Kind.VALUE:
        values = {
            each.key: _looked_at(
                _value_pair(plan, counts, each.id),
                seen,
                [_value_pair(plan, before, each.id) for before in _before(seen)],
            )
            for each in plan.treatments
        }
        compared = compare_amounts(_known(values), level=plan.level)
    else:
        shares = {
            each.key: _looked_at(
                _share_pair(plan, counts, each.id, metric),
                seen,
                [_share_pair(plan, before, each.id, metric) for before in _before(seen)],
            )
            for each in plan.treatments
        }
        compared = compare_leads(_known(shares), level=plan.level)
    none = Comparison("score", {"score": NotEstimable(Why.NO_LEADS)})
    return {each.key: compared.get(each.key, none) for each in plan.treatments}


def _before(seen: Seen | None) -> Sequence[Sequence[RepCount]]:
    return seen.counts if seen else ()


def _known(pairs: dict[str, Pair | None]) -> dict[str, Pair]:
    return {key: pair for key, pair in pairs.items() if pair is not None}


def _looked_at(
    pair: Pair | None, seen: Seen | None, before: Sequence[LeadPair | AmountPair | None]
) -> Pair | None:
    """The pair with how much each look knew; looks that knew nothing yet are left out."""
    if pair is None or seen is None:
        return pair
    return replace(pair, looks=looks_of(seen, [*map(_information, before), _information(pair)]))


def looks_of(seen: Seen, known: Sequence[float]) -> LeadLooks:
    """The planned looks that knew anything, with how much each knew.

    Args:
        known: One over the variance of the difference at each look, never falling.
    """
    # Of looks that knew the same, the latest counts.
    shares = dict(zip(known, seen.plan.information, strict=True))
    shares.pop(0.0, None)
    looks = LookPlan(tuple(shares[each] for each in sorted(shares)), seen.plan.spending)
    return LeadLooks(looks, tuple(sorted(shares)))


def _information(pair: LeadPair | AmountPair | None) -> float:
    """One over the variance of the difference, but for the spread that all looks share."""
    if pair is None:
        return 0.0
    sizes = [(pair.control.n, pair.treatment.n)]
    if isinstance(pair, LeadPair) and pair.strata:
        sizes = [(part.control.n, part.treatment.n) for part in pair.strata]
    return sum(control * treatment / (control + treatment) for control, treatment in sizes)


def _value_pair(plan: Plan, counts: Sequence[RepCount], variant_id: int) -> AmountPair | None:
    control, treatment = (
        amounts([row for row in counts if row.variant_id == each])
        for each in (plan.control.id, variant_id)
    )
    return None if control is None or treatment is None else AmountPair(control, treatment)


def _share_pair(
    plan: Plan, counts: Sequence[RepCount], variant_id: int, metric: Metric
) -> LeadPair | None:
    control = [row for row in counts if row.variant_id == plan.control.id and row.matured]
    treatment = [row for row in counts if row.variant_id == variant_id and row.matured]
    if not control or not treatment:
        return None
    of_rep = {row.rep_id: row for row in control}
    strata = tuple(
        Stratum(counts_of([of_rep[row.rep_id]], metric), counts_of([row], metric))
        for row in treatment
        if row.rep_id in of_rep
    )
    return LeadPair(counts_of(control, metric), counts_of(treatment, metric), strata)
