"""A copy of the whole store as one SQLite file, whatever database it is of; and back again.

Rows are read in one snapshot, so that a live database can be copied, and written as they are. What
was written is read back and compared before the copy gets its name.
"""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Select, Table, func, select, text

from experiments.problem import Refused, problem
from experiments.store.engine import make_engine
from experiments.store.migration import upgrade
from experiments.store.schema import whole_metadata

_AT_ONCE = 2_000
# What every SQLite file begins with.
_MAGIC = b"SQLite format 3\x00"


@dataclass(frozen=True, slots=True)
class Copied:
    """What a copy holds: rows by table, those without any left out."""

    rows: dict[str, int]

    @property
    def total(self) -> int:
        """All rows."""
        return sum(self.rows.values())


def backup(engine: Engine, file: Path) -> Copied:
    """Copy a database, also while it is in use, into a file that is not there yet.

    Raises:
        Refused: where there is such a file, or the folder cannot be written to.
    """
    if file.exists():
        raise Refused(problem("file", "There is a file {file} already.", file=file))
    if not file.parent.is_dir():
        raise Refused(problem("file", "There is no folder {folder}.", folder=file.parent))
    unfinished = file.with_name(file.name + ".part")
    _remove(unfinished)
    try:
        with _opened(unfinished) as target, _snapshot(engine) as source:
            copied = _copy(source, target)
        # It holds hashes of passwords, and people's names.
        unfinished.chmod(0o600)
        unfinished.rename(file)
    except OSError as error:
        raise Refused(problem("file", "It cannot be written: {why}", why=error.strerror)) from None
    finally:
        _remove(unfinished)
    return copied


def restore(file: Path, engine: Engine) -> Copied:
    """Fill an empty database from a copy, of this version or of an earlier one.

    Raises:
        Refused: for a file that is no copy, or a database that holds anything already. Then
            nothing is stored.
    """
    _check_copy(file)
    upgrade(engine)
    old = file.with_name(file.name + ".restoring")
    try:
        # The copy itself stays as it is, whatever its schema.
        shutil.copyfile(file, old)
        with _opened(old) as source, source.connect() as given, engine.begin() as target:
            _refuse_filled(target)
            copied = _copied(given, target)
            _go_on_counting(target)
            _compare(given, target)
    finally:
        _remove(old)
    return copied


@contextmanager
def _opened(file: Path) -> Iterator[Engine]:
    engine = make_engine(f"sqlite:///{file}")
    try:
        upgrade(engine)
        yield engine
        # Otherwise the last rows would rest in a file beside it.
        with engine.connect() as connection:
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA journal_mode=DELETE")
            connection.exec_driver_sql("BEGIN")
    finally:
        engine.dispose()


@contextmanager
def _snapshot(engine: Engine) -> Iterator[Connection]:
    if engine.dialect.name != "sqlite":
        engine = engine.execution_options(isolation_level="REPEATABLE READ")
    with engine.connect() as connection:
        yield connection


def _copy(source: Connection, target: Engine) -> Copied:
    with target.begin() as connection:
        copied = _copied(source, connection)
        _compare(source, connection)
    return copied


def _copied(source: Connection, target: Connection) -> Copied:
    counts: dict[str, int] = {}
    for table in _tables():
        for rows in source.execution_options(yield_per=_AT_ONCE).execute(_all(table)).partitions():
            target.execute(table.insert(), [dict(row._mapping) for row in rows])
            counts[table.name] = counts.get(table.name, 0) + len(rows)
    return Copied(counts)


def _compare(source: Connection, target: Connection) -> None:
    for table in _tables():
        if _digest(source, table) != _digest(target, table):
            said = "What was written of {table} is not what was read: nothing is kept."
            raise Refused(problem("table", said, table=table.name))


def _digest(connection: Connection, table: Table) -> str:
    found = hashlib.sha256()
    for row in connection.execution_options(yield_per=_AT_ONCE).execute(_all(table)):
        found.update(repr(tuple(row)).encode())
    return found.hexdigest()


def _all(table: Table) -> Select[Any]:
    return select(table).order_by(*table.primary_key.columns)


def _tables() -> list[Table]:
    return whole_metadata().sorted_tables


def _refuse_filled(connection: Connection) -> None:
    for table in _tables():
        if connection.scalar(select(func.count()).select_from(table)):
            said = "The database holds rows already ({table}): restore into an empty one."
            raise Refused(problem("database", said, table=table.name))


def _go_on_counting(connection: Connection) -> None:
    """PostgreSQL counts ids apart from the rows: let it go on after the last."""
    if connection.dialect.name == "sqlite":
        return
    for table in _tables():
        key = table.primary_key.columns.get("id")
        if key is not None and connection.scalar(select(func.count()).select_from(table)):
            connection.execute(
                text(
                    f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'),"  # noqa: S608 - our own tables
                    f" (SELECT max(id) FROM {table.name}))"
                )
            )


def _check_copy(file: Path) -> None:
    try:
        with file.open("rb") as opened:
            is_sqlite = opened.read(len(_MAGIC)) == _MAGIC
    except OSError as error:
        raise Refused(problem("file", "It cannot be read: {why}", why=error.strerror)) from None
    if not is_sqlite or not _has_schema(file):
        raise Refused(problem("file", "{file} is not a copy made by `backup`.", file=file.name))


def _has_schema(file: Path) -> bool:
    wanted = "SELECT count(*) FROM sqlite_master WHERE name = 'alembic_version'"
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
        try:
            return bool(connection.execute(wanted).fetchone()[0])
        except sqlite3.DatabaseError:
            return False


def _remove(file: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        file.with_name(file.name + suffix).unlink(missing_ok=True)
