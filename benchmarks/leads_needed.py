"""Leads needed for 80% power: each design against a simple split, where the past foretells.

    python -m benchmarks.leads_needed

A simulated company of 30 reps. The simple split is judged by Welch's t on the reps' rates, the
designs by the test that decides in a report; both promise 5% false positives, which are told too.
`r` is the correlation of a rep's past rate with the rate in the simple test at its length.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import math
from collections.abc import Callable
from functools import cache

import numpy as np
from scipy.special import betaincinv
from scipy.stats import ttest_ind

from analysis.estimate import Estimate
from analysis.lead_covariate import Joint, lead_ancova
from analysis.pace import least
from analysis.planned_design import Design, normal_scores
from analysis.power import USUAL_POWER, Plan
from analysis.sufficient import Floats
from analysis.teams import Team, Worlds
from assignment.design import seeded
from experiments.feasibility.trial import Trial
from experiments.feasibility.tried_splits import KnownReps

GRID = np.linspace(0, 1, 2_001)
REPS, RATE, CV, RUNS, SEED = 30, 0.2, 0.4, 4_000, 1
WAYS = {
    "complete + covariate": (Design.COMPLETE, True),
    "paired": (Design.PAIRED, False),
    "paired + covariate": (Design.PAIRED, True),
    "rerandomised": (Design.RERANDOMISED, False),
    "rerandomised + covariate": (Design.RERANDOMISED, True),
    "crossover": (Design.CROSSOVER, False),
    "leads within reps": (Design.LEADS, False),
}

Share = Callable[[float, float], float]
"""From an effect and a number of leads to the share called significant."""


def main() -> None:
    """Print a table for each company and correlation."""
    for icc, leads in ((0.05, 30), (0.05, 60), (0.03, 100)):
        for r in (0.5, 0.7):
            _same_reps(icc, leads, r)
    for r in (0.5, 0.7):
        _more_reps(r)
    for r in (0.5, 0.7):
        _of_leads(r)


def _same_reps(icc: float, leads: int, r: float) -> None:
    """The same reps work more leads, until the effect is found."""
    plan = Plan(reps_per_variant=REPS // 2, leads_per_rep=leads, baseline=RATE, icc=icc, cv=CV)
    effect = plan.detectable() or 0.0
    foresight = Plan(
        reps_per_variant=REPS // 2,
        leads_per_rep=leads,
        baseline=RATE,
        icc=icc,
        cv=CV,
        correlation=r,
    ).foresight
    print(f"\n{REPS} reps, ICC {icc}, r {r}: {100 * effect:.1f} points; leads a rep")
    base = _line("simple split, Welch's t", _welch(icc, foresight), effect, None)
    for name, (design, adjusted) in WAYS.items():
        _line(name, _tried(design, adjusted, icc, foresight), effect, base)


def _more_reps(r: float, icc: float = 0.05, leads: int = 60) -> None:
    """More reps with as many leads each, by the formula that the tests hold against simulation."""
    print(f"\nreps with {leads} leads each, ICC {icc}, r {r}: reps a variant to find 5 points")
    ways = {"simple split": (Design.COMPLETE, False), **WAYS}
    base = None
    for name, (design, adjusted) in list(ways.items())[:6]:

        def enough(k: int, design: Design = design, adjusted: bool = adjusted) -> bool:
            plan = Plan(
                reps_per_variant=k + 6,
                leads_per_rep=leads,
                baseline=RATE,
                icc=icc,
                cv=CV,
                design=design,
                adjusted=adjusted,
                correlation=r,
            )
            return plan.power(0.05) >= USUAL_POWER

        needed = (least(enough, 2_000) or 0) + 6
        base = base or needed
        print(f"  {name:28}{needed:6}   ratio {needed / base:.2f}")


def _line(name: str, share: Share, effect: float, base: int | None) -> int:
    needed = least(lambda leads: share(effect, leads) >= USUAL_POWER, 1_000)
    if needed is None:
        print(f"  {name:28}  over 1,000")
        return 1_000
    false = share(0.0, needed)
    ratio = "" if base is None else f"   ratio {needed / base:.2f}"
    print(f"  {name:28}{needed:6}   false positives {false:.3f}{ratio}")
    return needed


def _team(icc: float, foresight: float) -> Team:
    known = normal_scores(REPS)
    return Team(leads=np.ones(REPS), known=known, rate=RATE, icc=icc, foresight=foresight, cv=CV)


def _tried(design: Design, adjusted: bool, icc: float, foresight: float) -> Share:
    names = tuple(f"{rep:02}" for rep in range(REPS))
    team = _team(icc, foresight)
    reps = KnownReps(names, ("",) * REPS, team.known[:, np.newaxis])
    trial = Trial.of(
        team, design, reps, adjusted=adjusted, runs=RUNS, level=0.95, rng=seeded(SEED)
    )
    return lambda effect, leads: trial.found_share(effect, weeks=leads)


def _welch(icc: float, foresight: float) -> Share:
    def share(effect: float, leads: float) -> float:
        rng = seeded(SEED)
        worlds = Worlds.of(_team(icc, foresight).with_leads(np.full(REPS, leads)), RUNS, rng)
        splits = rng.permuted(np.tile(np.arange(REPS) < REPS // 2, (RUNS, 1)), axis=1)
        rates = worlds.rates(effect, splits)
        arms = [rates[each].reshape(RUNS, -1) for each in (splits, ~splits)]
        return float((ttest_ind(*arms, axis=1, equal_var=False).pvalue <= 0.05).mean())

    return share


def _of_leads(r: float, effect: float = 0.04) -> None:
    """Leads split one by one, each with a score from before that goes with its outcome."""
    print(
        f"\nleads split singly, r {r} of a lead's score: {100 * effect:.0f} points; leads in all"
    )
    base = None
    for name, adjusted in (("simple split, Welch's t", False), ("with the score (Lin)", True)):

        def share(true: float, hundreds: float, adjusted: bool = adjusted) -> float:
            rng = seeded(SEED)
            found = [_lead_p(rng, r, true, int(hundreds) * 50, adjusted) for _ in range(1_000)]
            return float(np.mean([p <= 0.05 for p in found]))

        needed = least(lambda n, share=share: share(effect, n) >= USUAL_POWER, 60) or 60
        base = base or needed
        false = share(0.0, needed)
        print(
            f"  {name:28}{100 * needed:6}   false positives {false:.3f}"
            f"   ratio {needed / base:.2f}"
        )


def _lead_p(rng: np.random.Generator, r: float, effect: float, n: int, adjusted: bool) -> float:
    """Of one test with n leads a variant: a lead's chance is a beta variable, known before."""
    arms = []
    for rate in (RATE, RATE + effect):
        place = rng.random(n)
        known, chance = (np.interp(place, GRID, _chances(r, each)) for each in (RATE, rate))
        arms.append(_joint((rng.random(n) < chance) * 1.0, known if adjusted else place * 0))
    if adjusted:
        found = lead_ancova(*arms)
        return found.p if isinstance(found, Estimate) and found.p is not None else 1.0
    variance = sum(arm.yy / (arm.n - 1) / arm.n for arm in arms)
    return math.erfc(abs(arms[1].y - arms[0].y) / math.sqrt(2 * variance))


@cache
def _chances(r: float, rate: float) -> Floats:
    """At the grid's places among all leads: a beta variable that goes with the outcome by r."""
    spread = 1 / r**2 - 1
    found: Floats = betaincinv(rate * spread, (1 - rate) * spread, GRID)
    return found


def _joint(y: Floats, x: Floats) -> Joint:
    dy, dx = y - y.mean(), x - x.mean()
    return Joint(
        len(y), float(y.mean()), float(x.mean()), float(dy @ dy), float(dx @ dx), float(dy @ dx)
    )


if __name__ == "__main__":
    main()
