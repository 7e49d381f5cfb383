"""The store: its schema, its times, its locks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from experiments.store.columns import from_micros, to_micros
from experiments.store.engine import make_engine, make_sessions, write
from experiments.store.migration import is_current, upgrade
from experiments.store.schema import whole_metadata


def test_the_migrations_make_what_the_entities_say(engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        differences = compare_metadata(context, whole_metadata())

    assert differences == []
    assert is_current(engine)


def test_a_new_database_is_not_current_until_it_is_upgraded(tmp_path: Path) -> None:
    made = make_engine(f"sqlite:///{tmp_path / 'new.sqlite'}")

    assert not is_current(made)
    upgrade(made)
    upgrade(made)
    assert is_current(made)
    made.dispose()


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_time_comes_back_as_it_went(moment: datetime) -> None:
    assert from_micros(to_micros(moment)) == moment


def test_times_in_other_zones_are_the_same_moments() -> None:
    tehran = timezone(timedelta(hours=3, minutes=30))
    moment = datetime(2026, 3, 1, 12, tzinfo=tehran)

    assert from_micros(to_micros(moment)) == datetime(2026, 3, 1, 8, 30, tzinfo=UTC)
    with pytest.raises(ValueError, match="without zone"):
        to_micros(datetime(2026, 3, 1))  # noqa: DTZ001 - what is refused


def test_an_address_of_postgresql_is_opened_through_psycopg() -> None:
    for url in ("postgresql://user@host/db", "postgres://user@host/db"):
        assert make_engine(url).url.drivername == "postgresql+psycopg"


def test_a_writer_takes_sqlites_lock_at_once(tmp_path: Path) -> None:
    made = make_engine(f"sqlite:///{tmp_path / 'locks.sqlite'}")
    upgrade(made)
    sessions = make_sessions(made)

    with sessions() as first, sessions() as second:
        write(first)
        second.execute(text("SELECT 1"))
        second.rollback()
        second.connection().exec_driver_sql("PRAGMA busy_timeout = 0")
        second.rollback()
        with pytest.raises(OperationalError, match="locked"):
            _write_now(second)
    made.dispose()


def _write_now(session: Session) -> None:
    write(session)
