"""Simulated companies: what each rep's leads did, and how the reps were split."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.special import betaincinv, gammaincinv, ndtr

from analysis.sufficient import Floats, Ints
from assignment.design import Labels
from tests.calibration.cell import Cell, Outcome, Split
from tests.calibration.splitting import Drawn, splits

_GRID = np.linspace(0.0005, 0.9995, 1000)
# Spread of the logarithm of a won deal's value.
_VALUE_SIGMA = 1.0
# What the second period of a crossover adds to everybody's rate.
_SEASON = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class World:
    """One company and its test.

    Attributes:
        n: Leads per rep, shape (G,), at least 1.
        total: Wins or money per rep, shape (G,).
        squares: The same of each lead's outcome squared, shape (G,).
        before: Each rep's rate from before the test, shape (G,).
        labels: Variant per rep, 0 for the control, shape (G,).
        redraws: What the same design could have given, shape (B, G).
        exact: Whether the redraws are all there are.
        truth: The effect of every treatment on the average rep.
        parts: Leads and wins per look (each look has those before it), shape (K, G) each; in a
            crossover the first period's stand before them. `None` for one look at one period.
    """

    n: Ints
    total: Floats
    squares: Floats
    before: Floats
    labels: Labels
    redraws: Labels
    exact: bool
    truth: float
    parts: tuple[Ints, Ints] | None = None


def worlds(cell: Cell, count: int, rng: np.random.Generator) -> Iterator[World]:
    """So many independent worlds of a cell."""
    talent = rng.standard_normal((count, cell.reps))
    before = cell.past * talent + np.sqrt(1 - cell.past**2) * rng.standard_normal(talent.shape)
    n = _leads(cell, talent, rng)
    share = ndtr(talent)
    for place, (labels, redraws, exact) in enumerate(splits(cell, before, rng)):
        rates = np.where(
            labels > 0,
            _rates(share[place], cell.base + cell.effect, cell.icc),
            _rates(share[place], cell.base, cell.icc),
        )
        if cell.split is Split.CROSSOVER or cell.looks > 1:
            split = labels, redraws, exact
            yield _in_parts(cell, n[place], rates, share[place], before[place], split, rng)
            continue
        won = rng.binomial(n[place], rates)
        total = squares = won.astype(np.float64)
        truth = cell.effect
        if cell.outcome is Outcome.VALUE:
            total, squares = _money(won, rng)
            truth *= float(np.exp(_VALUE_SIGMA**2 / 2))
        yield World(n[place], total, squares, before[place], labels, redraws, exact, truth)


def _in_parts(
    cell: Cell,
    n: Ints,
    rates: Floats,
    share: Floats,
    before: Floats,
    split: Drawn,
    rng: np.random.Generator,
) -> World:
    """A world whose leads come in several looks' time, or in two periods."""
    if cell.split is Split.CROSSOVER:
        labels = split[0]
        # Everybody sells better in the second period, which no rep's order was chosen for.
        first = cell.base + cell.effect * (labels == 0)
        second = cell.base + _SEASON + cell.effect * (labels == 1)
        rate = np.stack([_about(share, means, cell.icc) for means in (first, second)])
        # Of the second period's leads, each look sees those that came by then.
        arrived = np.vstack([n, rng.multinomial(n, [1 / cell.looks] * cell.looks).T])
        won = rng.binomial(arrived, rate[[0, *[1] * cell.looks]])
        parts = _after_the_first(arrived), _after_the_first(won)
    else:
        arrived = rng.multinomial(n, [1 / cell.looks] * cell.looks).T
        won = rng.binomial(arrived, rates)
        parts = arrived.cumsum(axis=0), won.cumsum(axis=0)
    total = parts[1][-1].astype(np.float64)
    return World(parts[0][-1], total, total, before, *split, cell.effect, parts)


def _after_the_first(each: Ints) -> Ints:
    """The first row, then the others added up one after the other."""
    return np.vstack([each[:1], each[1:].cumsum(axis=0)])


def _about(share: Floats, means: Floats, icc: float) -> Floats:
    """Each rep's rate, about a mean of its own."""
    found = np.empty(len(share))
    for mean in np.unique(means):
        some = means == mean
        found[some] = _rates(share[some], float(mean), icc)
    return found


def _leads(cell: Cell, talent: Floats, rng: np.random.Generator) -> Ints:
    own = cell.tied * talent + np.sqrt(1 - cell.tied**2) * rng.standard_normal(talent.shape)
    if cell.cv > 0:
        sizes = np.interp(ndtr(own), _GRID, _relative_sizes(cell.cv)) * cell.leads
    else:
        sizes = np.full(talent.shape, cell.leads)
    arrived = np.maximum(np.rint(sizes), 1).astype(np.int64)
    matured: Ints = np.maximum(rng.binomial(arrived, cell.matured), 1)
    return matured


def _rates(share: Floats, mean: float, icc: float) -> Floats:
    """Rates of a beta distribution whose reps' leads are alike to this degree."""
    if icc == 0:
        return np.full(share.shape, mean)
    return np.interp(share, _GRID, _quantiles(mean, icc))


@cache
def _quantiles(mean: float, icc: float) -> Floats:
    """Of the rates, on the grid; the same for all worlds of a cell."""
    size = 1 / icc - 1
    quantiles: Floats = betaincinv(mean * size, (1 - mean) * size, _GRID)
    return quantiles


@cache
def _relative_sizes(cv: float) -> Floats:
    """Quantiles of leads per rep over their mean, on the grid."""
    shape = 1 / cv**2
    sizes: Floats = np.asarray(gammaincinv(shape, _GRID) / shape, dtype=np.float64)
    return sizes


def _money(won: Ints, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """What each rep's won deals are worth together, and the sum of their squares."""
    owner = np.repeat(np.arange(len(won)), won)
    values = rng.lognormal(0.0, _VALUE_SIGMA, len(owner))
    total: Floats = np.bincount(owner, values, minlength=len(won)).astype(np.float64)
    squares: Floats = np.bincount(owner, values**2, minlength=len(won)).astype(np.float64)
    return total, squares
