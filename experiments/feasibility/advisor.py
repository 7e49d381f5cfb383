"""Which way of splitting finds the effect that matters first: tried on the company as it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import floor

from analysis.pace import least, total_weeks
from analysis.planned_design import Design
from analysis.power import USUAL_POWER
from assignment.design import seeded
from experiments.feasibility.outlook import Outlook
from experiments.feasibility.trial import Trial
from experiments.problem import Problem, Refused, problem

# Whoever must wait longer has another company by then.
A_YEAR = 52
RUNS = 1_000
MOST_RUNS = 20_000
DRAWS = 999
# How often reps are supposed to mix up two processes, to say what that would cost.
MIXED = 0.2
# A split that risks nothing is worth waiting for so much longer.
WORTH_WAITING = 1.25

Progress = Callable[[int, int], None]
"""Told how many of how many ways are tried."""


class Way(StrEnum):
    """Ways of splitting, as people choose among them."""

    COMPLETE = "complete"
    BY_TEAM = "by_team"
    PAIRED = "paired"
    RERANDOMISED = "rerandomised"
    ADJUSTED = "rerandomised_covariate"
    CROSSOVER = "crossover"
    LEADS = "leads"

    @property
    def design(self) -> Design:
        """How reps or leads are drawn."""
        return Design.RERANDOMISED if self is Way.ADJUSTED else Design(self.value)


class Risk(StrEnum):
    """What a way puts at risk, beside taking long."""

    MIXING = "mixing"  # one rep works by both processes and mixes them up
    CARRY_OVER = "carry_over"  # what a rep learned in the first period stays
    FAIRNESS = "fairness"  # half of the reps must sell by what may be the worse process
    FEW_DRAWS = "few_draws"  # so few ways to split that no outcome could be significant
    UNSTEADY = "unsteady"  # rests on reps staying as they were


@dataclass(frozen=True, slots=True)
class Option:
    """A way, and what it promises.

    Args:
        weeks: Of new leads until the effect is found 80% of the time; `None` where a year does
            not suffice.
        total_weeks: Until the last lead has matured.
        power: In that many weeks; with `weeks` none, in the most that fit into a year.
        power_se: Of the simulation.
        smallest_p: The least that can come out at all.
        mixed_weeks: As `total_weeks`, were every fifth lead worked by the other process; `None`
            beyond a year, and where nobody works by both.
        refused: Why these reps cannot be split so at all; then nothing else is known.
    """

    way: Way
    weeks: int | None = None
    total_weeks: float | None = None
    power: float | None = None
    power_se: float | None = None
    smallest_p: float | None = None
    mixed_weeks: float | None = None
    risks: tuple[Risk, ...] = ()
    refused: Problem | None = None

    @property
    def finds(self) -> bool:
        """Whether the effect is found within a year."""
        return self.weeks is not None


@dataclass(frozen=True, slots=True)
class Advice:
    """All ways side by side, and which to take.

    Args:
        recommended: `None` where no way finds the effect within a year.
        fastest: Another one, where that risks more for hardly less time; `None` alike.
        within_reach: The least rise that the fastest way finds in a year; told where none is
            recommended, and `None` where even that is none.
    """

    effect: float
    level: float
    outlook: Outlook
    options: tuple[Option, ...]
    recommended: Option | None
    fastest: Option | None
    within_reach: float | None
    runs: int

    @property
    def calm(self) -> Option | None:
        """The fastest by which no rep works by both processes; `None` where none finds it."""
        return min(filter(_is_calm, _simple(self.options)), key=_total, default=None)


def advise(
    seen: Outlook,
    effect: float,
    *,
    level: float = 0.95,
    runs: int = RUNS,
    seed: int = 0,
    progress: Progress | None = None,
) -> Advice:
    """Try every way on a team like this one, by the test that would decide.

    Args:
        effect: That matters to the manager: treatment minus control, as a fraction.
        runs: Simulated tests for each length that is tried.
    Raises:
        Refused: for an effect that leads out of [0, 1], or no number of runs.
    """
    _check(seen, effect, level, runs)
    options = []
    for way in Way:
        options.append(_tried(seen, way, effect, level, runs, seed))
        if progress:
            progress(len(options), len(Way))
    recommended = _recommended(options)
    finding = (each for each in _simple(options) if each.finds)
    fastest = min(finding, key=_total, default=None)
    reach = None
    if recommended is None:
        reach = _within_reach(seen, options, effect, level, runs, seed)
    return Advice(
        effect,
        level,
        seen,
        tuple(options),
        recommended,
        fastest,
        reach,
        runs,
    )


def trial_of(
    seen: Outlook, way: Way, *, level: float = 0.95, runs: int = RUNS, seed: int = 0
) -> Trial:
    """A way on a team like this one, with one week's leads.

    Raises:
        Refused: for reps who cannot be split so.
    """
    return Trial.of(
        seen.team(),
        way.design,
        seen.reps,
        adjusted=way is Way.ADJUSTED,
        runs=runs,
        level=level,
        rng=seeded(seed),
        draws=DRAWS,
    )


def _tried(seen: Outlook, way: Way, effect: float, level: float, runs: int, seed: int) -> Option:
    try:
        trial = trial_of(seen, way, level=level, runs=runs, seed=seed)
    except Refused as refusal:
        return Option(way, refused=refusal.problems[0])
    most = _most_weeks(seen, way)
    smallest = trial.splits.smallest_p if trial.splits else 0.0
    risks = _risks(seen, way, smallest, round(1 - level, 12))
    weeks = least(lambda n: trial.found_share(effect, weeks=n) >= USUAL_POWER, most)
    power = trial.found_share(effect, weeks=weeks or most)
    mixed = None
    if way is Way.LEADS and weeks is not None:
        less = effect * (1 - MIXED)
        longer = least(lambda n: trial.found_share(less, weeks=n) >= USUAL_POWER, most)
        mixed = None if longer is None else _total_weeks(seen, way, longer)
    return Option(
        way,
        weeks=weeks,
        total_weeks=None if weeks is None else _total_weeks(seen, way, weeks),
        power=power,
        power_se=(power * (1 - power) / runs) ** 0.5,
        smallest_p=smallest,
        mixed_weeks=mixed,
        risks=risks,
    )


def _risks(seen: Outlook, way: Way, smallest_p: float, alpha: float) -> tuple[Risk, ...]:
    own = {
        Way.LEADS: (Risk.MIXING,),
        Way.CROSSOVER: (Risk.CARRY_OVER, Risk.UNSTEADY),
        Way.PAIRED: (Risk.FAIRNESS, Risk.UNSTEADY),
        Way.RERANDOMISED: (Risk.FAIRNESS, Risk.UNSTEADY),
        Way.ADJUSTED: (Risk.FAIRNESS, Risk.UNSTEADY),
    }.get(way, (Risk.FAIRNESS,))
    steady = seen.steadiness is not None and seen.steadiness > 0.5
    kept = tuple(each for each in own if not (each is Risk.UNSTEADY and steady))
    return (*kept, Risk.FEW_DRAWS) if smallest_p > alpha else kept


def _recommended(options: Sequence[Option]) -> Option | None:
    """The fastest, or a split of reps, which risks less, if that is hardly slower."""
    finding = [each for each in _simple(options) if each.finds]
    if not finding:
        return None
    fastest = min(finding, key=_total)
    best = min(filter(_is_calm, finding), key=_total, default=fastest)
    return best if _total(best) <= WORTH_WAITING * _total(fastest) else fastest


def _simple(options: Sequence[Option]) -> list[Option]:
    """Without the covariate where the split has balanced it already: that adds hardly anything."""
    balanced = any(each.way is Way.RERANDOMISED and each.finds for each in options)
    return [each for each in options if not (balanced and each.way is Way.ADJUSTED)]


def _is_calm(option: Option) -> bool:
    return option.finds and option.way.design.splits_reps


def _total(option: Option) -> float:
    return option.total_weeks or 0.0


def _within_reach(
    seen: Outlook, options: Sequence[Option], effect: float, level: float, runs: int, seed: int
) -> float | None:
    """The least difference in the effect's direction that the best way finds in a year."""
    able = [each for each in options if each.power is not None]
    best = max(able, key=lambda each: each.power or 0.0)
    trial = trial_of(seen, best.way, level=level, runs=runs, seed=seed)
    weeks = _most_weeks(seen, best.way)
    farthest = 1 - seen.spread.rate if effect > 0 else -seen.spread.rate
    # In half points: nobody plans by less.
    steps = max(floor(abs(farthest) * 200), 1)
    sign = 1 if effect > 0 else -1
    found = least(lambda n: trial.found_share(sign * n / 200, weeks=weeks) >= USUAL_POWER, steps)
    return None if found is None else sign * found / 200


def _most_weeks(seen: Outlook, way: Way) -> int:
    """Of new leads, so that the last has matured within a year."""
    return max(floor(A_YEAR - _total_weeks(seen, way, 0)), 1)


def _total_weeks(seen: Outlook, way: Way, weeks: int) -> float:
    return total_weeks(way.design, weeks, seen.horizon_days)


def _check(seen: Outlook, effect: float, level: float, runs: int) -> None:
    if not 1 <= runs <= MOST_RUNS:
        raise Refused(problem("runs", "Between 1 and {most} runs.", most=MOST_RUNS))
    if not 0 < level < 1:
        raise Refused(problem("level", "A level is between 0 and 1."))
    if effect == 0 or not 0 <= seen.spread.rate + effect <= 1:
        text = "From {rate} a difference of {effect} leads nowhere a rate can be."
        values = {"rate": f"{seen.spread.rate:.1%}", "effect": f"{100 * effect:+g} points"}
        raise Refused(problem("effect", text, **values))
