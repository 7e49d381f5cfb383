"""What the product says of a world, through its public functions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import floor

import numpy as np

from analysis.comparison import Comparison
from analysis.crossover import CrossoverPair
from analysis.estimate import Estimate, Result
from analysis.methods import compare_crossover, compare_reps
from analysis.pairs import RepLooks, RepPair
from analysis.planned_looks import LookPlan
from analysis.splits import Splits
from analysis.sufficient import Bools, Floats, RepTotals
from assignment.design import Complete, redraws
from tests.calibration.cell import Cell, Split
from tests.calibration.splitting import DRAWS
from tests.calibration.world import World

ALPHA = 0.05
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
    attainable: float = 0.0
    """What the design's draws let it err with at most, were no two of them alike."""


def answers(cell: Cell, world: World, rng: np.random.Generator) -> Iterator[Answer]:
    """The primary's answer first, then those beside it."""
    if cell.split is Split.CROSSOVER:
        yield _crossed(cell, world)
        return
    pairs = {
        str(treatment): _pair(cell, world, treatment, rng) for treatment in range(1, cell.variants)
    }
    if cell.looks > 1:
        yield _looked_at(cell, world, pairs)
        return
    found = list(compare_reps(pairs).values())
    yield _together(found, world.truth)
    if len(found) == 1:
        for method in BESIDE:
            yield _of(method, found[0].estimates[method], world.truth)


def _crossed(cell: Cell, world: World) -> Answer:
    """The first period is over; of the second each look sees what there is by then."""
    first, *seconds = _rates(world)
    later, redrawn = world.labels == 1, Splits(world.redraws == 1)
    changes = (np.array(seconds) - first) / 2

    def asked(look: int) -> Answer:
        second = seconds[look - 1]
        control, treatment = np.where(later, first, second), np.where(later, second, first)
        looks = RepLooks(_plan(cell, look), changes[:look]) if cell.looks > 1 else None
        pair = CrossoverPair(control, treatment, later, redrawn, exact=world.exact, looks=looks)
        return _together([compare_crossover(pair)], world.truth)

    if cell.looks == 1:
        return asked(1)
    return _ever(
        [asked(look + 1) for look, rates in enumerate(seconds) if np.isfinite(rates).all()]
    )


def _looked_at(cell: Cell, world: World, pairs: Mapping[str, RepPair]) -> Answer:
    """Whoever looks claims a difference at the first look that shows one."""
    rates = _rates(world)

    def asked(look: int) -> Answer:
        found = compare_reps(_until(look, cell, world, rates, pairs))
        return _together(list(found.values()), world.truth)

    return _ever([asked(look + 1) for look, each in enumerate(rates) if np.isfinite(each).all()])


def _rates(world: World) -> Floats:
    """Each rep's close rate at every look or in every period, NaN without leads."""
    assert world.parts is not None
    n, won = world.parts
    rates: Floats = np.divide(won, n, out=np.full(n.shape, np.nan), where=n > 0)
    return rates


def _plan(cell: Cell, look: int) -> LookPlan:
    return LookPlan(tuple((each + 1) / cell.looks for each in range(look)), cell.spending)


def _ever(seen: Sequence[Answer]) -> Answer:
    """Of all looks together: any may claim, and all intervals must cover."""
    estimable = [each for each in seen if each.estimable]
    return Answer(
        "group_sequential",
        estimable=bool(estimable),
        rejected=any(each.rejected for each in estimable),
        covered=all(each.covered for each in estimable),
        attainable=max((each.attainable for each in estimable), default=0.0),
    )


def _until(
    look: int, cell: Cell, world: World, rates: Floats, pairs: Mapping[str, RepPair]
) -> dict[str, RepPair]:
    """The pairs as this look and those before it saw them."""
    plan = _plan(cell, look)
    return {
        name: replace(pair, looks=RepLooks(plan, rates[:look, _of_pair(world, int(name))]))
        for name, pair in pairs.items()
    }


def _of_pair(world: World, treatment: int) -> Bools:
    mine: Bools = np.isin(world.labels, (0, treatment))
    return mine


def _pair(cell: Cell, world: World, treatment: int, rng: np.random.Generator) -> RepPair:
    mine = _of_pair(world, treatment)
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
    treated, redrawn = world.labels[mine] == treatment, Splits(again == treatment)
    return RepPair(totals, treated, redrawn, exact=exact, covariate=before)


def _together(found: Sequence[Comparison], truth: float) -> Answer:
    method = found[0].primary
    if len(found) == 1:
        return _of(method, found[0].result, truth)
    corrected = [each.adjusted for each in found if each.adjusted is not None]
    return Answer(
        method,
        estimable=bool(corrected),
        rejected=any(each.p <= ALPHA for each in corrected),
        covered=all(_holds(each.ci, truth) for each in corrected),
        attainable=sum(_attainable(each.result, ALPHA / len(found)) for each in found),
    )


def _of(method: str, result: Result, truth: float) -> Answer:
    if not isinstance(result, Estimate):
        return Answer(method, estimable=False, rejected=False, covered=True)
    covered, attainable = _holds(result.ci, truth), _attainable(result, ALPHA)
    return Answer(method, True, result.is_significant, covered, attainable)


def _attainable(result: Result, alpha: float) -> float:
    """The largest p of these draws that is not above alpha: p goes in steps of its least."""
    least = getattr(result, "smallest_p", None)
    return floor(alpha / least * (1 + 1e-6)) * least if least else 0.0


def _holds(ci: tuple[float | None, float | None], truth: float) -> bool:
    low, high = ci
    return (low is None or low <= truth) and (high is None or truth <= high)
