"""The reps of a test: those who were split at launch, then those who joined since."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from assignment.crossover import variant_in
from assignment.design import Design
from experiments.enrolment import arrivals
from experiments.experiment import Experiment
from experiments.periods import WHOLE
from experiments.plan import Plan
from experiments.split import design_of, drawn_labels


@dataclass(frozen=True, slots=True)
class Roster:
    """Who takes part, by the plan and by the rule that it has for joiners.

    Attributes:
        joiners: In order of arrival.
    """

    plan: Plan
    joiners: tuple[str, ...] = ()

    @property
    def design(self) -> Design:
        """What the analysis draws again."""
        return design_of(self.plan, self.joiners)

    @property
    def labels(self) -> list[int]:
        """The variant's index of each unit of the design, as the seed drew it."""
        return drawn_labels(self.plan, self.joiners)

    @property
    def drawn(self) -> dict[tuple[str, int], int]:
        """The variant's id of each unit in each of its periods, as the seed drew it."""
        units = (*self.plan.split.units, *self.joiners)
        labels = zip(units, self.labels, strict=True)
        if self.plan.crossed:
            # What is drawn for a crossover is with which variant a rep begins.
            return {
                (unit, period): self._id(variant_in(label, period - 1))
                for unit, label in labels
                for period in (1, 2)
            }
        return {(unit, WHOLE): self._id(label) for unit, label in labels}

    @property
    def sizes(self) -> tuple[int, ...]:
        """Reps of each variant, in the plan's order; in a crossover everybody follows both."""
        if self.plan.crossed:
            return tuple(len(self.plan.split.units) for _ in self.plan.variants)
        later = Counter(self.labels[len(self.plan.split.units) :])
        return tuple(size + later[at] for at, size in enumerate(self.plan.split.sizes))

    @property
    def count(self) -> int:
        """How many take part."""
        return len(self.plan.participants) + len(self.joiners)

    def _id(self, label: int) -> int:
        return self.plan.variants[label].id


def roster_of(
    session: Session, found: Experiment, plan: Plan, *, as_of: datetime | None = None
) -> Roster:
    """The reps of a test, or those who were in it by `as_of`."""
    joined = arrivals(session, found)
    return Roster(
        plan,
        tuple(each.unit for each in joined if as_of is None or each.assigned_at <= as_of),
    )
