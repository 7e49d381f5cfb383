"""Simulated companies whose good reps and long-lived leads do more of every action."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.association import adjusted_ps, stratum
from analysis.proportion import Stratum
from analysis.sufficient import Bools, Ints

STAGES, ACTIONS = 5, 8


@dataclass(frozen=True)
class World:
    """A company's size, and what its one effective action adds to the log-odds of going on."""

    reps: int = 20
    leads: int = 2400
    effect: float = 0.0
    # The action that has the effect: a stage and a number.
    stage: int = 1
    action: int = 2


@dataclass(frozen=True)
class Table:
    """What analysis is given of a world: strata by stage and action, and the naive counts."""

    strata: list[list[Stratum]]
    naive: list[tuple[int, int, int, int]]


def simulate(world: World, rng: np.random.Generator) -> Table:
    """A company's leads, each on its way through five stages, counted at their landmarks."""
    owner = rng.choice(world.reps, world.leads, p=rng.dirichlet(np.full(world.reps, 4.0)))
    skill = rng.normal(0, 0.5, world.reps)
    # Good reps are diligent too: the correlation is 0.8.
    diligence = 0.8 * skill / 0.5 + 0.6 * rng.normal(0, 1, world.reps)
    slow = rng.normal(0, 0.5, world.leads)  # long-lived leads, which also win more often
    present = np.ones(world.leads, dtype=bool)
    held = []
    for stage in range(STAGES):
        stay = rng.lognormal(2 + slow, 0.6)
        rate = np.exp(-2.3 + 0.6 * diligence[owner])
        done_at = rng.exponential(1 / rate, (ACTIONS, world.leads))
        odds = 0.6 + skill[owner] + 0.6 * slow
        if stage == world.stage:
            odds = odds + world.effect * (done_at[world.action] <= stay)
        day = float(np.median(stay[present])) / 2
        held.append((present & (stay >= day), done_at <= day, present, done_at <= stay))
        present = present & (rng.random(world.leads) < 1 / (1 + np.exp(-odds)))
    return _table(world, owner, present, held)


def claims(strata: Sequence[Sequence[Stratum]]) -> set[int]:
    """Which actions the product claims, by their place."""
    return {at for at, p in enumerate(adjusted_ps(strata)) if p is not None and p <= 0.05}


def naive_claims(table: Table) -> int:
    """How many actions a plain two-by-two table of all leads calls significant at 5%."""
    return sum(_is_significant(*each) for each in table.naive)


def _table(
    world: World, owner: Ints, won: Bools, held: list[tuple[Bools, Bools, Bools, Bools]]
) -> Table:
    strata, naive = [], []
    for at_risk, by_day, came, ever in held:
        for action in range(ACTIONS):
            strata.append(_strata(world.reps, owner, won, at_risk, by_day[action]))
            with_it, without = came & ever[action], came & ~ever[action]
            naive.append(
                (with_it.sum(), (with_it & won).sum(), without.sum(), (without & won).sum())
            )
    return Table(strata, naive)


def _strata(reps: int, owner: Ints, won: Bools, at_risk: Bools, done: Bools) -> list[Stratum]:
    def per_rep(chosen: Bools) -> list[int]:
        return [int(each) for each in np.bincount(owner[chosen], minlength=reps)]

    with_it, without = at_risk & done, at_risk & ~done
    columns = [per_rep(each) for each in (with_it, with_it & won, without, without & won)]
    found = [stratum((n1, w1), (n0, w0)) for n1, w1, n0, w0 in zip(*columns, strict=True)]
    return [each for each in found if each]


def _is_significant(n1: int, w1: int, n0: int, w0: int) -> bool:
    if not n1 or not n0:
        return False
    pooled = (w1 + w0) / (n1 + n0)
    variance = pooled * (1 - pooled) * (1 / n1 + 1 / n0)
    return bool(variance > 0 and abs(w1 / n1 - w0 / n0) > 1.96 * variance**0.5)


@dataclass(frozen=True)
class Tally:
    """Of so many worlds: how many hold a false claim, and in how many the effect is found."""

    worlds: int
    false: int
    found: int
    naive: float


def tally(world: World, count: int, *, seed: int) -> Tally:
    """Judge so many worlds by the adjusted p-values alone, which is what a claim rests on."""
    at = world.stage * ACTIONS + world.action if world.effect else -1
    false, found, naive = 0, 0, 0
    for stream in np.random.default_rng(seed).spawn(count):
        table = simulate(world, stream)
        claimed = claims(table.strata)
        found += at in claimed
        false += bool(claimed - {at})
        naive += naive_claims(table)
    return Tally(count, false, found, naive / count)


GRID = [
    World(),
    *(
        World(effect=effect, stage=3, leads=leads)
        for leads in (2400, 10_000, 20_000)
        for effect in (0.8, 1.5)
    ),
]


def main() -> None:
    """Print the table of docs/insight.md: 500 worlds without an effect, 200 with each."""
    for world in GRID:
        found = tally(world, 200 if world.effect else 500, seed=2026)
        print(f"{world.leads:>7,} leads, effect {world.effect:g}: {found}")


if __name__ == "__main__":
    main()
