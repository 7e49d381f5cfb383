"""Excel workbooks: the same deals as in a CSV file, and what is no workbook."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime
from typing import Any

import pytest
from openpyxl import Workbook
from sqlalchemy.orm import Session

from experiments.company import Company
from experiments.importing.deals import Request, import_deals
from experiments.leads import lead
from experiments.problem import Refused
from experiments.process import ProcessVersion
from experiments.tables import workbook
from experiments.tables.table_file import TableFile, open_bytes

# Excel knows no zones.
FIFTH = datetime(2026, 1, 5)  # noqa: DTZ001


def sheet(*rows: list[Any], before: bool = False) -> bytes:
    """A workbook of these rows; `before` puts an empty sheet in front."""
    book = Workbook()
    if before:
        book.create_sheet("Deals")
    page = book.worksheets[-1]
    for row in rows:
        page.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def cells(table: TableFile) -> list[tuple[int, list[str]]]:
    return [(line.number, line.cells) for line in table.lines()]


def test_cells_are_read_as_people_see_them() -> None:
    content = sheet(
        ["Lead ID", "Stage", "Created at", "Value", "Note"],
        [7, "Won", FIFTH, 1200.5, "two\nlines"],
        [None],
        [8.0, "Näe, ja", FIFTH.replace(hour=14, minute=30), True, date(2026, 2, 1)],
        before=True,
    )

    table = open_bytes(content, "deals.xlsx")

    assert table.header == ("Lead ID", "Stage", "Created at", "Value", "Note")
    assert cells(table) == [
        (2, ["7", "Won", "2026-01-05", "1200.5", "two lines"]),
        (4, ["8", "Näe, ja", "2026-01-05 14:30:00", "True", "2026-02-01"]),
    ]


def test_a_workbook_is_imported_as_a_csv_file_is(
    session: Session, company: Company, version: ProcessVersion, now: datetime
) -> None:
    content = sheet(
        ["Lead ID", "Owner", "Stage", "Created at", "Value"],
        ["D1", "Anna", "Demo", FIFTH, 10],
        ["D2", "Anna", "Demo", FIFTH, None],
        ["D3", "Anna", "Demo", None, None],
    )

    found = import_deals(session, Request(open_bytes(content, "deals.xlsx")), now=now)

    assert (found.leads, [row.line for row in found.refused]) == (2, [4])
    assert lead(session, "D1").amount_minor == 1000


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"PK\x03\x04 no archive", "cannot be read"),
        (sheet(), "holds nothing"),
        (sheet(["Lead ID", "Stage"]), "no row under it"),
    ],
)
def test_what_is_no_table_is_refused(content: bytes, why: str) -> None:
    with pytest.raises(Refused, match=why):
        open_bytes(content, "deals.xlsx")


def test_an_archive_of_something_else_is_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("notes.txt", "nothing")

    with pytest.raises(Refused, match="cannot be read"):
        open_bytes(out.getvalue(), "notes.zip")


def test_a_workbook_that_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "MOST_BYTES", 1000)

    with pytest.raises(Refused, match="unpacks to"):
        open_bytes(sheet(["a"], ["b"]), "deals.xlsx")
