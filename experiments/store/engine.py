"""Engines for SQLite and PostgreSQL that behave alike."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.orm import Session, sessionmaker


def make_engine(url: str) -> Engine:
    """An engine for `sqlite:///file` or `postgresql://…` (through psycopg 3)."""
    if url.startswith(("postgresql://", "postgres://")):
        url = "postgresql+psycopg://" + url.split("://", 1)[1]
    if not url.startswith("sqlite"):
        return create_engine(url, pool_pre_ping=True)
    engine = create_engine(url, connect_args={"timeout": 30})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def make_sessions(engine: Engine) -> sessionmaker[Session]:
    """Sessions whose objects stay readable after a commit, for pages drawn afterwards."""
    return sessionmaker(engine, expire_on_commit=False)


def write(session: Session) -> None:
    """Say at the start of a transaction that it will write.

    SQLite then takes its one write lock at once, instead of failing half-way when two
    readers both want to become writers. PostgreSQL needs nothing.
    """
    session.connection(execution_options={"stagelift_writes": True})


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # The driver must not begin transactions by itself; `_begin_sqlite` does.
    connection.isolation_level = None
    # FULL: what was acknowledged is there after a power cut too, for four milliseconds a commit.
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("stagelift_writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
