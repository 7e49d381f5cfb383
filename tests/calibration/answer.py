"""What the product says of a world, through its public functions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from analysis.comparison import Comparison
from analysis.crossover import CrossoverPair
from analysis.estimate import Estimate, Result
from analysis.methods import compare_crossover, compare_reps
from analysis.pairs import RepLooks, RepPair
from analysis.planned_looks import LookPlan
from analysis.sufficient import Floats, RepTotals
from assignment.design import Complete, redraws
from tests.calibration.cell import Cell, Split
from tests.calibration.splitting import DRAWS
from tests.calibration.world import World

# Methods beside the primary whose false positives are shown too.
BESIDE = ("rep_t", "cr2")


@dataclass(frozen=True, slots=True)
class Answer:
    """What one method said of one world.

    With several treatments a rejection is of any, and all intervals must cover.
    """

    method: str
    estimable: bool
    rejected: bool
    covered: bool


def answers(cell: Cell, world: World, rng: np.random.Generator) -> Iterator[Answer]:
    """The primary's answer first, then those beside it."""
    if cell.split is Split.CROSSOVER:
        yield _crossed(world)
        return
    if cell.looks > 1:
        yield _looked_at(cell, world)
        return
    pairs = {
        str(treatment): _pair(cell, world, treatment, rng) for treatment in range(1, cell.variants)
    }
    found = list(compare_reps(pairs).values())
    yield _together(found[0].primary, found, world.truth)
    if len(found) == 1:
        for method in BESIDE:
            yield _of(method, found[0].estimates[method], world.truth)


def _crossed(world: World) -> Answer:
    assert world.parts is not None
    first, second = world.parts[1] / world.parts[0]
    later = world.labels == 1
    control, treatment = np.where(later, first, second), np.where(later, second, first)
    pair = CrossoverPair(control, treatment, later, world.redraws == 1, exact=world.exact)
    found = compare_crossover(pair)
    return _of(found.primary, found.result, world.truth)


def _looked_at(cell: Cell, world: World) -> Answer:
    """Whoever looks claims a difference at the first look that shows one."""
    assert world.parts is not None
    n, won = world.parts
    rates = np.divide(won, n, out=np.full(n.shape, np.nan), where=n > 0)
    seen = [
        _look(cell, world, rates[:look])
        for look in range(1, cell.looks + 1)
        if (n[look - 1] > 0).all()
    ]
    estimable = [each for each in seen if each.estimable]
    return Answer(
        "group_sequential",
        estimable=bool(estimable),
        rejected=any(each.rejected for each in estimable),
        covered=all(each.covered for each in estimable),
    )


def _look(cell: Cell, world: World, rates: Floats) -> Answer:
    shares = tuple((look + 1) / cell.looks for look in range(len(rates)))
    looks = RepLooks(LookPlan(shares, cell.spending), rates)
    n = np.ones(len(world.n), dtype=np.int64)
    totals = RepTotals(
        tuple(f"{number:03d}" for number in range(len(n))), n, rates[-1], rates[-1] ** 2, 0.0
    )
    treated, redrawn = world.labels == 1, world.redraws == 1
    pair = RepPair(totals, treated, redrawn, exact=world.exact, looks=looks)
    found = compare_reps({"1": pair})["1"]
    return _of(found.primary, found.result, world.truth)


def _pair(cell: Cell, world: World, treatment: int, rng: np.random.Generator) -> RepPair:
    mine = np.isin(world.labels, (0, treatment))
    names = [f"{number:03d}" for number in np.flatnonzero(mine)]
    centre = float(world.total.sum() / world.n.sum())
    squares = world.squares - 2 * centre * world.total + centre**2 * world.n
    totals = RepTotals(
        tuple(names), world.n[mine], world.total[mine], np.maximum(squares[mine], 0), centre
    )
    again, exact = world.redraws, world.exact
    if cell.variants > 2:
        # Each pair is drawn again within itself, the other variants staying as they are.
        sizes = tuple(np.bincount(world.labels[mine], minlength=cell.variants).tolist())
        drawn = redraws(Complete(tuple(names), sizes), rng, listable=1000, sampled=DRAWS)
        again, exact = drawn.labels, drawn.exact
    before = world.before[mine] if cell.adjusted else None
    treated, redrawn = world.labels[mine] == treatment, again == treatment
    return RepPair(totals, treated, redrawn, exact=exact, covariate=before)


def _together(method: str, found: list[Comparison], truth: float) -> Answer:
    if len(found) == 1:
        return _of(method, found[0].result, truth)
    corrected = [each.adjusted for each in found if each.adjusted is not None]
    return Answer(
        method,
        estimable=bool(corrected),
        rejected=any(each.p <= 0.05 for each in corrected),
        covered=all(_holds(each.ci, truth) for each in corrected),
    )


def _of(method: str, result: Result, truth: float) -> Answer:
    if isinstance(result, Estimate):
        return Answer(method, True, result.is_significant, _holds(result.ci, truth))
    return Answer(method, estimable=False, rejected=False, covered=True)


def _holds(ci: tuple[float | None, float | None], truth: float) -> bool:
    low, high = ci
    return (low is None or low <= truth) and (high is None or truth <= high)
