"""A header against the presets: which columns of a file hold which of our fields."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from experiments.crm.preset import Preset
from experiments.problem import Problem, Refused, problem
from experiments.tables.table_file import TableFile

_HISTORY = "history."
_NOTHING = frozenset({"(no value)", "null"})
_LONGEST_NOTHING = max(map(len, _NOTHING))


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """Where each field of ours is in a file.

    `columns` and the keys of `stage_columns` are indices into `header`; a stage column
    holds the time at which a deal entered the stage that it names.
    """

    preset: Preset
    header: tuple[str, ...]
    columns: Mapping[str, int]
    stage_columns: Mapping[int, str]

    def cell(self, cells: Sequence[str], field: str) -> str:
        """What a row says of a field; empty where it says nothing or has no such column."""
        at = self.columns.get(field)
        return "" if at is None else said(cells[at])

    def titles(self) -> list[tuple[str, str]]:
        """Each field with its column's title, as people check it."""
        return [(field, self.header[at]) for field, at in self.columns.items()]

    def stage_titles(self) -> list[tuple[str, str]]:
        """Each stage whose entry is dated by a column of its own, with the column's title."""
        return [(stage, self.header[at]) for at, stage in self.stage_columns.items()]

    @property
    def unused(self) -> tuple[str, ...]:
        """The columns that hold nothing of ours."""
        used = {*self.columns.values(), *self.stage_columns}
        return tuple(title for at, title in enumerate(self.header) if title and at not in used)


def fold(title: str) -> str:
    """A header as it is compared: no case, no marks of needed fields, single spaces."""
    return re.sub(r"[\s_\u00a0*]+", " ", title.replace("\ufeff", "")).strip().casefold()


def said(cell: str) -> str:
    """A cell's text, without the words by which exporters say that there is none."""
    text = cell.strip()
    return "" if len(text) <= _LONGEST_NOTHING and text.casefold() in _NOTHING else text


def read_told(written: Iterable[str]) -> tuple[dict[str, str], dict[str, str]]:
    """What a person says of columns: of the deals file's, and of the history file's.

    Args:
        written: `field=Header` for the deals file, `history.field=Header` for the other.
    Raises:
        Refused: for what is written otherwise.
    """
    own: dict[str, str] = {}
    of_history: dict[str, str] = {}
    for each in written:
        field, equals, title = (part.strip() for part in each.partition("="))
        if not equals or not field:
            raise Refused(problem("map", "{text} is not FIELD=HEADER.", text=each))
        if field.startswith(_HISTORY):
            of_history[field.removeprefix(_HISTORY)] = title
        else:
            own[field] = title
    return own, of_history


def map_columns(
    table: TableFile, presets: Sequence[Preset], told: Mapping[str, str] | None = None
) -> ColumnMap:
    """Find the preset that fits a file, and its columns; the one with most columns found.

    Args:
        told: Field → header, where a person knows better; an empty header for no column.
    Raises:
        Refused: naming the needed fields without a column and those that were found.
    """
    folded = [fold(title) for title in table.header]
    own = _told(table, folded, presets, told or {})
    found = [_mapped(preset, table.header, folded, own) for preset in presets]
    fitting = [each for each in found if not _missing(each)]
    if not fitting:
        raise Refused(_lack(max(found, key=lambda each: len(each.columns))))
    best = max(fitting, key=lambda each: len(each.columns.keys() - own.keys()))
    if not best.columns.keys() - own.keys():
        # No header of its own was found: it is nobody's export, but a plain table.
        best = fitting[-1]
    twice = [
        problem("header", "Two columns are called {title}.", title=table.header[at])
        for at in best.columns.values()
        if at not in own.values() and folded.count(folded[at]) > 1
    ]
    if twice:
        raise Refused(*twice)
    return best


def _told(
    table: TableFile, folded: list[str], presets: Sequence[Preset], told: Mapping[str, str]
) -> dict[str, int | None]:
    known = {str(field) for preset in presets for field in preset.columns}
    problems: list[Problem] = []
    own: dict[str, int | None] = {}
    for field, title in told.items():
        if field not in known:
            text = "There is no field {field}. There are: {fields}."
            fields = ", ".join(sorted(known))
            problems.append(problem("map", text, field=field, fields=fields))
        elif not title.strip():
            own[field] = None
        elif fold(title) not in folded:
            text = "The file has no column {title}. It has: {titles}."
            titles = ", ".join(table.header)
            problems.append(problem("map", text, title=title, titles=titles))
        else:
            own[field] = folded.index(fold(title))
    if problems:
        raise Refused(*problems)
    return own


def _mapped(
    preset: Preset, header: tuple[str, ...], folded: list[str], own: dict[str, int | None]
) -> ColumnMap:
    found: dict[str, int | None] = {
        str(field): next((folded.index(word) for word in words if word in folded), None)
        for field, words in preset.columns.items()
    }
    columns = {field: at for field, at in (found | own).items() if at is not None}
    dated = {at: stage for at, title in enumerate(header) if (stage := _dated(preset, title))}
    return ColumnMap(preset, header, columns, dated)


def _dated(preset: Preset, title: str) -> str:
    named = preset.stage_columns.get(fold(title))
    if named:
        return named
    found = re.fullmatch(preset.stage_column, title.strip()) if preset.stage_column else None
    return found["stage"].strip() if found else ""


def _missing(found: ColumnMap) -> list[str]:
    return [
        " or ".join(group)
        for group in found.preset.needs
        if not any(field in found.columns for field in group)
    ]


def _lack(best: ColumnMap) -> Problem:
    text = "No column was found for {missing}. Found: {found}. The header reads: {header}."
    found = ", ".join(f"{field} ({title})" for field, title in best.titles()) or "none"
    return problem(
        "header",
        text,
        missing=", ".join(_missing(best)),
        found=found,
        header=", ".join(title[:60] for title in best.header[:60]),
    )
