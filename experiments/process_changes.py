"""What differs between two versions of a process, said stage by stage."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from experiments.process import Action, ProcessVersion, Stage


class ChangeKind(StrEnum):
    """The kinds of changes."""

    STAGE_ADDED = "stage_added"
    STAGE_REMOVED = "stage_removed"
    STAGE_RENAMED = "stage_renamed"
    STAGES_MOVED = "stages_moved"
    MILESTONE = "milestone"
    PURPOSE = "purpose"
    ROTTING = "rotting"
    ACTION_ADDED = "action_added"
    ACTION_REMOVED = "action_removed"
    ACTION_RENAMED = "action_renamed"
    ACTION_CHANGED = "action_changed"
    CRITERION_ADDED = "criterion_added"
    CRITERION_REMOVED = "criterion_removed"


@dataclass(frozen=True, slots=True)
class Change:
    """One change: in which stage, of what, and what it was called before."""

    kind: ChangeKind
    stage: str = ""
    what: str = ""
    was: str = ""


def changes(old: ProcessVersion, new: ProcessVersion) -> list[Change]:
    """What was done to `old` to make `new`, in the order of the new stages, removals last.

    A stage is the same while it keeps its key, whatever it is called.
    """
    before = {stage.key: stage for stage in old.stages}
    after = {stage.key: stage for stage in new.stages}
    found: list[Change] = []
    for key, stage in after.items():
        if key in before:
            found.extend(_in_stage(before[key], stage))
        else:
            found.append(Change(ChangeKind.STAGE_ADDED, stage.name))
    gone = [stage for key, stage in before.items() if key not in after]
    found.extend(Change(ChangeKind.STAGE_REMOVED, stage.name) for stage in gone)
    kept = [key for key in before if key in after]
    if kept != [key for key in after if key in before]:
        found.append(Change(ChangeKind.STAGES_MOVED))
    return found


def same_step(action: Action, gone: Mapping[str, Action]) -> str:
    """The name in `gone` under which a new action stood: the same instructions say so; or ""."""
    if not action.instructions:
        return ""
    return next((name for name, each in gone.items() if same_content(each, action)), "")


def same_content(one: Action, other: Action) -> bool:
    """Whether two actions ask for the same, whatever they are called."""
    return _content(one) == _content(other)


def _in_stage(old: Stage, new: Stage) -> Iterator[Change]:
    if old.name != new.name:
        yield Change(ChangeKind.STAGE_RENAMED, new.name, was=old.name)
    if (old.kind, old.milestone) != (new.kind, new.milestone):
        yield Change(ChangeKind.MILESTONE, new.name)
    if old.purpose != new.purpose:
        yield Change(ChangeKind.PURPOSE, new.name)
    if old.rotting_days != new.rotting_days:
        yield Change(ChangeKind.ROTTING, new.name)
    yield from _actions(old, new)
    earlier = [criterion.text for criterion in old.exit_criteria]
    later = [criterion.text for criterion in new.exit_criteria]
    yield from _texts(new.name, later, earlier, ChangeKind.CRITERION_ADDED)
    yield from _texts(new.name, earlier, later, ChangeKind.CRITERION_REMOVED)


def _actions(old: Stage, new: Stage) -> Iterator[Change]:
    before = {action.name: action for action in old.actions}
    after = {action.name: action for action in new.actions}
    gone = {name: action for name, action in before.items() if name not in after}
    for name, action in after.items():
        if name not in before:
            was = same_step(action, gone)
            gone.pop(was, None)
            kind = ChangeKind.ACTION_RENAMED if was else ChangeKind.ACTION_ADDED
            yield Change(kind, new.name, name, was)
        elif not same_content(before[name], action):
            yield Change(ChangeKind.ACTION_CHANGED, new.name, name)
    yield from _texts(new.name, list(gone), [], ChangeKind.ACTION_REMOVED)


def _content(action: Action) -> tuple[str, str, int | None]:
    return action.kind, action.instructions, action.after_days


def _texts(
    stage: str, these: Sequence[str], others: Sequence[str], kind: ChangeKind
) -> Iterator[Change]:
    for text in these:
        if text not in others:
            yield Change(kind, stage, text)
