"""What a form shows: the values typed so far and the problems found in them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from experiments.problem import Problem

_NUMBER = re.compile(r"\.(\d+)(?=\.|$)")


@dataclass(frozen=True, slots=True)
class Form:
    """A form as the macros of `parts/form.html` read it.

    Args:
        values: What stands in each field; a list for fields with several values.
        problems: What was refused, each at its field's name, or at "" for the form as a whole.
        key: Begins the fields' ids, so that two forms can stand on one page.
    """

    values: Mapping[str, str | Sequence[str]] = field(default_factory=dict)
    problems: Sequence[Problem] = ()
    key: str = "f"

    def value(self, name: str, default: str = "") -> str:
        """What is in a field of one value."""
        found = self.values.get(name, default)
        return found if isinstance(found, str) else next(iter(found), default)

    def chosen(self, name: str) -> tuple[str, ...]:
        """What is chosen in a field of several values."""
        found = self.values.get(name, ())
        return (found,) if isinstance(found, str) else tuple(found)

    def problem_at(self, name: str) -> Problem | None:
        """The first problem of a field."""
        return next((each for each in self.problems if each.where == name), None)

    def field_id(self, name: str) -> str:
        """The id of a field's input."""
        return f"{self.key}-{name}"


def names_of(
    problems: Sequence[Problem], titles: Mapping[str, str], *, say: Callable[[str], str]
) -> dict[str, str]:
    """What the fields of these problems are called, for the summary on top of a form.

    Args:
        titles: By field, to be translated; `variants.*.weight` stands for every row's, and its
            title may name the row: "Variant {number}, share".
        say: Translates a title.
    """
    found = {}
    for each in problems:
        number = _NUMBER.search(each.where)
        title = titles.get(_NUMBER.sub(".*", each.where))
        if title:
            found[each.where] = say(title).format(number=number[1] if number else "")
    return found
