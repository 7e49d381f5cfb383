"""The form of a process: from what was typed to the domain's draft, and back.

Actions and exit criteria are typed a line each:

    [call +2] Discovery call: Ask why now.
      Then ask what happens otherwise.

"+2" makes it due two working days after the step before, or the stage's entry. A line that begins
with a space goes on with the instructions of the action above it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import FormData

from experiments.problem import Problem, problem
from experiments.process import ActionKind, Milestone, StageKind
from experiments.process_draft import ActionDraft, ProcessDraft, StageDraft
from web.deps import field, typed
from web.forms import Form
from web.rows import Row, rearranged, row_count, rows_of, values_of
from web.texts import N_

Values = Mapping[str, str | Sequence[str]]

FIELDS = ("name", "segment", "description")
ROW = ("name", "key", "stands_for", "purpose", "actions", "exit_criteria", "rotting_days")
EMPTY_ROW: Row = dict.fromkeys(ROW, "")
CLOSING = (StageKind.WON, StageKind.LOST)
# What a stage stands for says both its kind and its milestone, so that they always agree.
STANDS_FOR = (*(each for each in Milestone if each is not Milestone.WON), *CLOSING)
TITLES = {
    "name": N_("Name"),
    "segment": N_("Segment"),
    "description": N_("In short"),
    "stages.*": N_("Stage {number}"),
    "stages.*.name": N_("Stage {number}, name"),
    "stages.*.stands_for": N_("Stage {number}, stands for"),
    "stages.*.purpose": N_("Stage {number}, purpose"),
    "stages.*.actions": N_("Stage {number}, actions"),
    "stages.*.exit_criteria": N_("Stage {number}, before a lead moves on"),
    "stages.*.rotting_days": N_("Stage {number}, days until a lead stands too long"),
}
# The page has no field for the key, and one for kind and milestone together.
_STANDS_FOR = re.compile(r"^(stages\.\d+)\.(kind|milestone)$")
_LINE = re.compile(r"^(stages\.(\d+)\.(actions|exit_criteria))\.(\d+)(\.\w+)?$")

INDENT = "  "
_ACTION = re.compile(r"^(?:\[(?P<kind>[^\]+]*)(?:\+(?P<days>[^\]]*))?\]\s*)?(?P<rest>.*)$")
_COLON = re.compile(r"(?<!\\):(?:\s+|$)")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a field that means something: the number at which it begins, and its text."""

    number: int
    text: str


def blank() -> Values:
    """What stands in the form of a new process: a way that most sales go."""
    rows = [
        {**EMPTY_ROW, "name": name, "stands_for": stands_for}
        for name, stands_for in (
            ("New lead", Milestone.LEAD),
            ("Qualification", Milestone.QUALIFIED),
            ("Demo", Milestone.DEMO),
            ("Proposal", Milestone.PROPOSAL),
            ("Won", StageKind.WON),
            ("Lost", StageKind.LOST),
        )
    ]
    return values_of("stages", rows)


def values_of_draft(draft: ProcessDraft) -> Values:
    """What stands in the form of a process that is edited."""
    plain = {name: str(getattr(draft, name)) for name in FIELDS}
    return plain | values_of("stages", [_row(stage) for stage in draft.stages])


def written(form: FormData, key: str) -> dict[str, Any]:
    """What was typed, in the shape that the domain checks.

    Args:
        key: Of the process that is edited; empty for a new one.
    """
    plain = {name: field(form, name) for name in FIELDS}
    stages = [_stage(row) for row in rows_of(form, "stages", ROW)]
    return plain | {"key": key, "stages": stages}


def after(form: FormData, act: str) -> tuple[Values, int]:
    """What stands in the form after stages were rearranged, and the stage it was about."""
    rows = rows_of(form, "stages", ROW)
    before = added_at(typed(form))
    changed, about = rearranged(rows, act, new=EMPTY_ROW, before=before)
    kept = {name: value for name, value in typed(form).items() if not name.startswith("stages.")}
    return {**kept, **values_of("stages", changed)}, about


