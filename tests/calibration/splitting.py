"""How a cell's reps are split, and drawn again, by the product's own designs."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from analysis.sufficient import Floats
from assignment.arrivals import JoinRule, joined
from assignment.design import Complete, Design, Labels, Redraws, redraws
from assignment.stratified import Stratified
from tests.calibration.cell import Cell, Split

# A sample this large is as valid as a larger one, only a little coarser; the product takes 20,000.
DRAWS = 999
# Draws made at once, of which each world takes a stretch of its own.
_POOL = 20_000

Drawn = tuple[Labels, Labels, bool]
"""What happened, what could have, and whether that is all."""


def splits(cell: Cell, before: Floats, rng: np.random.Generator) -> Iterator[Drawn]:
    """A split a world.

    Args:
        before: Each rep's rate from before, shape (worlds, G).
    """
    return _SPLITS[cell.split](cell, before, rng)


def _complete(cell: Cell, before: Floats, rng: np.random.Generator) -> Iterator[Drawn]:
    yield from _same_for_all(Complete(_units(cell.reps), cell.sizes), len(before), rng)


def _stratified(cell: Cell, before: Floats, rng: np.random.Generator) -> Iterator[Drawn]:
    """Two strata, the weaker half by the rate from before and the stronger."""
    half = cell.reps // 2
    units = _units(cell.reps)
    arms = (half - half // 2, half // 2)
    design = Stratified((Complete(units[:half], arms), Complete(units[half:], arms)))
    yield from _by_rank(_same_for_all(design, len(before), rng), before)


def _paired(cell: Cell, before: Floats, rng: np.random.Generator) -> Iterator[Drawn]:
    """Neighbours by the rate from before are a pair."""
    units = _units(cell.reps)
    pairs = tuple(Complete(units[i : i + 2], (1, 1)) for i in range(0, cell.reps, 2))
    yield from _by_rank(_same_for_all(Stratified(pairs), len(before), rng), before)


def _rerandomised(cell: Cell, before: Floats, rng: np.random.Generator) -> Iterator[Drawn]:
    """The tenth of all splits in which the rates from before differ least."""
    design = Complete(_units(cell.reps), cell.sizes)
    all_of_them = redraws(design, rng, listable=1000, sampled=10 * (DRAWS + 1))
    treated = all_of_them.labels > 0
    for past in before:
        gap = np.abs(treated @ (past - past.mean()))
        accepted = all_of_them.labels[gap <= np.quantile(gap, 0.1) * (1 + 1e-9)]
        yield _one_of(Redraws(accepted, all_of_them.exact), int(rng.integers(len(accepted))))


def _joined(cell: Cell, before: Floats, rng: np.random.Generator) -> Iterator[Drawn]:
    """Two thirds are split at the start; the others join in order, by blocks of two."""
    units = _units(cell.reps)
    start = 2 * (cell.reps // 3)
    launch = Complete(units[:start], (start // 2, start // 2))
    design = joined(launch, units[start:], (1, 1), JoinRule.BLOCKS)
    yield from _same_for_all(design, len(before), rng)


def _same_for_all(design: Design, worlds: int, rng: np.random.Generator) -> Iterator[Drawn]:
    """Every world takes another stretch of one long list of draws."""
    drawn = redraws(design, rng, listable=1000, sampled=_POOL)
    for _ in range(worlds):
        if drawn.exact:
            yield _one_of(drawn, int(rng.integers(len(drawn.labels))))
        else:
            start = int(rng.integers(_POOL - DRAWS))
            yield _one_of(Redraws(drawn.labels[start : start + DRAWS + 1], exact=False), 0)


def _one_of(drawn: Redraws, happened: int) -> Drawn:
    labels = drawn.labels[happened]
    if drawn.exact:
        return labels, drawn.labels, True
    return labels, np.delete(drawn.labels, happened, axis=0), False


def _by_rank(drawn: Iterator[Drawn], before: Floats) -> Iterator[Drawn]:
    """The draws' columns are ranks by the rate from before."""
    for past, (labels, again, exact) in zip(before, drawn, strict=True):
        ranks = np.argsort(np.argsort(past))
        yield labels[ranks], again[:, ranks], exact


def _units(count: int) -> tuple[str, ...]:
    return tuple(f"{number:03d}" for number in range(count))


_SPLITS: dict[Split, Callable[[Cell, Floats, np.random.Generator], Iterator[Drawn]]] = {
    Split.COMPLETE: _complete,
    Split.STRATIFIED: _stratified,
    Split.PAIRED: _paired,
    Split.RERANDOMISED: _rerandomised,
    Split.CROSSOVER: _complete,
    Split.JOINED: _joined,
}
