"""A table in a text file: its header, and its rows one after another.

The file is never in memory as a whole. The standard library's reader is used rather than
pandas' because it knows the line on which each row begins, and because one bad row is then
one refused row.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from experiments.problem import Problem, Refused, problem
from experiments.tables.encoding import Opener, checked, detect
from experiments.tables.workbook import as_csv, is_workbook

DELIMITERS = (",", ";", "\t", "|")
LONGEST_LINE = 1_000_000
LONGEST_CELL = 20_000


@dataclass(frozen=True, slots=True)
class Line:
    """A row; `number` is the line of the file on which it begins.

    `problem` says why the row cannot be used as it stands.
    """

    number: int
    cells: list[str]
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class TableFile:
    """A readable table. `header` is as it stands in the file, without a byte order mark."""

    name: str
    open_file: Opener
    encoding: str
    delimiter: str
    header: tuple[str, ...]

    def lines(self) -> Iterator[Line]:
        """Every row under the header, blank ones left out.

        Raises:
            Refused: where the file cannot be decoded, or a line is longer than any row.
        """
        rows = _records(self.open_file, self.encoding, self.delimiter)
        next(rows)
        width = len(self.header)
        for row in rows:
            if row.problem is None and not any(map(str.strip, row.cells)):
                continue
            yield row if row.problem else _of_width(row, width)


def open_table(open_file: Opener, name: str, *, encoding: str = "") -> TableFile:
    """Find out how a file is written and read its header.

    Args:
        open_file: Opens the file's bytes; called once a pass.
        name: What people call the file.
        encoding: Where a person knows better than the detection.
    Raises:
        Refused: for an empty file, or what is neither text nor a workbook, or has no row under
            its header.
    """
    if is_workbook(open_file):
        content = as_csv(open_file)
        open_file, found, delimiter = (lambda: io.BytesIO(content)), "utf-8", ","
    else:
        found = checked(encoding) if encoding else detect(open_file)
        delimiter = _delimiter(open_file, found)
    rows = _records(open_file, found, delimiter)
    header = tuple(cell.strip().lstrip("\ufeff") for cell in next(rows).cells)
    if not any(header):
        raise Refused(problem("file", "The first line is no header: it names no column."))
    table = TableFile(name, open_file, found, delimiter, header)
    if next(table.lines(), None) is None:
        raise Refused(problem("file", "The file has a header and no row under it."))
    return table


def open_path(path: Path, *, encoding: str = "") -> TableFile:
    """`open_table` of a file on this machine."""
    return open_table(lambda: path.open("rb"), path.name, encoding=encoding)


def open_bytes(content: bytes, name: str, *, encoding: str = "") -> TableFile:
    """`open_table` of an upload."""
    return open_table(lambda: io.BytesIO(content), name, encoding=encoding)


def _of_width(row: Line, width: int) -> Line:
    if len(row.cells) == width:
        return row
    # Some exporters end every row with a delimiter.
    if len(row.cells) > width and not any(map(str.strip, row.cells[width:])):
        return Line(row.number, row.cells[:width])
    text = "The row has {cells} cells, the header {columns}."
    found = problem("row", text, cells=len(row.cells), columns=width)
    return Line(row.number, row.cells, found)


def _delimiter(open_file: Opener, encoding: str) -> str:
    said = _said_delimiter(open_file, encoding)
    if said:
        return said
    widths = {each: len(next(_records(open_file, encoding, each)).cells) for each in DELIMITERS}
    return max(DELIMITERS, key=lambda each: widths[each])


def _said_delimiter(open_file: Opener, encoding: str) -> str:
    # Excel takes a first line such as "sep=;" as the file's own word.
    with open_file() as raw, io.TextIOWrapper(raw, encoding, newline="") as file:
        first = next(_physical(file, encoding), "").strip().lstrip("\ufeff").strip('"')
    return first[4:] if first[:4].lower() == "sep=" and len(first) == 5 else ""


def _records(open_file: Opener, encoding: str, delimiter: str) -> Iterator[Line]:
    with open_file() as raw, io.TextIOWrapper(raw, encoding, newline="") as file:
        reader = csv.reader(_physical(file, encoding), delimiter=delimiter)
        began = True
        while True:
            number = reader.line_num + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                why = problem("row", "The row cannot be read: {why}.", why=str(error))
                yield Line(number, [], why)
                continue
            if began and (not any(cells) or _is_hint(cells, delimiter)):
                continue
            began = False
            yield _storable(number, cells)


def _is_hint(cells: list[str], delimiter: str) -> bool:
    return delimiter.join(cells).strip().lstrip("\ufeff").strip('"').lower() == f"sep={delimiter}"


def _storable(number: int, cells: list[str]) -> Line:
    whole = "".join(cells)
    if len(whole) <= LONGEST_CELL and "\0" not in whole:
        return Line(number, cells)
    longest = max(map(len, cells))
    if longest > LONGEST_CELL:
        text = "A cell holds {length} characters; at most {most} are read."
        found = problem("row", text, length=longest, most=LONGEST_CELL)
        return Line(number, [cell[:80] for cell in cells], found)
    if any("\0" in cell for cell in cells):
        bare = [cell.replace("\0", "") for cell in cells]
        return Line(number, bare, problem("row", "A cell holds a null character."))
    return Line(number, cells)


def _physical(file: TextIO, encoding: str) -> Iterator[str]:
    number = 0
    while True:
        number += 1
        try:
            line = file.readline(LONGEST_LINE)
        except UnicodeError:
            text = "Line {line} or one after it is not {encoding}: save the file as UTF-8."
            found = problem("file", text, line=number, encoding=encoding)
            raise Refused(found) from None
        if not line:
            return
        if len(line) == LONGEST_LINE and not line.endswith(("\n", "\r")):
            text = "Line {line} is longer than {most} characters: this is no table."
            raise Refused(problem("file", text, line=number, most=LONGEST_LINE))
        yield line
