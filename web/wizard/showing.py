"""What each step shows beside its fields: what differs, an example of the split, what it finds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from fastapi import Request
from sqlalchemy.orm import Session

from analysis.power import USUAL_POWER
from experiments import life, people, process
from experiments.attainable import attainable
from experiments.company import the_company
from experiments.example_split import example_split, leads_a_week
from experiments.experiment import Experiment
from experiments.feasibility.prospect import Prospect, prospect
from experiments.problem import NotFound, Problem, Refused
from experiments.process import ProcessVersion
from experiments.process_beside import StageBeside, beside, in_another_order
from experiments.unfinished import Typed, UnfinishedPlan
from experiments.users import User
from web.advice_text import WAYS
from web.balance_shown import balance_shown
from web.charts.weeks import WeekRow, week_bars
from web.experiment_choices import choices
from web.experiment_form import Values
from web.pages import reader_of
from web.pages.feasibility import BEYOND
from web.plan_shown import shown
from web.rows import row_count
from web.security import MANAGERS
from web.sentences import MILESTONES
from web.wizard.answers import sketched, values_of, written
from web.wizard.steps import Step, step_at

Context = dict[str, Any]
USUAL_EFFECT = "5"
# Where a hindrance is said that the split has.
_OF_THE_SPLIT = ("reps", "design", "covariate", "variants")


@dataclass(frozen=True, slots=True)
class Asked:
    """A step that somebody asks for; `plan` is `None` before anything was kept."""

    request: Request
    session: Session
    user: User
    now: datetime
    step: Step
    typed: Typed
    plan: UnfinishedPlan | None = None

    @property
    def today(self) -> date:
        """The company's day."""
        return self.now.astimezone(the_company(self.session).zone).date()

    @property
    def values(self) -> Values:
        """What stands in the forms."""
        return values_of(self.typed, self.today)

    @property
    def effect(self) -> str:
        """The difference that matters, as it was typed."""
        return next(iter(self.typed.get("effect", ())), USUAL_EFFECT)

    def say(self, text: str) -> str:
        """A text in the language of who asks."""
        return reader_of(self.request).translations.gettext(text)

    def sketch(self) -> Experiment | None:
        """The plan as it stands; `None` while something is wrong or missing."""
        try:
            return sketched(self.session, self.typed, self.today)
        except Refused:
            return None


@dataclass(frozen=True, slots=True)
class Compared:
    """A treatment's process beside the control's; `slot` is that of the variant's colour."""

    slot: int
    control: str
    treatment: str
    stages: Sequence[StageBeside]
    other_order: bool

    @property
    def alike(self) -> bool:
        """Whether the two ask for the same."""
        return not self.other_order and all(stage.alike for stage in self.stages)


def shown_beside(asked: Asked) -> Context:
    """What the page of a step shows beside its fields."""
    show = _SHOWS.get(asked.step)
    return show(asked) if show else {}


def compared(variants: Sequence[tuple[str, ProcessVersion | None, bool]]) -> list[Compared]:
    """Each treatment beside the control, of those whose process is chosen.

    Args:
        variants: Name, version and whether it is the control, of each.
    """
    others = [(name, each) for name, each, is_control in variants if not is_control]
    return [
        Compared(slot, name, other, beside(before, each), in_another_order(before, each))
        for name, before, is_control in variants
        for slot, (other, each) in enumerate(others, start=1)
        if is_control and before and each
    ]


def _choices(asked: Asked) -> Context:
    return dict(choices(asked.request, asked.session))


def _variants(asked: Asked) -> Context:
    rows = written(asked.session, asked.values)["variants"]
    named = [
        (row["name"] or asked.say("Variant {number}").format(number=at), row)
        for at, row in enumerate(rows, start=1)
    ]
    known = [
        (name, _version(asked.session, row["process"]), row["control"]) for name, row in named
    ]
    count = row_count(asked.values, "variants", "weight")
    return _choices(asked) | {
        "rows": max(2, count),
        "compared": compared(known),
        "milestones": MILESTONES,
    }


