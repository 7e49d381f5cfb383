"""The counts of an experiment into comparisons, by the design that its plan recorded."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from analysis.estimate import NotEstimable, Why
from analysis.methods import Comparison as Methods
from analysis.methods import compare_leads, compare_reps
from analysis.pairs import LeadPair, RepPair
from analysis.proportion import Stratum
from analysis.sufficient import Bools, Counts, RepTotals
from experiments.comparing import Comparison, Row
from experiments.counting import MILESTONES, RepCount
from experiments.experiment import Unit
from experiments.people import Rep
from experiments.plan import Plan, PlannedVariant
from experiments.process import Milestone
from experiments.split import design_of, drawn_labels, label_array, redraw_generator

# Up to here every way to split is listed; beyond, so many are drawn.
MOST_LISTED = 200_000
DRAWS = 20_000


def estimated(session: Session, plan: Plan, counts: Sequence[RepCount]) -> tuple[Row, ...]:
    """A row a milestone that any of the variants' processes has a stage for."""
    splits = _rep_splits(session, plan, counts) if plan.unit is Unit.REP else {}
    return tuple(
        Row(each, each is plan.milestone, _comparisons(plan, counts, each, splits))
        for each in MILESTONES
        if any(each in variant.stages.values() for variant in plan.variants)
    )


class _RepSplit:
    """The reps of two variants who have leads, and how they could have been split."""

    def __init__(self, plan: Plan, by_rep: dict[str, RepCount], treatment: PlannedVariant) -> None:
        design, labels = design_of(plan), label_array(drawn_labels(plan))
        of_control, of_treatment = (
            plan.variants.index(plan.control),
            plan.variants.index(treatment),
        )
        # Other variants keep their reps: a pooled re-draw errs when they vary differently.
        # A rep without matured leads has no rate, and stays where it is too.
        counted = np.array([unit in by_rep for unit in design.units])
        free = counted & np.isin(labels, (of_control, of_treatment))
        mine = design.among(free, labels)
        self.exact = mine.draw_count <= MOST_LISTED
        drawn = mine.every_draw() if self.exact else mine.redraw(redraw_generator(plan), DRAWS)
        self.redraws: Bools = drawn == of_treatment
        self.treated: Bools = labels[free] == of_treatment
        self.rows = [by_rep[unit] for unit in mine.units]
        self.units = mine.units

    def pair(self, milestone: Milestone) -> RepPair:
        """The pair that the methods compare at a milestone."""
        matured = [row.matured for row in self.rows]
        reached = [row.reached[milestone] for row in self.rows]
        totals = RepTotals.of_counts(self.units, matured, reached)
        return RepPair(totals, self.treated, self.redraws, exact=self.exact)


def _rep_splits(session: Session, plan: Plan, counts: Sequence[RepCount]) -> dict[str, _RepSplit]:
    matured = {row.rep_id: row for row in counts if row.matured}
    wanted = select(Rep.id, Rep.external_id).where(Rep.id.in_(matured))
    by_rep = {external_id: matured[rep_id] for rep_id, external_id in session.execute(wanted)}
    return {each.key: _RepSplit(plan, by_rep, each) for each in plan.treatments}


def _comparisons(
    plan: Plan,
    counts: Sequence[RepCount],
    milestone: Milestone,
    splits: dict[str, _RepSplit],
) -> tuple[Comparison, ...]:
    if plan.unit is Unit.REP:
        pairs = {key: split.pair(milestone) for key, split in splits.items()}
        found = compare_reps(pairs, level=plan.level)
    else:
        found = _compare_leads(plan, counts, milestone)
    return tuple(Comparison(each, found[each.key]) for each in plan.treatments)


def _compare_leads(
    plan: Plan, counts: Sequence[RepCount], milestone: Milestone
) -> dict[str, Methods]:
    control = [row for row in counts if row.variant_id == plan.control.id]
    pairs = {}
    for each in plan.treatments:
        treatment = [row for row in counts if row.variant_id == each.id]
        if _leads(control) and _leads(treatment):
            pairs[each.key] = _lead_pair(control, treatment, milestone)
    none = Methods("score", {"score": NotEstimable(Why.NO_LEADS)})
    found = compare_leads(pairs, level=plan.level)
    return {each.key: found.get(each.key, none) for each in plan.treatments}


def _lead_pair(
    control: Sequence[RepCount], treatment: Sequence[RepCount], milestone: Milestone
) -> LeadPair:
    of_rep = {row.rep_id: row for row in control if row.matured}
    strata = tuple(
        Stratum(_counts([of_rep[row.rep_id]], milestone), _counts([row], milestone))
        for row in treatment
        if row.matured and row.rep_id in of_rep
    )
    return LeadPair(_counts(control, milestone), _counts(treatment, milestone), strata)


def _counts(rows: Sequence[RepCount], milestone: Milestone) -> Counts:
    return Counts(_leads(rows), sum(row.reached[milestone] for row in rows))


def _leads(rows: Sequence[RepCount]) -> int:
    return sum(row.matured for row in rows)
