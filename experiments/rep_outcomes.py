"""A split team's outcomes beside the splits that it could have had, for the methods of reps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from analysis.pairs import RepLooks, RepPair
from analysis.sufficient import Floats, RepTotals
from assignment.arrivals import Joined
from assignment.stratified import Stratified
from experiments.counting import RepCount
from experiments.experiment import SplitDesign
from experiments.metric import Metric
from experiments.metric_sums import rep_totals
from experiments.people import Rep
from experiments.rep_pairs import Redrawn, rep_pairs
from experiments.roster import Roster
from experiments.seen import Seen
from experiments.split import label_array, redraw_generator


class SplitReps:
    """A split team, by the external ids that were recorded."""

    def __init__(self, session: Session, roster: Roster) -> None:
        self.plan = roster.plan
        self.design, self.labels = roster.design, label_array(roster.labels)
        wanted = select(Rep).where(Rep.external_id.in_(self.design.units))
        reps = list(session.scalars(wanted))
        self.names = {rep.id: rep.external_id for rep in reps}
        self.people = {rep.external_id: rep.name for rep in reps}
        self._drawn: Redrawn = {}

    def totals(self, counts: Sequence[RepCount], metric: Metric) -> RepTotals:
        """Each rep's matured leads, and the metric's sums over them."""
        return rep_totals(self.names, counts, metric)

    def pairs(
        self, counts: Sequence[RepCount], metrics: Sequence[Metric]
    ) -> dict[Metric, dict[str, RepPair]]:
        """What the methods compare, by metric and treatment."""
        found = self.pairs_of({each.key: self.totals(counts, each) for each in metrics})
        return {each: found[each.key] for each in metrics}

    def pairs_of(self, totals: Mapping[str, RepTotals]) -> dict[str, dict[str, RepPair]]:
        """What the methods compare, by the outcomes' names and treatment."""
        plan = self.plan
        found = rep_pairs(
            self.design,
            self.labels,
            totals,
            variants=[variant.key for variant in plan.variants],
            control=plan.variants.index(plan.control),
            rng=redraw_generator(plan),
            drawn=self._drawn,
        )
        return {
            name: {key: self._matched(pair) for key, pair in pairs.items()}
            for name, pairs in found.items()
        }

    def adjusted(self, pairs: Mapping[str, RepPair]) -> dict[str, RepPair]:
        """A metric's pairs with the value from before that the plan takes account of.

        Whoever joined since has the average: nothing of theirs was recorded before. A value that
        is the same for all says nothing, and then none is taken account of.
        """
        before = self.plan.known_before
        usual = float(np.mean(list(before.values()))) if before else 0.0
        values = {
            key: np.array([before.get(rep, usual) for rep in pair.totals.reps])
            for key, pair in pairs.items()
        }
        if not all(each.size and np.ptp(each) > 0 for each in values.values()):
            return dict(pairs)
        return {key: replace(pair, covariate=values[key]) for key, pair in pairs.items()}

    def looked_at(
        self, pairs: Mapping[str, RepPair], metric: Metric, seen: Seen
    ) -> dict[str, RepPair]:
        """A metric's pairs with what the looks before saw of the same reps."""
        before = [self.totals(each, metric) for each in seen.counts]
        return {
            key: replace(pair, looks=RepLooks(seen.plan, _rates(pair, before)))
            for key, pair in pairs.items()
        }

    def _matched(self, pair: RepPair) -> RepPair:
        if self.plan.split.design is not SplitDesign.PAIRED:
            return pair
        launch = self.design.launch if isinstance(self.design, Joined) else self.design
        assert isinstance(launch, Stratified)  # noqa: S101 - pairs are blocks
        place = {unit: at for at, block in enumerate(launch.blocks) for unit in block.units}
        # Whoever joined since stands in a pair with nobody.
        alone = {unit: -1 - at for at, unit in enumerate(self.design.units)}
        matched = [place.get(rep, alone[rep]) for rep in pair.totals.reps]
        return replace(pair, matched=np.array(matched))


def _rates(pair: RepPair, before: Sequence[RepTotals]) -> Floats:
    """Each rep's rate at every look, NaN without leads, shape (K, G)."""
    place = {rep: at for at, rep in enumerate(pair.totals.reps)}
    rates = np.full((len(before) + 1, len(place)), np.nan)
    for look, totals in enumerate([*before, pair.totals]):
        for rep, n, total in zip(totals.reps, totals.n, totals.total, strict=True):
            if rep in place:
                rates[look, place[rep]] = total / n
    return rates
