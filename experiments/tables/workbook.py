"""The first sheet of an Excel workbook as CSV, so that all else reads one kind of file.

Row 7 of the sheet is line 7 of the CSV: faults are told by the numbers that people see.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from itertools import islice
from typing import Any

from experiments.problem import Refused, problem
from experiments.tables.encoding import Opener

SIGNATURE = b"PK\x03\x04"
# A workbook is a zip archive: a few kilobytes may claim to be gigabytes.
MOST_BYTES = 500_000_000
MOST_ROWS = 1_048_576


def is_workbook(open_file: Opener) -> bool:
    """Whether a file begins as a workbook does."""
    with open_file() as file:
        return file.read(len(SIGNATURE)) == SIGNATURE


def as_csv(open_file: Opener) -> bytes:
    """The first sheet that holds anything, as CSV in UTF-8 parted by commas.

    Dates come in ISO form, formulas as the values that Excel last computed.

    Raises:
        Refused: for what is no workbook, is too large, or holds nothing.
    """
    # Imported here: only who brings a workbook waits for it.
    from openpyxl import load_workbook

    try:
        with open_file() as file:
            _refuse_large(file)
            workbook = load_workbook(file, read_only=True, data_only=True)
            for sheet in workbook.worksheets:
                written = _written(sheet.iter_rows(values_only=True))
                if written.strip():
                    return written
    except Refused:
        raise
    except Exception as error:
        # Broken archives and XML raise whatever their readers please.
        text = "This workbook cannot be read: save it again, or save the sheet as CSV."
        raise Refused(problem("file", text)) from error
    raise Refused(problem("file", "The workbook holds nothing."))


def _refuse_large(file: Any) -> None:
    with zipfile.ZipFile(file) as archive:
        size = sum(each.file_size for each in archive.infolist())
    file.seek(0)
    if size > MOST_BYTES:
        text = "The workbook unpacks to {size} MB; at most {most} are read."
        values = {"size": size // 1_000_000, "most": MOST_BYTES // 1_000_000}
        raise Refused(problem("file", text, **values))


def _written(rows: Iterable[tuple[Any, ...]]) -> bytes:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    width = 0
    for row in islice(rows, MOST_ROWS):
        texts = list(_texts(row))
        # The first row that holds anything is the header, and says how wide the table is.
        width = width or len(texts)
        writer.writerow(texts + [""] * (width - len(texts) if texts else 0))
    return stream.getvalue().encode()


def _texts(row: tuple[Any, ...]) -> Iterator[str]:
    last = max((at for at, value in enumerate(row) if value is not None), default=-1)
    # A sheet is as wide as its widest row; what is empty at the end is no column.
    return (_text(value) for value in row[: last + 1])


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        day_only = value.time() == time() and value.tzinfo is None
        return value.date().isoformat() if day_only else value.isoformat(" ", "seconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    # A line end within a cell would make two lines of one row.
    return " ".join(str(value).splitlines()) if isinstance(value, str) else str(value)
