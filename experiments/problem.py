"""What is wrong with an input, said so that a person can mend it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault: where it is (a field, a row, an id) and what it is.

    `message` is the English template, translatable as it stands; `values` fills its braces.
    """

    where: str
    message: str
    values: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.where}: {self.text}" if self.where else self.text

    @property
    def text(self) -> str:
        """The message in English, filled in."""
        return self.message.format(**self.values)


def problem(where: str, message: str, **values: object) -> Problem:
    """Make a `Problem`; the second argument is collected for translation."""
    return Problem(where, message, values)


class Refused(Exception):
    """The input is refused as a whole, for the problems it carries."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(str(each) for each in problems))
        self.problems = problems


class NotFound(Exception):
    """There is no such thing, or not for this person."""

    def __init__(self, kind: str, key: object) -> None:
        super().__init__(f"no {kind} {key}")
        self.kind = kind
        self.key = key


class Forbidden(Exception):
    """This person may not do this."""


def refuse_if(problems: Iterable[Problem]) -> None:
    """Raise `Refused` when there is any problem."""
    found = tuple(problems)
    if found:
        raise Refused(*found)
