"""Many rows at once, the way that each database takes them fastest."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any

import psycopg
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Dialect,
    Integer,
    String,
    Table,
    any_,
    func,
    insert,
    literal,
    literal_column,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

# Under so many rows, opening a COPY costs more than it saves.
FEWEST_COPIED = 20
# SQLAlchemy writes a list of so many values anew each time, which costs more than asking them.
FEWEST_AS_JSON = 50
MANY_ADDED = 10_000


def among(
    session: Session, column: Any, values: Collection[int] | Collection[str]
) -> ColumnElement[bool]:
    """Whether a column is one of these values.

    Where they are many they are one parameter, an array or JSON: `in_` writes its statement
    anew for each number of values, and it is read anew, which for a thousand costs more than
    the answer.
    """
    if session.get_bind().dialect.name == "postgresql":
        item = BigInteger() if isinstance(column.type, Integer) else String()
        return column == any_(literal(list(values), ARRAY(item)))  # type: ignore[no-any-return]  # untyped column
    if len(values) < FEWEST_AS_JSON:
        return column.in_(values)  # type: ignore[no-any-return]  # as above
    listed = func.json_each(json.dumps(list(values)))
    return column.in_(select(literal_column("value")).select_from(listed))  # type: ignore[no-any-return]  # as above


def add_rows(session: Session, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Store rows that all have the same columns in the same order.

    They go to the driver as they are, by COPY on PostgreSQL where they are many: what
    SQLAlchemy does for each row takes longer than the database does.

    Raises:
        DBAPIError: of the kind that an INSERT of these rows raises.
    """
    if not rows:
        return
    connection = session.connection()
    names = tuple(rows[0])
    if connection.dialect.name == "sqlite":
        statement = _inserting(table, names)
        connection.exec_driver_sql(statement, _written(connection.dialect, table, names, rows))
    elif len(rows) < FEWEST_COPIED:
        session.execute(insert(table), list(rows))
    else:
        _copy(connection, table, names, _written(connection.dialect, table, names, rows))


def count_anew(session: Session, tables: Sequence[str], *, added: int) -> None:
    """Let PostgreSQL look at what tables hold, where so many rows were added that it matters.

    It does so by itself a minute later or more. Until then its plans are for small tables, and
    a report over 100,000 new leads took four minutes instead of two seconds.
    """
    if added >= MANY_ADDED and session.get_bind().dialect.name == "postgresql":
        session.execute(text(f"ANALYZE {_quoted(tables)}"))


def _copy(
    connection: Connection, table: Table, names: Sequence[str], rows: list[tuple[Any, ...]]
) -> None:
    statement = f'COPY "{table.name}" ({_quoted(names)}) FROM STDIN'
    driver: Any = connection.connection.driver_connection
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
    except psycopg.Error as error:
        raise DBAPIError.instance(statement, None, error, psycopg.Error) from error


def _written(
    dialect: Dialect, table: Table, names: Sequence[str], rows: Sequence[Mapping[str, Any]]
) -> list[tuple[Any, ...]]:
    """The rows as the driver takes them: a column at a time, as few need any change."""
    columns = [list(column) for column in zip(*(row.values() for row in rows), strict=True)]
    for at, name in enumerate(names):
        write = table.c[name].type.bind_processor(dialect)
        if write:
            # Types, and the moment of recording, are the same in many rows.
            known = {value: write(value) for value in set(columns[at])}
            columns[at] = [known[value] for value in columns[at]]
    return list(zip(*columns, strict=True))


@cache
def _inserting(table: Table, names: tuple[str, ...]) -> str:
    marks = ", ".join("?" * len(names))
    return f'INSERT INTO "{table.name}" ({_quoted(names)}) VALUES ({marks})'  # noqa: S608 - names are our own


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
