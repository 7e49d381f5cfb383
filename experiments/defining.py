"""The actions that define a treatment: without them it was not followed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session, aliased

from experiments.experiment import DefiningAction, Experiment, Variant
from experiments.problem import Problem, problem
from experiments.process import Action, ProcessVersion, Stage


def defining_problems(variants: Sequence[tuple[bool, bool]]) -> Iterator[Problem]:
    """What is wrong with naming them so.

    Args:
        variants: Of each, whether it is the control and whether it names any.
    """
    for at, (control, names) in enumerate(variants, start=1):
        if control and names:
            text = "Name the actions of the treatments; they are looked for in the control too."
            yield problem(f"variants.{at}.defining_actions", text)


def defining_keys(
    words: Sequence[str],
    version: ProcessVersion | None,
    variant: str,
    at: int,
    problems: list[Problem],
) -> list[str]:
    """The keys of the actions that these words (keys or names) mean, in order, each once.

    Args:
        version: What the variant follows; None where that was not chosen yet.
        variant: Its name.
        at: Its place, from 1.
        problems: Gets what is wrong.
    """
    keys = set()
    for word in words:
        action = version.action(word) if version else None
        if action:
            keys.add(action.key)
        else:
            text = "There is no action {action} in the process of {variant}."
            values = {"action": word, "variant": variant}
            problems.append(problem(f"variants.{at}.defining_actions", text, **values))
    return sorted(keys)


def looked_for(session: Session, version_id: int) -> dict[str, int]:
    """The words for actions that a launched test looks for in the leads of this version too.

    What defines a treatment is counted in all variants alike; a control's process need not have
    the action, and its leads may receive it all the same. Returns ids by key and casefolded name.
    """
    words: dict[str, int] = {}
    for key, name, action_id in session.execute(_looking(), {"version_id": version_id}):
        words |= {name.casefold(): action_id, key: action_id}
    return words


@cache
def _looking() -> Select[str, str, int]:
    # Building it costs more than running it, and every delivery asks.
    rival = aliased(Variant)
    return (
        select(Action.key, Action.name, Action.id)
        .join(Stage, Stage.id == Action.stage_id)
        .join(rival, rival.version_id == Stage.version_id)
        .join(
            DefiningAction,
            (DefiningAction.variant_id == rival.id) & (DefiningAction.key == Action.key),
        )
        .join(Variant, Variant.experiment_id == rival.experiment_id)
        .join(Experiment, Experiment.id == rival.experiment_id)
        .where(Variant.version_id == bindparam("version_id"), Experiment.launched_at.is_not(None))
        .order_by(Action.id)
    )