def added_at(values: Values) -> int:
    """The number that a new stage gets: before the sale's end, after which no stage can follow."""
    form = Form(values)
    count = row_count(values, "stages", ROW[0])
    for number in range(1, count + 1):
        if form.value(f"stages.{number}.stands_for") in CLOSING:
            return number
    return count + 1


def placed(problems: Sequence[Problem], form: FormData) -> list[Problem]:
    """The problems at the places that the form has for them, each with its line."""
    return [_placed(each, form) for each in problems]


def _placed(each: Problem, form: FormData) -> Problem:
    if each.where == "key":
        return Problem("name", each.message, each.values)
    if match := _STANDS_FOR.match(each.where):
        return Problem(f"{match[1]}.stands_for", each.message, each.values)
    match = _LINE.match(each.where)
    if not match:
        return each
    lines = _lines(field(form, match[1]), continued=match[3] == "actions")
    number = lines[int(match[4]) - 1].number
    said = Problem("", each.message, each.values)
    return problem(match[1], "Line {line}: {reason}", line=number, reason=said)


def _row(stage: StageDraft) -> Row:
    kind = stage.kind
    stands_for = kind if kind in CLOSING else stage.milestone or ""
    return {
        "name": stage.name,
        "key": stage.key,
        "stands_for": stands_for,
        "purpose": stage.purpose,
        "actions": "\n".join(_action_text(action) for action in stage.actions),
        "exit_criteria": "\n".join(stage.exit_criteria),
        "rotting_days": str(stage.rotting_days or ""),
    }


def _stage(row: Row) -> dict[str, Any]:
    stands_for = row["stands_for"]
    is_closing = stands_for in CLOSING
    criteria = _lines(row["exit_criteria"], continued=False)
    return {
        "name": row["name"],
        "key": row["key"],
        "kind": stands_for if is_closing else StageKind.OPEN,
        "milestone": None if is_closing or not stands_for else stands_for,
        "purpose": row["purpose"],
        "actions": [_action(line.text) for line in _lines(row["actions"], continued=True)],
        "exit_criteria": [line.text for line in criteria],
        "rotting_days": row["rotting_days"].strip() or None,
    }


def _lines(text: str, *, continued: bool) -> list[Line]:
    """The lines that hold something; one that begins with a space may go on with the last."""
    found: list[Line] = []
    blank = 0
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            blank += 1
            continue
        if continued and found and line[0].isspace():
            more = line.removeprefix(INDENT).rstrip()
            found[-1] = Line(found[-1].number, found[-1].text + "\n" * (1 + blank) + more)
        else:
            found.append(Line(number, line.strip()))
        blank = 0
    return found


def _action(text: str) -> dict[str, str | None]:
    first, _, more = text.partition("\n")
    match = _ACTION.match(first)
    assert match is not None  # noqa: S101 - it matches anything
    rest = match["rest"]
    colon = _COLON.search(rest)
    name, said = (rest[: colon.start()], rest[colon.end() :]) if colon else (rest, "")
    return {
        "name": name.replace("\\:", ":"),
        "kind": (match["kind"] or "").strip().casefold() or ActionKind.TASK,
        "instructions": f"{said}\n{more}" if more else said,
        "after_days": None if match["days"] is None else match["days"].strip(),
    }


def _action_text(action: ActionDraft) -> str:
    # A name that begins with a bracket needs its kind, even the usual one, in front of it.
    delay = "" if action.after_days is None else f" +{action.after_days}"
    bare = action.kind is ActionKind.TASK and not delay and not action.name.startswith("[")
    kind = "" if bare else f"[{action.kind}{delay}] "
    name = re.sub(r":(?=\s|$)", r"\\:", action.name)
    if not action.instructions:
        return f"{kind}{name}"
    first, *more = action.instructions.splitlines()
    indented = (f"{INDENT}{line}" if line.strip() else "" for line in more)
    return "\n".join([f"{kind}{name}: {first}", *indented])
