"""What a person writes to define a process: by page, by API or as a YAML file."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Self

import yaml
from pydantic import Field, ValidationError, model_validator
from sqlalchemy.orm import Session

from experiments.findings import from_pydantic, unfit_if
from experiments.problem import Problem, Refused, problem
from experiments.process import (
    Action,
    ActionKind,
    ExitCriterion,
    Milestone,
    Process,
    ProcessVersion,
    Stage,
    StageKind,
    refuse_taken_key,
)
from experiments.written import Written

LONGEST_CRITERION = 300
LONGEST_DELAY = 260  # working days: a year
LONGEST_ROTTING = 3650  # days
# Pages stand at these addresses, where others would stand under their keys.
TAKEN_KEYS = frozenset({"new", "upload"})


def slug(name: str) -> str:
    """A key made of a name: lower case, words joined by hyphens; never empty for a word."""
    plain = unicodedata.normalize("NFKC", name).casefold()
    return re.sub(r"[\W_]+", "-", plain).strip("-")[:60].strip("-")


def key_problems(key: str) -> Iterator[Problem]:
    """What is wrong with the key of a process or an experiment."""
    if not key:
        yield _nameless()
    elif slug(key) != key:
        text = "The key {key} may hold small letters, digits and hyphens only."
        yield problem("key", text, key=key)
    elif key in TAKEN_KEYS:
        yield problem("key", "{key} is a word of the site: choose another.", key=key)


def _nameless() -> Problem:
    return problem("name", "A name needs a letter or a digit.")


class ActionDraft(Written):
    """A step to take in a stage; due `after_days` working days after the step before it."""

    name: str = Field(min_length=1, max_length=200)
    kind: ActionKind = ActionKind.TASK
    instructions: str = Field("", max_length=5000)
    after_days: int | None = Field(None, ge=0, le=LONGEST_DELAY)


class StageDraft(Written):
    """A stage; `key` and, for a won stage, `milestone` follow from the rest when left out.

    A lead that is in an open stage for more than `rotting_days` days stands too long.
    """

    name: str = Field(min_length=1, max_length=120)
    key: str = Field("", max_length=60)
    kind: StageKind = StageKind.OPEN
    milestone: Milestone | None = None
    purpose: str = Field("", max_length=5000)
    rotting_days: int | None = Field(None, ge=1, le=LONGEST_ROTTING)
    actions: list[ActionDraft] = Field(default_factory=list, max_length=50)
    exit_criteria: list[str] = Field(default_factory=list, max_length=50)

    @model_validator(mode="after")
    def _complete(self) -> Self:
        self.key = self.key or slug(self.name)
        if self.kind is StageKind.WON:
            self.milestone = self.milestone or Milestone.WON
        unfit_if([*self._milestone_problems(), *self._text_problems()])
        return self

    def _milestone_problems(self) -> Iterator[Problem]:
        if (self.kind is StageKind.WON) != (self.milestone is Milestone.WON):
            text = "The milestone won belongs to a stage of kind won, and to no other."
            yield problem("milestone", text)
        elif self.kind is StageKind.LOST and self.milestone:
            yield problem("milestone", "A stage of kind lost has no milestone.")
        elif self.kind is not StageKind.OPEN and self.rotting_days:
            yield problem("rotting_days", "Only in an open stage can a lead stand too long.")
        elif self.kind is StageKind.OPEN and not self.milestone:
            yield problem("milestone", "Say which milestone this stage stands for.")

    def _text_problems(self) -> Iterator[Problem]:
        if not self.key:
            yield _nameless()
        for at, text in enumerate(self.exit_criteria, start=1):
            if not text or len(text) > LONGEST_CRITERION:
                said = "An exit criterion has 1 to {most} characters."
                yield problem(f"exit_criteria.{at}", said, most=LONGEST_CRITERION)


class ProcessDraft(Written):
    """A whole process, checked as a whole."""

    name: str = Field(min_length=1, max_length=120)
    key: str = Field("", max_length=60)
    segment: str = Field("", max_length=60)
    description: str = Field("", max_length=5000)
    stages: list[StageDraft] = Field(min_length=2, max_length=40)

    @model_validator(mode="after")
    def _complete(self) -> Self:
        self.key = self.key or slug(self.name)
        unfit_if([*key_problems(self.key), *self._end_problems(), *self._twin_problems()])
        return self

    def _end_problems(self) -> Iterator[Problem]:
        kinds = [stage.kind for stage in self.stages]
        if kinds[0] is not StageKind.OPEN:
            yield problem("stages.1.kind", "The first stage must be open.")
        for kind in (StageKind.WON, StageKind.LOST):
            if kind not in kinds:
                text = "No stage of kind {kind}: a lead must be able to end there."
                yield problem("stages", text, kind=kind)

    def _twin_problems(self) -> Iterator[Problem]:
        keys: set[str] = set()
        names: set[str] = set()
        for at, stage in enumerate(self.stages, start=1):
            folded = stage.name.casefold()
            if stage.key in keys or folded in names:
                text = "Two stages are called {name}."
                yield problem(f"stages.{at}.name", text, name=stage.name)
            keys.add(stage.key)
            names.add(folded)


def checked(written: Any) -> ProcessDraft:
    """The draft of a JSON or YAML value. Raises Refused naming each field (`stages.2.kind`)."""
    try:
        return ProcessDraft.model_validate(written)
    except ValidationError as error:
        raise from_pydantic(error) from None


def read_yaml(text: str) -> ProcessDraft:
    """The draft in a YAML file's text. Raises Refused naming the line or the field."""
    try:
        written = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f"line {mark.line + 1}" if mark else "file"
        raise Refused(problem(line, "This is not YAML: {why}.", why=_why(error))) from None
    if not isinstance(written, dict):
        raise Refused(problem("file", "Expected a process: name, segment and stages."))
    return checked(written)


