"""Reps who follow both variants, one after the other, in an order that was drawn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.estimate import Estimate, NotEstimable, Why
from analysis.pairs import RepLooks
from analysis.planned_looks import look_test
from analysis.randomization import randomization_test
from analysis.rep_level import paired_t, rep_t
from analysis.splits import Splits
from analysis.sufficient import Bools, Floats


@dataclass(frozen=True, slots=True, eq=False)
class CrossoverPair:
    """Two variants, of which each rep followed one in a first period and the other in a second.

    Attributes:
        control: Each rep's mean outcome under the control, shape (G,).
        treatment: The same under the treatment, shape (G,).
        later: True where the treatment came second, shape (G,).
        redraws: Which reps could have had it second, shape (B, G); as `Splits` where several
            outcomes share them.
        exact: Whether the redraws are every possible draw, each once.
        looks: What planned looks saw, with each rep's `changes` for its rates: NaN for a rep
            without leads in both periods yet. `None` where the test is judged once.
    """

    control: Floats
    treatment: Floats
    later: Bools
    redraws: Bools | Splits
    exact: bool
    looks: RepLooks | None = None

    def __post_init__(self) -> None:
        shapes = {self.control.shape, self.treatment.shape, self.later.shape}
        if len(shapes) > 1 or self.control.ndim != 1:
            raise ValueError("each rep has a mean under both variants, and an order")

    @property
    def changes(self) -> Floats:
        """Half of each rep's change from the first period to the second, shape (G,).

        What a period does to everybody is in all of them alike; the treatment raises it by half
        its effect where it came second, and lowers it by as much where it came first.
        """
        differences = self.treatment - self.control
        changes: Floats = np.where(self.later, differences, -differences) / 2
        return changes


def crossover_test(pair: CrossoverPair, *, level: float = 0.95) -> Estimate | NotEstimable:
    """The randomisation test of the order: who was to have the treatment second is drawn again.

    Whatever the second period did to all reps drops out. That nothing of the first variant
    lingers into the second period is taken for granted.

    Returns:
        Effect in the outcome's unit, treatment minus control, within reps.
    References:
        Hills & Armitage (1979), British Journal of Clinical Pharmacology 8:7; Rosenbaum (2002),
        Observational Studies, ch. 2.
    """
    return randomization_test(
        pair.changes, pair.later, pair.redraws, exact=pair.exact, level=level
    )


def crossover_look(pair: CrossoverPair, *, level: float = 0.95) -> Estimate | NotEstimable:
    """The same test at the latest of its planned looks, with alpha spent over all of them.

    Returns:
        Effect as in `crossover_test`; p and interval as in `look_test`.
    """
    if pair.looks is None:
        return NotEstimable(Why.NO_LOOKS)
    rates, plan = pair.looks.rates, pair.looks.plan
    return look_test(rates, pair.later, pair.redraws, exact=pair.exact, plan=plan, level=level)


def crossover_t(pair: CrossoverPair, *, level: float = 0.95) -> Estimate | NotEstimable:
    """Student's t on the changes of the two orders, df = G − 2; a period's effect drops out.

    References:
        Hills & Armitage (1979), British Journal of Clinical Pharmacology 8:7.
    """
    return rep_t(pair.changes, pair.later, level=level)


def within_t(pair: CrossoverPair, *, level: float = 0.95) -> Estimate | NotEstimable:
    """Student's t on the differences within reps, df = G − 1, as if periods were alike."""
    count = len(pair.control)
    rates = np.concatenate([pair.control, pair.treatment])
    treated = np.arange(2 * count) >= count
    return paired_t(rates, treated, np.tile(np.arange(count), 2), level=level)
