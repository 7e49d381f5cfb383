"""What was answered so far: taken from a step's form, and read as the plan of one page."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session
from starlette.datastructures import FormData, UploadFile

from experiments import experiment_draft, life, people
from experiments.experiment import Experiment
from experiments.problem import Problem, Refused
from experiments.unfinished import Typed
from web import experiment_form
from web.experiment_form import Values
from web.wizard.steps import FIELDS, GROUPS, Step, step_at

# What the fields of a step that nobody has opened yet show at first.
_USUAL: Values = {"unit": "rep", "metric": "won", "horizon_days": "60", "level": "0.95"}
# With these in place of a step's own answers, nothing is wrong in that step.
_SAMPLES: Mapping[Step, Values] = {
    Step.QUESTION: {"name": "A question", "hypothesis": "An answer"},
    Step.VARIANTS: {"variants.1.name": "One", "variants.2.name": "Other", "control": "1"},
}


def taken(step: Step, values: Values) -> dict[str, list[str]]:
    """The fields of a step among those that were sent; a box that is not ticked has no value."""
    group = GROUPS.get(step)
    names = [*FIELDS[step], *(name for name in values if group and name.startswith(group))]
    return {name: _all(values.get(name, ())) for name in names}


def without(typed: Typed, steps: Collection[Step | None]) -> dict[str, list[str]]:
    """What was answered in the other steps."""
    gone = {name for step in steps if step for name in taken(step, typed)}
    return {name: list(values) for name, values in typed.items() if name not in gone}


def values_of(typed: Typed, today: date) -> Values:
    """What stands in the forms: what was answered, and before that what is usual."""
    return {**experiment_form.blank(today), **_USUAL, **typed}


def sketched(session: Session, typed: Typed, today: date) -> Experiment:
    """The experiment that the answers describe, which nobody has stored.

    Raises:
        Refused: naming each field of the form that is wrong or missing.
    """
    try:
        draft = experiment_draft.checked(written(session, values_of(typed, today)))
        return experiment_draft.sketch(session, draft)
    except Refused as refusal:
        raise Refused(*experiment_form.placed(refusal.problems)) from None


def problems_of(session: Session, typed: Typed, today: date) -> list[Problem]:
    """All that is wrong or missing so far, each at its field."""
    try:
        sketched(session, typed, today)
    except Refused as refusal:
        return list(refusal.problems)
    return []


def problems_at(
    session: Session, typed: Typed, step: Step, *, today: date, now: datetime
) -> list[Problem]:
    """What is wrong or missing in one step, whatever the others hold.

    Of what would keep the launch only this is asked for at once: somebody who takes part.
    """
    mended: Typed = typed
    found = _of(step, problems_of(session, typed, today))
    if not found:
        mended = _mended_elsewhere(session, typed, today, step)
        found = _of(step, problems_of(session, mended, today))
    if step is not Step.WHO or found:
        return found
    plan = sketched(session, mended, today)
    missing = life.hindrances(session, plan, now=now) if not plan.participants else []
    return [each for each in missing if each.where == "reps"]


def _mended_elsewhere(session: Session, typed: Typed, today: date, step: Step) -> Typed:
    # What is wrong in another step may keep a check of this one from being made.
    found = problems_of(session, typed, today)
    others = {step_at(each.where) for each in found} - {step, None}
    samples = {name: value for each in others if each for name, value in _sample(each)}
    return {**without(typed, others), **samples}


def written(session: Session, values: Values) -> dict[str, Any]:
    """The answers in the shape that the domain checks; a segment stands for its teams."""
    pairs: list[tuple[str, str | UploadFile]] = [
        (name, each) for name, all_ in values.items() for each in _all(all_)
    ]
    found = experiment_form.written(FormData(pairs), "")
    segments = _all(values.get("segments", ()))
    whole = [each.name for each in people.teams(session) if each.segment in segments]
    return found | {"teams": [*found["teams"], *whole]}


def _of(step: Step, problems: Sequence[Problem]) -> list[Problem]:
    return [each for each in problems if step_at(each.where) is step]


def _sample(step: Step) -> Sequence[tuple[str, list[str]]]:
    return [(name, _all(value)) for name, value in _SAMPLES.get(step, {}).items()]


def _all(value: str | Sequence[str]) -> list[str]:
    return [value] if isinstance(value, str) else list(value)
