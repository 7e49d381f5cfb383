"""The company's past, split at random again and again: what the planned test says of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from analysis.pace import total_weeks
from analysis.planned_design import Design
from analysis.power import USUAL_POWER
from experiments.feasibility.outlook import Spread, spread_of
from experiments.feasibility.past_worlds import PastWorld, Stretch, past_world
from experiments.problem import Refused, problem
from experiments.sales_history import SalesHistory

MOST_RUNS = 20_000
USUAL_WEEKS = (4, 8, 13, 26, 52)

Progress = Callable[[int, int], None]
"""Told how many of how many steps are done."""


@dataclass(frozen=True, slots=True)
class Detectable:
    """What a test as long as this could have found in the company's past.

    Args:
        weeks: Of enrolment.
        total_weeks: With the horizon on top, and a crossover's wait between its periods.
        leads: That began in the weeks of enrolment.
        effect: The least rise in the average rep's rate found 80% of the time; `None` where
            none is.
    """

    weeks: int
    total_weeks: float
    leads: int
    effect: float | None


@dataclass(frozen=True, slots=True)
class Replay:
    """What replaying a plan on the past says of it.

    Args:
        spread: How much the reps differed in the longest of the weeks.
        false_positives: Share of random splits of the unchanged past called significant.
        false_positives_se: Its standard error, from the splits tried and the re-draws.
        attainable: The share that this design can call significant at most, by its draws.
    """

    design: Design
    adjusted: bool
    reps: int
    spread: Spread
    runs: int
    false_positives: float
    false_positives_se: float
    attainable: float
    detectable: tuple[Detectable, ...]


def replay(
    history: SalesHistory,
    *,
    weeks: Sequence[int],
    design: Design = Design.COMPLETE,
    adjusted: bool = False,
    runs: int = 1_000,
    level: float = 0.95,
    seed: int = 0,
    progress: Progress | None = None,
) -> Replay:
    """Split the past at random by a design, half and half, and test each split.

    Unchanged, a split is called significant as often as the design's draws allow, whatever the
    data: a check of both. Then outcomes of the treatment's leads are flipped to successes, more
    and more of them, until 80% of the splits are.

    Args:
        weeks: Lengths of enrolment to try, the latest weeks of the past each time.
        design: Pairs and balance rest on what was known before the weeks that are tried.
        adjusted: Whether the share won before is a covariate of the test.
        runs: Random splits.
    Raises:
        Refused: for a past too thin, or more weeks than there are.
    """
    lengths = sorted(set(weeks))
    stretches = [Stretch(each, design, history.horizon_days) for each in lengths]
    _check(history, stretches, runs)
    worlds = [
        past_world(history, each, adjusted=adjusted, seed=seed, runs=runs) for each in stretches
    ]
    alpha = round(1 - level, 12)
    found: list[Detectable] = []
    for length, world in zip(lengths, worlds, strict=True):
        total = total_weeks(design, length, history.horizon_days)
        effect = _detectable(world, alpha)
        found.append(Detectable(length, total, world.total_leads, effect))
        if progress:
            progress(len(found), len(lengths))
    longest = worlds[-1]
    return Replay(
        design=design,
        adjusted=adjusted,
        reps=longest.reps,
        spread=spread_of(history, lengths[-1]),
        runs=runs,
        false_positives=float(longest.found(0.0, alpha).mean()),
        false_positives_se=longest.standard_error(alpha),
        attainable=longest.attainable(alpha),
        detectable=tuple(found),
    )


def usual_weeks(history: SalesHistory, design: Design = Design.COMPLETE) -> list[int]:
    """The usual lengths that fit into the past; the longest that does where none does."""
    spare = history.weeks - Stretch(0, design, history.horizon_days).spans
    return [each for each in USUAL_WEEKS if each <= spare] or [max(spare, 1)]


def _detectable(world: PastWorld, alpha: float) -> float | None:
    """The least effect that is found often enough, to a thousandth."""

    def enough(effect: float) -> bool:
        return float(world.found(effect, alpha).mean()) >= USUAL_POWER

    if not enough(world.most):
        return None
    low, high = 0.0, world.most
    while high - low > 0.001:
        middle = (low + high) / 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def _check(history: SalesHistory, stretches: Sequence[Stretch], runs: int) -> None:
    if not 1 <= runs <= MOST_RUNS:
        raise Refused(problem("runs", "Between 1 and {most} runs.", most=MOST_RUNS))
    if not history.weeks:
        text = "No leads of the past have had {days} days yet: nothing to replay."
        raise Refused(problem("horizon", text, days=history.horizon_days))
    least = 2 if stretches and stretches[0].design is Design.CROSSOVER else 1
    lengths = [each.weeks for each in stretches]
    most = history.weeks - (stretches[0].spans - lengths[0] if stretches else 0)
    if most < least:
        text = "The {weeks} weeks of the past are too few to replay this design."
        raise Refused(problem("weeks", text, weeks=history.weeks))
    if not lengths or min(lengths) < least or max(lengths) > most:
        text = "There are {least} to {most} weeks to replay."
        raise Refused(problem("weeks", text, least=least, most=most))
