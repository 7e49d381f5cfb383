"""The steps of the wizard, in order: what each is called, and which fields it asks for."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from experiments.problem import NotFound, Problem
from web.texts import N_


class Step(StrEnum):
    """A page of the wizard, by the word in its address."""

    QUESTION = "question"
    VARIANTS = "variants"
    WHO = "who"
    MEASURED = "measured"
    LOOKS = "looks"
    SPLIT = "split"
    FEASIBILITY = "feasibility"
    REVIEW = "review"


STEPS = tuple(Step)


@dataclass(frozen=True, slots=True)
class Wording:
    """What a step is called in the list of steps and on its page, to be translated."""

    name: str
    title: str
    lead: str


WORDINGS: Mapping[Step, Wording] = {
    Step.QUESTION: Wording(
        N_("Question"),
        N_("What do you want to find out?"),
        N_("One question a test. You can leave at any time and go on later."),
    ),
    Step.VARIANTS: Wording(
        N_("Variants"),
        N_("Which processes compete?"),
        N_("What you do today, and what might be better."),
    ),
    Step.WHO: Wording(
        N_("Who"),
        N_("Who takes part?"),
        N_("Whether reps or leads are split, and whose."),
    ),
    Step.MEASURED: Wording(
        N_("Measure"),
        N_("What is measured?"),
        N_("One figure decides; the others stand beside it or guard it."),
    ),
    Step.LOOKS: Wording(
        N_("Time"),
        N_("When, and how often do you look?"),
        N_("The days on which new leads enrol, and the looks before the end."),
    ),
    Step.SPLIT: Wording(
        N_("Split"),
        N_("How is it split?"),
        N_("Chance decides who follows what; you decide how much it may."),
    ),
    Step.FEASIBILITY: Wording(
        N_("Feasible"),
        N_("Could this test find it?"),
        N_("Reckoned from your own past, before anybody works differently."),
    ),
    Step.REVIEW: Wording(
        N_("Review"),
        N_("Read it once more"),
        N_("This is the whole plan. At the launch it freezes."),
    ),
}

FIELDS: Mapping[Step, Sequence[str]] = {
    Step.QUESTION: ("name", "hypothesis"),
    Step.VARIANTS: ("control",),
    Step.WHO: ("unit", "by_account", "segments", "teams", "reps", "exclusion_group"),
    Step.MEASURED: (
        "metric",
        "horizon_days",
        "level",
        "beside",
        "secondary",
        "cap",
        "rates",
        "missing_limit",
        "stale_days",
        "adherence_floor",
    ),
    Step.LOOKS: ("enrol_from", "enrol_until", "rehearsal", "looks", "spending"),
    Step.SPLIT: ("design", "covariate", "washout_days", "join_rule"),
    Step.FEASIBILITY: ("effect",),
    Step.REVIEW: (),
}
# Fields of which there are as many as somebody adds begin with these.
GROUPS: Mapping[Step, str] = {Step.VARIANTS: "variants.", Step.MEASURED: "guard."}
# Where problems of a group as a whole are said.
_WHOLE = {"variants": Step.VARIANTS, "guardrails": Step.MEASURED}


@dataclass(frozen=True, slots=True)
class Mark:
    """A step in the list of steps."""

    step: Step
    number: int
    name: str
    current: bool
    done: bool
    wrong: bool


def step_of(word: str) -> Step:
    """The step of that word. Raises NotFound."""
    if word not in STEPS:
        raise NotFound("step", word)
    return Step(word)


def step_at(where: str) -> Step | None:
    """The step that asks for what a problem is about; `None` for the plan as a whole."""
    group = where.partition(".")[0]
    if group in _WHOLE:
        return _WHOLE[group]
    return next((step for step in STEPS if where in FIELDS[step]), None)


def neighbour(step: Step, by: int) -> Step:
    """The step so many further on; at either end that end."""
    return STEPS[min(max(STEPS.index(step) + by, 0), len(STEPS) - 1)]


def marks(current: Step, passed: Collection[str], problems: Sequence[Problem]) -> list[Mark]:
    """The list of steps.

    Args:
        passed: Words of the steps that were in order when they were left.
        problems: Of the plan as it stands; a step that was passed may have some since.
    """
    wrong = {step_at(each.where) for each in problems}
    return [
        Mark(
            step=step,
            number=number,
            name=WORDINGS[step].name,
            current=step is current,
            done=step in passed and step not in wrong,
            wrong=step in passed and step in wrong,
        )
        for number, step in enumerate(STEPS, start=1)
    ]
