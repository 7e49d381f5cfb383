"""Power by simulation: the planned design and the deciding test, on teams that chance makes."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

import numpy as np

from analysis.planned_design import Design, normal_scores
from analysis.power import Plan
from analysis.rejections import rejected
from analysis.splits import Splits
from analysis.sufficient import Bools, Floats
from analysis.teams import Team
from analysis.worlds import simulated_rates
from assignment.design import SAMPLED, Complete, redraws, seeded
from experiments.feasibility.trial import Trial
from experiments.feasibility.tried_splits import KnownReps


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

    Reps are split at random by the plan's design and tested by the randomisation test that
    re-draws it: every split where there are few, else a sample of them, drawn once. Split leads
    are tested by the score within reps.

    Args:
        effect: The true difference in rate points as a fraction, treatment minus control.
        runs: Teams of each kind, at least 1.
    Raises:
        ValueError: if the treatment's rate would leave [0, 1].
        Refused: for a design that so few reps cannot have.
    """
    plan.check_effect(effect)
    rng = seeded(seed)
    if plan.design is Design.COMPLETE and not plan.adjusted:
        found = _of_equal_reps(plan, effect, runs, rng)
    else:
        tried = trial_of(plan, runs, rng)
        found = [tried.found_share(true) for true in (effect, 0.0)]
    errors = [math.sqrt(share * (1 - share) / runs) for share in found]
    return SimulatedPower(runs, found[0], errors[0], found[1], errors[1])


def trial_of(plan: Plan, runs: int, rng: np.random.Generator) -> Trial:
    """A plan's team and design, to be tried so often.

    What is known of the reps from before is what values of so many typically are.
    """
    count = 2 * plan.reps_per_variant
    known = normal_scores(count)
    width = len(str(count))
    names = tuple(f"{rep:0{width}}" for rep in range(count))
    if plan.design is Design.BY_TEAM:
        # A team's reps are next to each other, and nothing else is known of them.
        teams = [f"{rep * plan.strata // count:0{width}}" for rep in range(count)]
        known = _means_by(teams, known)
    else:
        teams = [""] * count
    team = Team(
        leads=np.full(count, float(plan.leads_per_rep)),
        known=known,
        rate=plan.baseline,
        icc=plan.icc,
        foresight=0.0 if plan.design is Design.CROSSOVER else plan.foresight,
        steadiness=plan.foresight,
        cv=plan.cv,
    )
    reps = KnownReps(names, tuple(teams), known[:, np.newaxis])
    return Trial.of(
        team, plan.design, reps, adjusted=plan.adjusted, runs=runs, level=plan.level, rng=rng
    )


def _means_by(teams: list[str], values: Floats) -> Floats:
    """Each one's team's mean, brought back to spread 1."""
    groups = np.unique(teams, return_inverse=True)[1]
    means = (np.bincount(groups, values) / np.bincount(groups))[groups]
    spread = float(np.sqrt(np.mean(means**2)))
    found: Floats = means / spread if spread > 0 else means
    return found


def _of_equal_reps(plan: Plan, effect: float, runs: int, rng: np.random.Generator) -> list[float]:
    treated, again, exact = _splits(plan.reps_per_variant, rng)
    found = []
    for true in (effect, 0.0):
        rates = simulated_rates(plan, true, runs=runs, rng=rng)
        is_found = rejected(rates, treated, again, exact=exact, level=plan.level)
        found.append(float(is_found.mean()))
    return found


def _splits(k: int, rng: np.random.Generator) -> tuple[Bools, Splits, bool]:
    """The first k reps treated, and the re-draws of the design in random order."""
    width = len(str(2 * k))
    design = Complete(tuple(f"{rep:0{width}}" for rep in range(2 * k)), (k, k))
    # Over so many splits a report lists more of them; their share is the same but for chance.
    drawn = redraws(design, rng, listable=SAMPLED)
    labels = rng.permutation(drawn.labels) if drawn.exact else drawn.labels
    return np.arange(2 * k) < k, Splits(labels == 1), drawn.exact
