"""Power by simulation: the planned design and the deciding test, on teams that chance makes."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

import numpy as np

from analysis.power import Plan
from analysis.rejections import rejected
from analysis.sufficient import Bools
from analysis.worlds import simulated_rates
from assignment.design import SAMPLED, Complete, redraws, seeded


@dataclass(frozen=True, slots=True)
class SimulatedPower:
    """How often the test that decides called a difference significant."""

    runs: int
    power: float  # share of the teams with the effect
    power_se: float  # of the simulation
    false_positives: float  # share of as many teams without any effect
    false_positives_se: float

    def as_dict(self) -> dict[str, float]:
        """The shares as `stagelift plan power --json` prints them."""
        return asdict(self)


def simulated_power(plan: Plan, effect: float, *, runs: int, seed: int) -> SimulatedPower:
    """Simulate teams with the effect and teams without, and judge each by the re-draws.

    Reps are split at random, half to each variant, and tested by the randomisation test on
    their rates: every split where there are few, else a sample of them, drawn once.

    Args:
        effect: The true difference in rate points as a fraction, treatment minus control.
        runs: Teams of each kind, at least 1.
    Raises:
        ValueError: if the treatment's rate would leave [0, 1].
    """
    rng = seeded(seed)
    treated, again, exact = _splits(plan.reps_per_variant, rng)
    found = []
    for true in (effect, 0.0):
        rates = simulated_rates(plan, true, runs=runs, rng=rng)
        is_found = rejected(rates, treated, again, exact=exact, level=plan.level)
        found.append(float(is_found.mean()))
    errors = [math.sqrt(share * (1 - share) / runs) for share in found]
    return SimulatedPower(runs, found[0], errors[0], found[1], errors[1])


def _splits(k: int, rng: np.random.Generator) -> tuple[Bools, Bools, bool]:
    """The first k reps treated, and the re-draws of the design in random order."""
    width = len(str(2 * k))
    design = Complete(tuple(f"{rep:0{width}}" for rep in range(2 * k)), (k, k))
    # Over so many splits a report lists more of them; their share is the same but for chance.
    drawn = redraws(design, rng, listable=SAMPLED)
    labels = rng.permutation(drawn.labels) if drawn.exact else drawn.labels
    return np.arange(2 * k) < k, labels == 1, drawn.exact
