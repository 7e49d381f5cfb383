"""A table of leads as people bring it: a CSV or Parquet file, or a table in a database."""

from __future__ import annotations

import re
import sqlite3
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import ibis
from ibis.common.exceptions import IbisError, TableNotFound
from ibis.expr.types import Table

from experiments.problem import Problem, Refused, problem
from experiments.tables.table_file import TableFile, open_path

# By column, the text that a row holds in it; `None` for an empty cell.
Texts = Mapping[str, str | None]

_PARQUET = b"PAR1"
_UTF8 = frozenset({"utf-8", "utf-8-sig"})
_NOT_UTF8 = "This is not UTF-8 but seems to be {encoding}: save the file as CSV in UTF-8."


@dataclass(frozen=True, slots=True)
class LeadTable:
    """A row a lead, where it is."""

    table: Table
    fetch: Callable[[Table], list[dict[str, Any]]]  # run an expression on it
    place_of: Callable[[Texts], str]  # of the first such row: "line 17"; "" where none has one
    reads_text: bool  # whether a number written as text can be told from other text there


@contextmanager
def file_table(path: Path) -> Iterator[LeadTable]:
    """A CSV or Parquet file, which DuckDB reads as it is counted.

    Raises:
        Refused: for a file that is neither, is not in UTF-8, or has a row that cannot be read.
    """
    with path.open("rb") as file:
        is_parquet = file.read(len(_PARQUET)) == _PARQUET
    connection = ibis.duckdb.connect()
    try:
        yield (_parquet if is_parquet else _csv)(connection, path)
    except duckdb.Error as error:
        bad = None if is_parquet else _bad_line(path, str(error))
        raise Refused(bad or _unreadable("file", error)) from None
    finally:
        connection.disconnect()


@contextmanager
def database_table(url: str, name: str) -> Iterator[LeadTable]:
    """A table or view of a database, which is only read.

    Args:
        url: As for `STAGELIFT_DATABASE_URL`, or of anything else that Ibis can connect to.
        name: The table, or `schema.table`.
    Raises:
        Refused: where there is no such database or table, or it cannot be read.
    """
    # Loaded for databases only: files need no driver.
    import psycopg

    schema, _, bare = name.rpartition(".")
    connection: Any = None
    try:
        connection = _connected(url)
        with _older_duckdb():
            table = connection.table(bare, database=schema or None)
        reads_text = connection.name == "duckdb"
        yield LeadTable(table, _fetcher(connection), _nowhere, reads_text)
    except TableNotFound:
        raise Refused(problem("table", "There is no table {name}.", name=name)) from None
    except (duckdb.Error, sqlite3.Error, psycopg.Error, IbisError) as error:
        raise Refused(_unreadable("source", error)) from None
    finally:
        if connection is not None:
            connection.disconnect()


def _connected(url: str) -> Any:
    scheme, _, rest = url.partition("://")
    if scheme in ("sqlite", "duckdb"):
        # Three slashes and a path from here, or four and one from the root: as SQLAlchemy has it.
        path = rest.removeprefix("/")
        # SQLite would make the file that it does not find.
        if not Path(path).is_file():
            raise Refused(problem("source", "There is no file {path}.", path=path))
        if scheme == "duckdb":
            return ibis.duckdb.connect(path, read_only=True)
        return ibis.sqlite.connect(path)
    try:
        return ibis.connect(f"{scheme.removesuffix('+psycopg')}://{rest}")
    except (ImportError, ValueError) as error:
        raise Refused(_unreadable("source", error)) from None


def _csv(connection: Any, path: Path) -> LeadTable:
    file = open_path(path)
    if file.encoding not in _UTF8:
        line = f"line {_first_foreign_line(path)}"
        raise Refused(problem(line, _NOT_UTF8, encoding=file.encoding))
    for name in file.header:
        if name and file.header.count(name) > 1:
            raise Refused(problem("header", "Two columns are called {name}.", name=name))
    # Left to guess, DuckDB drops rows that do not fit its guess.
    with _older_duckdb():
        table = connection.read_csv(
            _literally(path),
            auto_detect=False,
            columns={f"c{place}": "VARCHAR" for place in range(len(file.header))},
            header=True,
            delim=file.delimiter,
            quote='"',
            escape='"',
        )
    named = {name: table[f"c{place}"] for place, name in enumerate(file.header) if name}
    return LeadTable(
        table.select(**named),
        _fetcher(connection),
        place_of=lambda texts: _line_of(file, texts),
        reads_text=True,
    )


def _parquet(connection: Any, path: Path) -> LeadTable:
    with _older_duckdb():
        table = connection.read_parquet(_literally(path))
    fetch = _fetcher(connection)

    def place_of(texts: Texts) -> str:
        return f"row {fetch(_first_row(table, texts))[0]['number']}"

    return LeadTable(table, fetch, place_of, reads_text=True)


@contextmanager
def _older_duckdb() -> Iterator[None]:
    """Ibis 12 asks for a table's columns by a method that DuckDB 2 calls deprecated."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "fetch_arrow_table", DeprecationWarning)
        yield


def _fetcher(connection: Any) -> Callable[[Table], list[dict[str, Any]]]:
    def fetch(expression: Table) -> list[dict[str, Any]]:
        # Ibis would go through Arrow or pandas; a few rows need neither.
        cursor = connection.raw_sql(connection.compile(expression))
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    return fetch


def _line_of(file: TableFile, texts: Texts) -> str:
    wanted = {file.header.index(name): (text or "").strip() for name, text in texts.items()}
    fitting = (
        f"line {line.number}"
        for line in file.lines()
        if all(line.cells[place].strip() == text for place, text in wanted.items())
    )
    return next(fitting, "")


def _first_row(table: Table, texts: Texts) -> Table:
    number = ibis.row_number() + 1
    rows = table.select(number=number, **{name: table[name].cast("string") for name in texts})
    for name, text in texts.items():
        held = rows[name].strip()
        rows = rows.filter(held.fill_null("") == (text or "").strip())
    return rows.aggregate(number=rows.number.min())


def _nowhere(_: Texts) -> str:
    """A database's rows have no order."""
    return ""


def _literally(path: Path) -> str:
    """The path as a pattern that matches nothing but itself."""
    return "".join(f"[{sign}]" if sign in "[*?" else sign for sign in str(path))


def _first_foreign_line(path: Path) -> int:
    with path.open("rb") as file:
        foreign = (number for number, line in enumerate(file, start=1) if not _is_utf8(line))
        # UTF-16 without its mark is UTF-8 full of nulls.
        return next(foreign, 1)


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _bad_line(path: Path, said: str) -> Problem | None:
    for line in open_path(path).lines():
        if line.problem is not None:
            return problem(f"line {line.number}", line.problem.message, **line.problem.values)
    named = re.search(r"on Line: (\d+)", said)
    text = "It cannot be read: is a quotation mark left open?"
    return problem(f"line {named[1]}", text) if named else None


def _unreadable(where: str, error: Exception) -> Problem:
    said = str(error).strip() or type(error).__name__
    return problem(where, "It cannot be read: {why}", why=said.splitlines()[0])
