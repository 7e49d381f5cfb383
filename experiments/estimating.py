"""The counts of an experiment into comparisons, by the design that its plan recorded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from analysis.comparison import Comparison as Methods
from analysis.estimate import NotEstimable, Why
from analysis.methods import compare_leads, compare_reps
from analysis.pairs import LeadLooks, LeadPair, RepLooks, RepPair
from analysis.planned_looks import LookPlan
from analysis.proportion import Stratum
from analysis.sufficient import Counts, Floats, RepTotals
from assignment.stratified import Stratified
from experiments.comparing import Comparison, Row
from experiments.counting import MILESTONES, RepCount
from experiments.experiment import SplitDesign, Unit
from experiments.family import lead_family, rep_family
from experiments.people import Rep
from experiments.plan import Plan
from experiments.process import Milestone
from experiments.rep_pairs import rep_pairs
from experiments.split import design_of, drawn_labels, label_array, redraw_generator


@dataclass(frozen=True, slots=True)
class Seen:
    """What the planned looks before the present counts saw.

    Attributes:
        plan: Of these looks, and of the present counts as the last of them.
        counts: Of each look before.
    """

    plan: LookPlan
    counts: tuple[Sequence[RepCount], ...]


def estimated(
    session: Session, plan: Plan, counts: Sequence[RepCount], seen: Seen | None = None
) -> tuple[Row, ...]:
    """A row a milestone that any of the variants' processes has a stage for.

    Args:
        seen: With planned looks, what they saw; the primary milestone is judged over all of them.
    """
    measured: list[Milestone] = [
        each
        for each in MILESTONES
        if any(each in variant.stages.values() for variant in plan.variants)
    ]
    if plan.unit is Unit.REP:
        reps = _Reps(session, plan)
        pairs = reps.pairs(counts, measured)
        if seen:
            pairs[plan.milestone] = reps.looked_at(pairs[plan.milestone], seen)
        found = {each: compare_reps(pairs[each], level=plan.level) for each in measured}
        family = rep_family(pairs, plan)
    else:
        found = {
            each: _compare_leads(plan, counts, each, seen if each is plan.milestone else None)
            for each in measured
        }
        family = lead_family(found, plan)
    return tuple(
        Row(
            each,
            each is plan.milestone,
            tuple(
                Comparison(
                    variant,
                    found[each][variant.key],
                    len(plan.treatments),
                    family.get((each, variant.key)),
                )
                for variant in plan.treatments
            ),
        )
        for each in measured
    )


class _Reps:
    """A split team, by the external ids that its plan recorded."""

    def __init__(self, session: Session, plan: Plan) -> None:
        self.plan = plan
        self.design, self.labels = design_of(plan), label_array(drawn_labels(plan))
        wanted = select(Rep.id, Rep.external_id).where(Rep.external_id.in_(self.design.units))
        self.names = dict(session.execute(wanted).all())

    def totals(self, counts: Sequence[RepCount], milestone: Milestone) -> RepTotals:
        """Each rep's matured leads, and those that reached a milestone."""
        mine = [row for row in counts if row.matured and row.rep_id in self.names]
        return RepTotals.of_counts(
            [self.names[row.rep_id] for row in mine],
            [row.matured for row in mine],
            [row.reached[milestone] for row in mine],
        )

    def pairs(
        self, counts: Sequence[RepCount], milestones: Sequence[Milestone]
    ) -> dict[Milestone, dict[str, RepPair]]:
        """What the methods compare, by milestone and treatment."""
        plan = self.plan
        found = rep_pairs(
            self.design,
            self.labels,
            {each.value: self.totals(counts, each) for each in milestones},
            variants=[variant.key for variant in plan.variants],
            control=plan.variants.index(plan.control),
            rng=redraw_generator(plan),
        )
        return {
            each: {key: self._matched(pair) for key, pair in found[each.value].items()}
            for each in milestones
        }

    def looked_at(self, pairs: Mapping[str, RepPair], seen: Seen) -> dict[str, RepPair]:
        """The primary's pairs with what the looks before saw of the same reps."""
        before = [self.totals(each, self.plan.milestone) for each in seen.counts]
        return {
            key: replace(pair, looks=RepLooks(seen.plan, _rates(pair, before)))
            for key, pair in pairs.items()
        }

    def _matched(self, pair: RepPair) -> RepPair:
        if self.plan.split.design is not SplitDesign.PAIRED:
            return pair
        assert isinstance(self.design, Stratified)  # noqa: S101 - pairs are blocks
        place = {unit: at for at, block in enumerate(self.design.blocks) for unit in block.units}
        return replace(pair, matched=np.array([place[rep] for rep in pair.totals.reps]))


def _rates(pair: RepPair, before: Sequence[RepTotals]) -> Floats:
    """Each rep's rate at every look, NaN without leads, shape (K, G)."""
    place = {rep: at for at, rep in enumerate(pair.totals.reps)}
    rates = np.full((len(before) + 1, len(place)), np.nan)
    for look, totals in enumerate([*before, pair.totals]):
        for rep, n, reached in zip(totals.reps, totals.n, totals.total, strict=True):
            if rep in place:
                rates[look, place[rep]] = reached / n
    return rates


def _compare_leads(
    plan: Plan, counts: Sequence[RepCount], milestone: Milestone, seen: Seen | None
) -> dict[str, Methods]:
    pairs = {}
    for each in plan.treatments:
        pair = _lead_pair(plan, counts, each.id, milestone)
        if pair is not None:
            pairs[each.key] = _lead_looked_at(pair, plan, each.id, seen) if seen else pair
    none = Methods("score", {"score": NotEstimable(Why.NO_LEADS)})
    found = compare_leads(pairs, level=plan.level)
    return {each.key: found.get(each.key, none) for each in plan.treatments}


def _lead_looked_at(pair: LeadPair, plan: Plan, variant_id: int, seen: Seen) -> LeadPair:
    """The pair with how much each look knew; looks that knew nothing yet are left out."""
    before = [_lead_pair(plan, each, variant_id, plan.milestone) for each in seen.counts]
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


def _lead_pair(
    plan: Plan, counts: Sequence[RepCount], variant_id: int, milestone: Milestone
) -> LeadPair | None:
    """A treatment's leads and the control's; None where either has no matured lead."""
    control = [row for row in counts if row.variant_id == plan.control.id and row.matured]
    treatment = [row for row in counts if row.variant_id == variant_id and row.matured]
    if not control or not treatment:
        return None
    of_rep = {row.rep_id: row for row in control}
    strata = tuple(
        Stratum(_counts([of_rep[row.rep_id]], milestone), _counts([row], milestone))
        for row in treatment
        if row.rep_id in of_rep
    )
    return LeadPair(_counts(control, milestone), _counts(treatment, milestone), strata)


def _counts(rows: Sequence[RepCount], milestone: Milestone) -> Counts:
    leads = sum(row.matured for row in rows)
    return Counts(leads, sum(row.reached[milestone] for row in rows))
