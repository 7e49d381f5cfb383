"""Rows that were not taken, each with its line and reason, and the file that gives them back."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TextIO

from experiments.problem import Problem
from experiments.tables.table_file import TableFile

# A spreadsheet takes a cell that begins so as a formula, and runs it.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_PLAIN_NUMBER = re.compile(r"[-+]?[\d.,\s]+")


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row of a file that was not taken; `line` counts from 1, the header included."""

    file: str
    line: int
    problem: Problem


def harmless(cell: str) -> str:
    """A cell that no spreadsheet takes as a formula."""
    if cell.startswith(_FORMULA) and not _PLAIN_NUMBER.fullmatch(cell):
        return "'" + cell
    return cell


def write_refused(stream: TextIO, table: TableFile, refused: Sequence[RefusedRow]) -> int:
    """Write the refused rows of a table as CSV, to be mended and brought again.

    The file is read once more, so that an import need not hold the rows it refuses.
    Returns the number of rows written.
    """
    reasons = {row.line: row.problem.text for row in refused if row.file == table.name}
    writer = csv.writer(stream)
    writer.writerow(["line", "reason", *map(harmless, table.header)])
    written = 0
    for line in table.lines() if reasons else ():
        if line.number in reasons:
            cells = [line.number, harmless(reasons[line.number]), *map(harmless, line.cells)]
            writer.writerow(cells)
            written += 1
    return written
