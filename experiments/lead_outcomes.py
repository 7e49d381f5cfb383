"""The outcomes of leads that were split, compared by the methods of leads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from analysis.comparison import Comparison
from analysis.estimate import NotEstimable, Why
from analysis.methods import compare_leads
from analysis.pairs import LeadLooks, LeadPair
from analysis.planned_looks import LookPlan
from analysis.proportion import Stratum
from experiments.counting import RepCount
from experiments.metric import Metric
from experiments.metric_sums import counts as counts_of
from experiments.plan import Plan
from experiments.seen import Seen


def compare_split_leads(
    plan: Plan, counts: Sequence[RepCount], metric: Metric, seen: Seen | None
) -> dict[str, Comparison]:
    """Each treatment beside the control at a metric, with what planned looks knew."""
    pairs = {}
    for each in plan.treatments:
        pair = _pair(plan, counts, each.id, metric)
        if pair is not None:
            pairs[each.key] = _looked_at(pair, plan, each.id, metric, seen) if seen else pair
    none = Comparison("score", {"score": NotEstimable(Why.NO_LEADS)})
    found = compare_leads(pairs, level=plan.level)
    return {each.key: found.get(each.key, none) for each in plan.treatments}


def _looked_at(
    pair: LeadPair, plan: Plan, variant_id: int, metric: Metric, seen: Seen
) -> LeadPair:
    """The pair with how much each look knew; looks that knew nothing yet are left out."""
    before = [_pair(plan, each, variant_id, metric) for each in seen.counts]
    known = [*map(_information, before), _information(pair)]
    # Of looks that knew the same, the latest counts.
    shares = dict(zip(known, seen.plan.information, strict=True))
    shares.pop(0.0, None)
    looks = LookPlan(tuple(shares[each] for each in sorted(shares)), seen.plan.spending)
    return replace(pair, looks=LeadLooks(looks, tuple(sorted(shares))))


def _information(pair: LeadPair | None) -> float:
    """One over the variance of the difference, but for the rate that all looks share."""
    if pair is None:
        return 0.0
    parts = pair.strata or (Stratum(pair.control, pair.treatment),)
    sizes = [(part.control.n, part.treatment.n) for part in parts]
    return sum(control * treatment / (control + treatment) for control, treatment in sizes)


def _pair(
    plan: Plan, counts: Sequence[RepCount], variant_id: int, metric: Metric
) -> LeadPair | None:
    """A treatment's leads and the control's; None where either has no matured lead."""
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