def create(session: Session, draft: ProcessDraft, *, now: datetime) -> ProcessVersion:
    """Store a new process with its first version. Raises Refused when its key is taken."""
    refuse_taken_key(session, draft.key)
    process = Process(key=draft.key, created_at=now)
    session.add(process)
    return revise(session, process, draft, now=now)


def revise(
    session: Session, process: Process, draft: ProcessDraft, *, now: datetime
) -> ProcessVersion:
    """Store a new version of a process; older ones stay as they are."""
    process.name, process.segment = draft.name, draft.segment
    process.description = draft.description
    number = process.latest.number + 1 if process.versions else 1
    version = ProcessVersion(process=process, number=number, created_at=now)
    version.stages = [_stage(at, each) for at, each in enumerate(draft.stages)]
    session.add(version)
    session.flush()
    return version


def draft_of(version: ProcessVersion) -> ProcessDraft:
    """A version as its draft again: for editing and for export."""
    process = version.process
    return ProcessDraft(
        name=process.name,
        key=process.key,
        segment=process.segment,
        description=process.description,
        stages=[_stage_draft(stage) for stage in version.stages],
    )


def write_yaml(version: ProcessVersion) -> str:
    """A version as the YAML that `read_yaml` reads."""
    written = draft_of(version).model_dump(mode="json", exclude_defaults=True)
    text: str = yaml.safe_dump(written, sort_keys=False, allow_unicode=True, width=90)
    return text


def _stage(position: int, draft: StageDraft) -> Stage:
    stage = Stage(position=position, key=draft.key, name=draft.name, kind=draft.kind)
    stage.milestone, stage.purpose = draft.milestone, draft.purpose
    stage.rotting_days = draft.rotting_days
    stage.actions = [
        Action(position=at, key=f"{draft.key}.{slug(each.name)}"[:120], **each.model_dump())
        for at, each in enumerate(draft.actions)
    ]
    stage.exit_criteria = [
        ExitCriterion(position=at, text=text) for at, text in enumerate(draft.exit_criteria)
    ]
    return stage


def _stage_draft(stage: Stage) -> StageDraft:
    return StageDraft(
        name=stage.name,
        key=stage.key,
        kind=stage.kind,
        milestone=stage.milestone,
        purpose=stage.purpose,
        rotting_days=stage.rotting_days,
        actions=[
            ActionDraft(
                name=each.name,
                kind=each.kind,
                instructions=each.instructions,
                after_days=each.after_days,
            )
            for each in stage.actions
        ],
        exit_criteria=[each.text for each in stage.exit_criteria],
    )


def _why(error: yaml.YAMLError) -> str:
    return str(getattr(error, "problem", None) or error).splitlines()[0]
