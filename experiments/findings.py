"""What the checks of written input found, in plain words and each at its field."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from experiments.problem import Problem, Refused, problem

# Pydantic's kinds of errors as a person would say them; it fills the braces.
PLAIN = {
    "missing": problem("", "This is missing."),
    "extra_forbidden": problem("", "There is no such field."),
    "string_type": problem("", "A text is expected."),
    "string_too_short": problem("", "Fill this in."),
    "string_too_long": problem("", "At most {max_length} characters are possible."),
    "too_short": problem("", "At least {min_length} are needed; here are {actual_length}."),
    "too_long": problem("", "At most {max_length} are possible; here are {actual_length}."),
    "greater_than": problem("", "It must be more than {gt}."),
    "greater_than_equal": problem("", "It must be {ge} or more."),
    "less_than": problem("", "It must be less than {lt}."),
    "less_than_equal": problem("", "It must be {le} or less."),
    "finite_number": problem("", "A number is expected."),
    "float_type": problem("", "A number is expected."),
    "float_parsing": problem("", "A number is expected."),
    "int_type": problem("", "A whole number is expected."),
    "int_parsing": problem("", "A whole number is expected."),
    "int_from_float": problem("", "A whole number is expected."),
    "enum": problem("", "Choose one of these: {expected}."),
    "date_type": problem("", "A day is expected, such as 2026-03-31."),
    "date_parsing": problem("", "A day is expected, such as 2026-03-31."),
    "date_from_datetime_parsing": problem("", "A day is expected, such as 2026-03-31."),
}


class Unfit(ValueError):
    """What a validator of a model refuses; places are the model's own fields."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(each.text for each in problems))
        self.problems = tuple(problems)


def unfit_if(problems: Iterable[Problem]) -> None:
    """Raise `Unfit` when there is any problem."""
    found = list(problems)
    if found:
        raise Unfit(found)


def from_pydantic(error: ValidationError) -> Refused:
    """Pydantic's findings as problems, each at its field's path (`stages.2.kind`)."""
    return Refused(*(each for fault in error.errors() for each in findings(fault["loc"], fault)))


def findings(loc: Sequence[int | str], fault: Any) -> list[Problem]:
    """One of Pydantic's findings as problems.

    Args:
        loc: Where it is, a name or the index in a list at each step.
        fault: As `ValidationError.errors()` lists it.
    """
    # Lists count from 1 for people.
    path = ".".join(str(part + 1) if isinstance(part, int) else part for part in loc)
    values = fault.get("ctx") or {}
    cause = values.get("error")
    if isinstance(cause, Unfit):
        return [replace(each, where=_joined(path, each.where)) for each in cause.problems]
    plain = PLAIN.get(fault["type"])
    if plain:
        return [replace(plain, where=path, values={k: _short(v) for k, v in values.items()})]
    return [Problem(path, "{reason}", {"reason": fault["msg"].removeprefix("Value error, ")})]


def _short(value: object) -> object:
    # A bound of a float field is a float; "0" reads better than "0.0".
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _joined(*parts: str) -> str:
    return ".".join(part for part in parts if part)
