"""Killed five times under load (fifty by `make soak`): nothing is lost, nothing there twice."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

from tests.soak.killing import kill_again_and_again


@pytest.mark.slow
def test_a_site_on_sqlite_that_is_killed_loses_nothing(tmp_path: Path) -> None:
    outcome = kill_again_and_again(f"sqlite:///{tmp_path / 'soak.sqlite'}", kills=5, seed=1)

    assert outcome.holds, outcome


@pytest.mark.slow
def test_a_site_on_postgresql_that_is_killed_loses_nothing(postgresql_url: str) -> None:
    outcome = kill_again_and_again(own_database(postgresql_url, "soak"), kills=5, seed=2)

    assert outcome.holds, outcome


def own_database(server: str, name: str) -> str:
    """The address of a new database of a server."""
    url = make_url(server).set(drivername="postgresql+psycopg")
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return url.set(drivername="postgresql", database=name).render_as_string(hide_password=False)
