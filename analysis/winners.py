"""Effects of many experiments, shrunk for the winner's curse.

A winner was chosen because its estimate was high, and part of that was luck. How much is told by
how far the estimates of all experiments, winners or not, spread beyond their own errors. Most
changes do little, so effects are drawn towards none.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.bisection import crossing
from analysis.estimate import check_level
from analysis.sufficient import Floats
from analysis.tails import z_of

# Fewer do not tell luck from effect.
LEAST_EXPERIMENTS = 3


@dataclass(frozen=True, slots=True)
class Shrunk:
    """One experiment's effect as it is best guessed, in its own unit.

    Attributes:
        weight: How much of its estimate is left, in (0, 1].
    """

    effect: float
    interval: tuple[float, float]
    weight: float


@dataclass(frozen=True, slots=True)
class Sum:
    """A weighted sum of shrunken effects, and its interval."""

    value: float
    interval: tuple[float, float]


class Winners:
    """The effects of all experiments together, and what they say of each."""

    def __init__(
        self, effects: Sequence[float], errors: Sequence[float], *, level: float = 0.95
    ) -> None:
        """Estimate how experiments' true effects spread around none.

        The share that is taken off an estimate is (k − 2)/k · σ²/(σ² + τ²): while few
        experiments tell τ, less is taken, and the interval allows for not knowing it.

        Args:
            effects: One per experiment, all in the same unit, adopted or not; k of them.
            errors: Their standard errors σ, above 0.
        Raises:
            ValueError: for fewer than three experiments, or an error of 0.
        References:
            Morris (1983), JASA 78:47, for one known mean; Paule & Mandel (1982), J. Res. Nat.
            Bur. Standards 87:377, for the spread where errors differ.
        """
        check_level(level)
        count = len(effects)
        if count < LEAST_EXPERIMENTS or count != len(errors):
            raise ValueError(f"{LEAST_EXPERIMENTS} experiments are needed, each with its error")
        self.effects = np.asarray(effects, dtype=float)
        self.variances = np.square(np.asarray(errors, dtype=float))
        if not (self.variances > 0).all() or not np.isfinite(self.effects).all():
            raise ValueError("effects are finite, and errors above 0")
        self.z = z_of(1 - level)
        self.spread = _spread(self.effects, self.variances)
        self.taken: Floats = (count - 2) / count * self.variances / (self.variances + self.spread)

    def shrunk(self) -> tuple[Shrunk, ...]:
        """Each experiment's effect, in order."""
        found = []
        for at, weights in enumerate(np.eye(len(self.effects))):
            one = self.weighted(weights)
            found.append(Shrunk(one.value, one.interval, float(1 - self.taken[at])))
        return tuple(found)

    def weighted(self, weights: Sequence[float] | Floats) -> Sum:
        """The sum of shrunken effects, each times its weight; those left out have 0."""
        times = np.asarray(weights, dtype=float)
        own = float(np.square(times) @ ((1 - self.taken) * self.variances))
        # How much to take off is one guess for all, so its error is shared.
        taken_off = float(times @ (self.taken * self.effects))
        shared = 2 / (len(self.effects) - 2) * taken_off**2
        value = float(times @ self.effects) - taken_off
        reach = self.z * math.sqrt(own + shared)
        return Sum(value, (value - reach, value + reach))


def _spread(effects: Floats, variances: Floats) -> float:
    """The variance of true effects at which estimates stray from none as much as expected."""
    most = float(np.square(effects).sum())

    def excess(share: float) -> float:
        return float((np.square(effects) / (variances + share * most)).sum()) - len(effects)

    # In units of their own size no effect is too small to be told apart.
    return most * crossing(excess, 0.0, 1.0)
