"""Repeated groups of a form (variants, stages), which grow, shrink and move without a script.

The fields of a row are named as problems name them: `stages.2.name`. A submit button named
`act` says what to do with the rows: `add`, `remove.2`, `up.2`, `down.2`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from starlette.datastructures import FormData

from web.deps import field

Row = Mapping[str, str]


def rows_of(form: FormData, group: str, names: Sequence[str]) -> list[Row]:
    """The rows that were sent, in order; each has every one of `names`."""
    rows: list[Row] = []
    while f"{group}.{len(rows) + 1}.{names[0]}" in form:
        number = len(rows) + 1
        rows.append({name: field(form, f"{group}.{number}.{name}") for name in names})
    return rows


def values_of(group: str, rows: Sequence[Row]) -> dict[str, str]:
    """The rows as the values of `web.forms.Form`."""
    return {
        f"{group}.{number}.{name}": value
        for number, row in enumerate(rows, start=1)
        for name, value in row.items()
    }


def row_count(values: Mapping[str, object], group: str, name: str) -> int:
    """How many rows there are among a form's values; each row has a `name`."""
    count = 0
    while f"{group}.{count + 1}.{name}" in values:
        count += 1
    return count


def rearranged(
    rows: Sequence[Row], act: str, *, new: Row, before: int | None = None
) -> tuple[list[Row], int]:
    """What an act makes of the rows, and the number of the row it was about.

    Args:
        act: What the button said; one that means nothing here changes nothing.
        new: The row that `add` adds.
        before: The number of the row before which it is added; at the end when None.
    """
    changed = list(rows)
    if act == "add":
        at = len(rows) if before is None else before - 1
        changed.insert(at, new)
        return changed, at + 1
    verb, _, number = act.partition(".")
    at = int(number) - 1 if number.isdecimal() else -1
    if not 0 <= at < len(rows):
        return changed, 1
    if verb == "remove":
        del changed[at]
        return changed, min(at + 1, len(changed))
    to = {"up": at - 1, "down": at + 1}.get(verb, at)
    if 0 <= to < len(rows):
        changed.insert(to, changed.pop(at))
        return changed, to + 1
    return changed, at + 1
