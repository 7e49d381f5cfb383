"""Two processes beside each other, stage by stage: what only one of them has, and what differs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from experiments.process import Action, ProcessVersion, Stage
from experiments.process_changes import same_content, same_step


class Where(StrEnum):
    """In which of the two something stands."""

    BOTH = "both"
    CONTROL = "control"
    TREATMENT = "treatment"
    CHANGED = "changed"  # in both, and not alike


@dataclass(frozen=True, slots=True)
class ActionBeside:
    """A step in the control's process and in the treatment's; `None` where one has it not."""

    control: Action | None
    treatment: Action | None

    @property
    def where(self) -> Where:
        """In which of the two it stands."""
        if not self.control:
            return Where.TREATMENT
        if not self.treatment:
            return Where.CONTROL
        same = self.control.name == self.treatment.name
        alike = same and same_content(self.control, self.treatment)
        return Where.BOTH if alike else Where.CHANGED


@dataclass(frozen=True, slots=True)
class CriterionBeside:
    """An exit criterion, and in which of the two it stands."""

    text: str
    where: Where


@dataclass(frozen=True, slots=True)
class StageBeside:
    """A stage of one or both; they are the same stage where they have the same key."""

    control: Stage | None
    treatment: Stage | None
    actions: Sequence[ActionBeside]
    criteria: Sequence[CriterionBeside]

    @property
    def name(self) -> str:
        """As the treatment calls it, if it has it."""
        stage = self.treatment or self.control
        return stage.name if stage else ""

    @property
    def where(self) -> Where:
        """In which of the two it stands; `CHANGED` where name, milestone or purpose differ."""
        if not self.control:
            return Where.TREATMENT
        if not self.treatment:
            return Where.CONTROL
        same = _said(self.control) == _said(self.treatment)
        return Where.BOTH if same else Where.CHANGED

    @property
    def alike(self) -> bool:
        """Whether nothing in it differs."""
        parts = [each.where for each in self.actions] + [each.where for each in self.criteria]
        return all(each is Where.BOTH for each in (self.where, *parts))


def in_another_order(control: ProcessVersion, treatment: ProcessVersion) -> bool:
    """Whether the stages that both have stand in another order."""
    ours = [stage.key for stage in control.stages]
    theirs = [stage.key for stage in treatment.stages]
    return [key for key in ours if key in theirs] != [key for key in theirs if key in ours]


def beside(control: ProcessVersion, treatment: ProcessVersion) -> list[StageBeside]:
    """Every stage of both, in the treatment's order; one that it lacks stands where it stood."""
    ours = {stage.key: stage for stage in control.stages}
    theirs = {stage.key: stage for stage in treatment.stages}
    return [_pair(ours.get(key), theirs.get(key)) for key in _order(list(ours), list(theirs))]


def _order(ours: Sequence[str], theirs: Sequence[str]) -> list[str]:
    order = list(theirs)
    for at, key in enumerate(ours):
        if key not in order:
            # All of ours that come before are placed already.
            order.insert(order.index(ours[at - 1]) + 1 if at else 0, key)
    return order


def _pair(control: Stage | None, treatment: Stage | None) -> StageBeside:
    return StageBeside(
        control,
        treatment,
        tuple(_actions(_actions_of(control), _actions_of(treatment))),
        tuple(_criteria(_criteria_of(control), _criteria_of(treatment))),
    )


def _actions(ours: dict[str, Action], theirs: dict[str, Action]) -> Iterator[ActionBeside]:
    """Those of the treatment in order, each with the control's; then what it leaves out."""
    left = {name: each for name, each in ours.items() if name not in theirs}
    for name, action in theirs.items():
        was = ours.get(name) or left.pop(same_step(action, left), None)
        yield ActionBeside(was, action)
    yield from (ActionBeside(each, None) for each in left.values())


def _criteria(ours: Sequence[str], theirs: Sequence[str]) -> Iterator[CriterionBeside]:
    for text in theirs:
        yield CriterionBeside(text, Where.BOTH if text in ours else Where.TREATMENT)
    yield from (CriterionBeside(text, Where.CONTROL) for text in ours if text not in theirs)


def _said(stage: Stage) -> tuple[str, str, str | None, str]:
    return stage.name, stage.kind, stage.milestone, stage.purpose


def _actions_of(stage: Stage | None) -> dict[str, Action]:
    return {action.name: action for action in stage.actions} if stage else {}


def _criteria_of(stage: Stage | None) -> list[str]:
    return [criterion.text for criterion in stage.exit_criteria] if stage else []