def _who(asked: Asked) -> Context:
    teams = people.teams(asked.session)
    by_segment: dict[str, list[people.Team]] = {}
    for team in teams:
        if team.segment:
            by_segment.setdefault(team.segment, []).append(team)
    segments = [
        (segment, [each.name for each in among], sum(map(_here, among)))
        for segment, among in sorted(by_segment.items())
    ]
    return _choices(asked) | {"segments": segments}


def _split(asked: Asked) -> Context:
    plan = asked.sketch()
    if plan is None or not plan.participants:
        return {"sketch": None, "unit": next(iter(asked.typed.get("unit", ())), "rep")}
    draw = asked.request.query_params.get("draw", "1")
    draw_number = int(draw) if draw.isdecimal() and len(draw) < 6 else 1
    seed = (asked.plan.id if asked.plan else 0) * 100_000 + draw_number
    hindrances = life.hindrances(asked.session, plan, now=asked.now)
    total = sum(variant.weight for variant in plan.variants)
    example = example_split(asked.session, plan, seed=seed, now=asked.now)
    return {
        "sketch": plan,
        "unit": plan.unit,
        "draw": draw_number,
        "example": example,
        "sides": [(each.variant.name, "n") for each in example.sides] if example else [],
        "best": attainable(plan),
        "hindrances": [each for each in hindrances if each.where.startswith(_OF_THE_SPLIT)],
        "balance": balance_shown(example.plan) if example else None,
        "weekly": leads_a_week(asked.session, plan, now=asked.now),
        "shares": [each.weight / total for each in _control_first(plan)],
        "variants": _control_first(plan),
    }


def _feasibility(asked: Asked) -> Context:
    plan = asked.sketch()
    context: Context = {"sketch": plan, "found": None}
    if plan is None or not plan.participants:
        return context
    try:
        found = prospect(asked.session, plan, asked.effect, now=asked.now)
    except Refused as refusal:
        return context | {"problems": refusal.problems}
    return context | _found(asked, found)


def _review(asked: Asked) -> Context:
    try:
        plan = sketched(asked.session, asked.typed, asked.today)
    except Refused as refusal:
        return {"sketch": None, "missing": _with_steps(refusal.problems)}
    told = shown(asked.session, plan, asked.user.role, now=asked.now)
    named = [(each.name, each.version, each.is_control) for each in plan.variants]
    context: Context = {
        "sketch": plan,
        "shown": told,
        "missing": _with_steps([each for each, _place in told.hindrances]),
        "compared": compared(named),
        "milestones": MILESTONES,
        "may_launch": asked.user.role in MANAGERS,
        "found": None,
    }
    try:
        found = prospect(asked.session, plan, asked.effect, now=asked.now)
    except Refused:
        return context
    return context | _found(asked, found)


_SHOWS: Mapping[Step, Callable[[Asked], Context]] = {
    Step.VARIANTS: _variants,
    Step.WHO: _who,
    Step.MEASURED: _choices,
    Step.LOOKS: _choices,
    Step.SPLIT: _split,
    Step.FEASIBILITY: _feasibility,
    Step.REVIEW: _review,
}


def _found(asked: Asked, found: Prospect) -> Context:
    rows = [
        WeekRow(
            asked.say(WAYS[each.way]),
            each.weeks,
            each.total_weeks,
            each.way is found.own.way,
            asked.say(each.why or BEYOND),
        )
        for each in found.answer.ways
    ]
    return {
        "found": found,
        "bars": week_bars(rows, mirrored=reader_of(asked.request).mirrored),
        "way_names": WAYS,
        "usual_power": USUAL_POWER,
    }


def _with_steps(problems: Sequence[Problem]) -> list[tuple[Problem, Step]]:
    """Each with the step that mends it."""
    return [(each, step_at(each.where) or Step.QUESTION) for each in problems]


def _control_first(plan: Experiment) -> list[Any]:
    return sorted(plan.variants, key=lambda each: not each.is_control)


def _version(session: Session, reference: str) -> ProcessVersion | None:
    try:
        return process.version_of(session, reference) if reference else None
    except NotFound:
        return None


def _here(team: people.Team) -> int:
    return sum(rep.left_at is None for rep in team.reps)
