"""A crossover's outcomes beside the orders that could have been drawn."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from analysis.crossover import CrossoverPair
from analysis.splits import Splits
from analysis.sufficient import RepTotals
from assignment.crossover import variant_in
from assignment.design import Labels, redraws
from experiments.counting import RepCount
from experiments.metric import Metric
from experiments.metric_sums import rep_totals
from experiments.people import Rep
from experiments.roster import Roster
from experiments.split import label_array, redraw_generator

_SECOND = 1


class CrossedReps:
    """Reps who followed both variants, by the external ids that were recorded."""

    def __init__(self, session: Session, roster: Roster) -> None:
        self.plan = roster.plan
        self.design, self.labels = roster.design, label_array(roster.labels)
        reps = list(session.scalars(select(Rep).where(Rep.external_id.in_(self.design.units))))
        self.names = {rep.id: rep.external_id for rep in reps}
        self.people = {rep.external_id: rep.name for rep in reps}
        self._drawn: dict[bytes, tuple[Splits, bool]] = {}

    def pair(self, counts: Sequence[RepCount], metric: Metric) -> CrossoverPair:
        """Each rep's mean under both variants; whoever has no leads in one of them is left out."""
        (treatment,) = self.plan.treatments
        sides = [
            self._totals(counts, metric, variant.id) for variant in (self.plan.control, treatment)
        ]
        free = sides[0].has_leads & sides[1].has_leads
        control, treated = (side.of(free) for side in sides)
        splits, exact = self._redrawn(free)
        return CrossoverPair(
            control=control.total / control.n,
            treatment=treated.total / treated.n,
            later=self._later(self.labels[free]),
            redraws=splits,
            exact=exact,
        )

    def _totals(self, counts: Sequence[RepCount], metric: Metric, variant_id: int) -> RepTotals:
        mine = [row for row in counts if row.variant_id == variant_id]
        return rep_totals(self.names, mine, metric).in_order(self.design.units)

    def _redrawn(self, free: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> tuple[Splits, bool]:
        key = free.tobytes()
        # Metrics of the same leads share their re-draws.
        if key not in self._drawn:
            again = redraws(self.design.among(free, self.labels), redraw_generator(self.plan))
            self._drawn[key] = Splits(self._later(again.labels)), again.exact
        return self._drawn[key]

    def _later(self, orders: Labels) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
        """Who follows the treatment in the second period, of those with these orders."""
        treatment = self.plan.variants.index(self.plan.treatments[0])
        begins_later = [variant_in(order, _SECOND) == treatment for order in (0, 1)]
        return np.array(begins_later)[orders]
