"""Many rows at once, the way that each database takes them fastest."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import psycopg
from sqlalchemy import BigInteger, ColumnElement, Integer, String, Table, any_, insert, literal
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

# Under so many rows, opening a COPY costs more than it saves.
FEWEST_COPIED = 20


def among(
    session: Session, column: Any, values: Collection[int] | Collection[str]
) -> ColumnElement[bool]:
    """Whether a column is one of these values.

    On PostgreSQL they are one array: `in_` writes its statement anew for each number of values,
    and is read anew, which for a thousand costs more than the answer. SQLite is quicker with it.
    """
    if session.get_bind().dialect.name != "postgresql":
        return column.in_(values)  # type: ignore[no-any-return]  # untyped column
    item = BigInteger() if isinstance(column.type, Integer) else String()
    return column == any_(literal(list(values), ARRAY(item)))  # type: ignore[no-any-return]  # as above


def add_rows(session: Session, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Store rows that all have the same columns: by COPY on PostgreSQL, where they are many.

    Raises:
        DBAPIError: of the kind that an INSERT of these rows raises.
    """
    connection = session.connection()
    if connection.dialect.name != "postgresql" or len(rows) < FEWEST_COPIED:
        session.execute(insert(table), list(rows))
        return
    names = list(rows[0])
    written = [table.c[name].type.bind_processor(connection.dialect) for name in names]
    columns = ", ".join(f'"{name}"' for name in names)
    statement = f'COPY "{table.name}" ({columns}) FROM STDIN'
    driver: Any = connection.connection.driver_connection
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                values = zip(written, row.values(), strict=True)
                copy.write_row([each(value) if each else value for each, value in values])
    except psycopg.Error as error:
        raise DBAPIError.instance(statement, None, error, psycopg.Error) from error
