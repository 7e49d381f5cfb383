"""What a test of this company's size would find, reckoned at once for any figures."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor, sqrt

from pydantic import Field

from analysis.pace import Pace, total_weeks
from analysis.planned_design import Design, smallest_p
from analysis.power import Plan
from experiments.feasibility.advisor import A_YEAR, Way
from experiments.feasibility.outlook import Outlook
from experiments.feasibility.past_worlds import MOST_WEEKS_BEFORE
from experiments.problem import Refused, problem
from experiments.written import Written

LEVEL = 0.95


class Question(Written):
    """The figures of a test that may be; rates in percent and differences in points."""

    reps: int = Field(ge=4, le=2_000)
    leads_per_week: float = Field(gt=0, le=10_000)
    rate: float = Field(gt=0, lt=100)
    effect: float = Field(ge=-100, le=100)
    icc: float = Field(ge=0, le=0.9)
    cv: float = Field(ge=0, le=3)
    steadiness: float = Field(ge=0, le=1)
    horizon_days: int = Field(ge=1, le=365)
    weeks: int = Field(ge=1, le=A_YEAR)
    way: Way = Way.COMPLETE
    level: float = Field(LEVEL, gt=0, lt=1)


USUAL = Question(
    reps=10,
    leads_per_week=5,
    rate=20,
    effect=5,
    icc=0.05,
    cv=0.5,
    steadiness=0.5,
    horizon_days=60,
    weeks=13,
)
"""Where there is no past: a small team, as alike as reps usually are."""


def question_of(seen: Outlook) -> Question:
    """The figures that a company's past suggests."""
    return USUAL.model_copy(
        update={
            "reps": len(seen.weekly),
            "leads_per_week": max(round(float(seen.weekly.mean()), 1), 0.1),
            "rate": round(100 * seen.spread.rate, 1),
            "icc": round(min(seen.icc, 0.9), 3),
            "cv": round(min(seen.spread.cv, 3.0), 2),
            "steadiness": round(seen.steadiness or 0.0, 2),
            "horizon_days": seen.horizon_days,
        }
    )


@dataclass(frozen=True, slots=True)
class Reckoned:
    """A way of splitting, reckoned.

    Args:
        weeks: Of new leads until the effect is found 80% of the time; `None` beyond a year.
        total_weeks: Until the last lead has matured.
        power: In the weeks that were asked for.
        detectable: The least difference in the effect's direction found 80% of the time then.
        why: Why the reps cannot be split so, or nothing can come out.
    """

    way: Way
    weeks: int | None = None
    total_weeks: float | None = None
    power: float | None = None
    detectable: float | None = None
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """All ways, and the power of the chosen one by weeks of new leads."""

    question: Question
    ways: tuple[Reckoned, ...]
    curve: tuple[tuple[int, float], ...]

    @property
    def chosen(self) -> Reckoned:
        """The way that was asked for."""
        return next(each for each in self.ways if each.way is self.question.way)

    @property
    def total(self) -> float:
        """Weeks of the chosen way with the weeks that were asked for."""
        return total_weeks(
            self.question.way.design, self.question.weeks, self.question.horizon_days
        )


TOO_FEW = problem("", "Too few reps to be split so.").message
NO_P = problem(
    "", "So few reps can be split in too few ways: nothing could be significant."
).message


def reckon(asked: Question) -> Answer:
    """Reckon every way.

    Raises:
        Refused: for an effect that leads out of rates that there can be.
    """
    if asked.effect == 0 or not 0 <= asked.rate + asked.effect <= 100:
        text = "From {rate}% a difference of {effect} points leads nowhere a rate can be."
        raise Refused(problem("effect", text, rate=f"{asked.rate:g}", effect=f"{asked.effect:g}"))
    ways = tuple(_reckoned(asked, way) for way in Way)
    return Answer(asked, ways, _curve(asked))


def _reckoned(asked: Question, way: Way) -> Reckoned:
    why = _why_not(asked, way)
    if why:
        return Reckoned(way, why=why)
    effect, pace = asked.effect / 100, Pace(asked.leads_per_week, asked.horizon_days)
    plan = _plan(asked, way, asked.weeks)
    weeks = pace.needed(plan, effect, most=most_weeks(asked, way))
    return Reckoned(
        way,
        weeks=weeks,
        total_weeks=None if weeks is None else pace.total(way.design, weeks),
        power=plan.power(effect),
        detectable=plan.detectable(falls=effect < 0),
    )


def most_weeks(asked: Question, way: Way) -> int:
    """Of new leads, so that the last has matured within a year; at least one."""
    return max(floor(A_YEAR - total_weeks(way.design, 0, asked.horizon_days)), 1)


def _why_not(asked: Question, way: Way) -> str | None:
    k = asked.reps // 2
    if way.design is Design.RERANDOMISED and k < 7:
        return TOO_FEW
    if smallest_p(way.design, k) > round(1 - asked.level, 12):
        return NO_P
    return None


def _plan(asked: Question, way: Way, weeks: float) -> Plan:
    least = 2.0 if way.design.splits_leads else 1.0
    plan = Plan(
        reps_per_variant=asked.reps // 2,
        leads_per_rep=max(asked.leads_per_week * weeks, least),
        baseline=asked.rate / 100,
        icc=asked.icc,
        cv=asked.cv,
        level=asked.level,
        design=way.design,
        adjusted=way is Way.ADJUSTED,
        strata=1,
    )
    if way.design is Design.CROSSOVER:
        return plan.foreseeing(asked.steadiness)
    return plan.foreseeing(_foresight(asked)) if way.design.uses_past else plan


def _foresight(asked: Question) -> float:
    """As `Outlook.foresight` has it, from half a year."""
    if asked.icc == 0:
        return 0.0
    leads = max(asked.leads_per_week * MOST_WEEKS_BEFORE, 1)
    return asked.steadiness * sqrt(asked.icc / (asked.icc + (1 - asked.icc) / leads))


def _curve(asked: Question) -> tuple[tuple[int, float], ...]:
    if _why_not(asked, asked.way):
        return ()
    return tuple(
        (weeks, _plan(asked, asked.way, weeks).power(asked.effect / 100))
        for weeks in range(2, A_YEAR + 1, 2)
    )
