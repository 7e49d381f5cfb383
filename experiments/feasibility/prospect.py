"""What a plan as it stands would find, reckoned from the past of those who take part."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from math import ceil, floor

import numpy as np
from pydantic import ValidationError
from sqlalchemy.orm import Session

from experiments.experiment import Covariate, Experiment, SplitDesign, Unit, Variant
from experiments.feasibility.advisor import A_YEAR, Way
from experiments.feasibility.at_once import (
    USUAL,
    Answer,
    Question,
    Reckoned,
    most_weeks,
    question_of,
    reckon,
)
from experiments.feasibility.outlook import Outlook, outlook
from experiments.findings import from_pydantic
from experiments.metric import CATALOGUE
from experiments.problem import Problem, Refused
from experiments.sales_history import WEEK, SalesHistory, sales_history

# A question is of so many reps at least, and of leads that get so many days at most.
FEWEST_REPS = 4
MOST_DAYS = 365


@dataclass(frozen=True, slots=True)
class Prospect:
    """What a plan would find.

    Args:
        answer: Every way of splitting, the plan's own chosen, in the weeks that it enrols.
        seen: The past that this rests on; `None` where it is too thin, and usual figures stand in.
        of_all: Whether that is everybody's past, because that of those who take part is too thin.
        why: Why no past could be used.
        within_reach: The least difference in the effect's direction that the plan's own way finds
            80% of the time in a year; `None` where that is none.
        of_value: Whether amounts decide, of which this knows nothing: it is of winning at all.
    """

    answer: Answer
    seen: Outlook | None
    of_all: bool
    why: Problem | None
    within_reach: float | None
    of_value: bool

    @property
    def own(self) -> Reckoned:
        """The plan's own way."""
        return self.answer.chosen

    @property
    def finds(self) -> bool:
        """Whether the plan's own way finds the effect within a year."""
        return _in_a_year(self.own)

    @property
    def fastest(self) -> Reckoned | None:
        """The way that finds it first; `None` where none does within a year."""
        found = [each for each in self.answer.ways if _in_a_year(each)]
        return min(found, key=lambda each: each.total_weeks or 0.0, default=None)


def prospect(session: Session, plan: Experiment, effect: object, *, now: datetime) -> Prospect:
    """`foreseen` by the company's past as it is now. Raises Refused as that does."""
    history = sales_history(
        session, now=now, horizon_days=plan.horizon_days, milestone=plan.milestone
    )
    return foreseen(plan, history, effect)


def foreseen(plan: Experiment, history: SalesHistory, effect: object) -> Prospect:
    """Reckon a plan that somebody takes part in, stored or not.

    Args:
        history: Everybody's past, counted as the plan counts.
        effect: That matters to the manager, in points, as it was typed.
    Raises:
        Refused: at "effect", for what is no number or leads out of rates that there can be.
    """
    seen, of_all, why = _past(plan, history)
    asked = _question(plan, seen, effect)
    longest = asked.model_copy(update={"weeks": most_weeks(asked, asked.way)})
    return Prospect(
        reckon(asked),
        seen,
        of_all,
        why,
        within_reach=reckon(longest).chosen.detectable,
        of_value=CATALOGUE[plan.metric].is_money,
    )


def way_of(plan: Experiment) -> Way:
    """The way in which a plan splits."""
    if plan.unit is Unit.LEAD:
        return Way.LEADS
    if plan.design is SplitDesign.RERANDOMISED and plan.covariate is Covariate.SHARE:
        return Way.ADJUSTED
    return Way(plan.design.value)


def only(history: SalesHistory, reps: Collection[str]) -> SalesHistory:
    """The past of these reps, by their external ids."""
    mine = np.array([rep in reps for rep in history.reps], dtype=bool)
    return replace(
        history,
        reps=tuple(rep for rep in history.reps if rep in reps),
        teams=tuple(
            team for rep, team in zip(history.reps, history.teams, strict=True) if rep in reps
        ),
        leads=history.leads[mine],
        reached=history.reached[mine],
    )


def _past(plan: Experiment, history: SalesHistory) -> tuple[Outlook | None, bool, Problem | None]:
    """The past to tell from, whether it is everybody's, and why there is none."""
    mine = {rep.external_id for rep in plan.participants}
    try:
        return outlook(only(history, mine)), False, None
    except Refused:
        pass
    try:
        return outlook(history), True, None
    except Refused as refusal:
        return None, False, refusal.problems[0]


def _question(plan: Experiment, seen: Outlook | None, effect: object) -> Question:
    usual = question_of(seen) if seen else USUAL
    way, reps = way_of(plan), _as_two_halves(plan)
    whole = max(floor(reps), FEWEST_REPS)
    # So few reps are reckoned as four with as many leads together.
    share = reps / whole if reps < FEWEST_REPS or way is Way.LEADS else 1.0
    # An hour of summer time makes no week.
    weeks = ceil((plan.enrol_until_at - plan.enrol_from_at) / WEEK - 0.01)
    figures = {
        "effect": effect,
        "way": way,
        "reps": whole,
        "leads_per_week": usual.leads_per_week * share,
        "horizon_days": min(plan.horizon_days, MOST_DAYS),
        "weeks": min(max(weeks, 1), A_YEAR),
        "level": 1 - (1 - plan.level) / (len(plan.variants) - 1),
    }
    try:
        return Question.model_validate(usual.model_dump() | figures)
    except ValidationError as error:
        raise from_pydantic(error) from None


def _as_two_halves(plan: Experiment) -> float:
    """How many reps in two equal halves tell as much as the two variants that tell the least."""
    total = sum(variant.weight for variant in plan.variants)
    least = min(_treatments(plan), key=lambda variant: variant.weight)
    shares = [variant.weight / total for variant in (plan.control, least)]
    return 4 * len(plan.participants) / sum(1 / share for share in shares)


def _treatments(plan: Experiment) -> list[Variant]:
    return [variant for variant in plan.variants if not variant.is_control]


def _in_a_year(way: Reckoned) -> bool:
    return way.total_weeks is not None and way.total_weeks <= A_YEAR
