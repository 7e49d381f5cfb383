"""The whole store as one file, and back: on SQLite, on PostgreSQL, from one to the other."""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from shutil import copy

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from experiments.demo.making import make
from experiments.events import Event
from experiments.people import Rep, Team, add_rep, add_team
from experiments.problem import Refused
from experiments.store import backup as copies
from experiments.store.backup import backup, restore
from experiments.store.engine import make_engine, make_sessions
from experiments.store.migration import upgrade

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)

Opens = Callable[[str], Engine]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opens]:
    """Opens databases, all closed afterwards."""
    made: list[Engine] = []

    def make_one(url: str) -> Engine:
        made.append(make_engine(url))
        return made[-1]

    yield make_one
    for each in made:
        each.dispose()


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small demo company on SQLite, made once: that takes seconds."""
    path = tmp_path_factory.mktemp("founded") / "company.sqlite"
    engine = make_engine(f"sqlite:///{path}")
    upgrade(engine)
    with make_sessions(engine).begin() as session:
        make(session, now=NOW, scale=0.02)
    engine.dispose()
    return path


@pytest.fixture
def company(founded: Path, opened: Opens, tmp_path: Path) -> Engine:
    """The company in a file of the test's own."""
    copy(founded, tmp_path)
    return opened(f"sqlite:///{tmp_path / founded.name}")


@pytest.fixture
def empty_postgresql(opened: Opens, postgresql_url: str) -> Iterator[Engine]:
    """A database of its own on the server."""
    server = opened(postgresql_url).execution_options(isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text("CREATE DATABASE restored"))
    engine = opened(postgresql_url.replace("/postgres?", "/restored?"))
    yield engine
    engine.dispose()
    with server.connect() as connection:
        connection.execute(text("DROP DATABASE restored"))


def events(engine: Engine) -> list[tuple[object, ...]]:
    with Session(engine) as session:
        rows = select(Event.id, Event.source_ref, Event.occurred_at, Event.payload)
        return [tuple(row) for row in session.execute(rows.order_by(Event.id))]


def test_a_copy_is_restored_as_it_was(company: Engine, opened: Opens, tmp_path: Path) -> None:
    copied = backup(company, tmp_path / "copy")
    fresh = opened(f"sqlite:///{tmp_path / 'fresh.sqlite'}")
    assert restore(tmp_path / "copy", fresh) == copied
    assert events(fresh) == events(company)
    assert copied.rows["events"] == len(events(company))
    assert sorted(path.name for path in tmp_path.glob("copy*")) == ["copy"]
    assert stat.S_IMODE((tmp_path / "copy").stat().st_mode) == 0o600


def test_a_company_moves_to_postgresql_and_back_and_goes_on_there(
    company: Engine, empty_postgresql: Engine, opened: Opens, tmp_path: Path
) -> None:
    copied = backup(company, tmp_path / "copy")
    restore(tmp_path / "copy", empty_postgresql)
    assert events(empty_postgresql) == events(company)
    assert backup(empty_postgresql, tmp_path / "back") == copied
    fresh = opened(f"sqlite:///{tmp_path / 'fresh.sqlite'}")
    restore(tmp_path / "back", fresh)
    assert events(fresh) == events(company)
    with make_sessions(empty_postgresql).begin() as session:
        team = add_team(session, "Another team")
        add_rep(session, "Another rep", team=team, now=NOW)
        assert team.id > 1
        assert session.scalar(select(Rep.id).where(Rep.name == "Another rep"))


def test_a_copy_is_of_one_moment_though_others_write(company: Engine, tmp_path: Path) -> None:
    with make_sessions(company).begin() as session:
        add_team(session, "Not committed yet")
        copied = backup(company, tmp_path / "copy")
    with Session(company) as session:
        assert copied.rows["teams"] == len(session.scalars(select(Team)).all()) - 1


def test_a_file_that_is_there_is_not_written_over(company: Engine, tmp_path: Path) -> None:
    (tmp_path / "copy").write_text("precious")
    with pytest.raises(Refused, match="already"):
        backup(company, tmp_path / "copy")
    assert (tmp_path / "copy").read_text() == "precious"


def test_a_folder_that_is_not_there_is_said(company: Engine, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="There is no folder"):
        backup(company, tmp_path / "nowhere" / "copy")


def test_a_disk_that_refuses_is_said(
    company: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "rename", full)
    with pytest.raises(Refused, match="No space left"):
        backup(company, tmp_path / "copy")
    assert not list(tmp_path.glob("copy*"))


def test_a_filled_database_is_left_alone(company: Engine, tmp_path: Path) -> None:
    backup(company, tmp_path / "copy")
    before = events(company)
    with pytest.raises(Refused, match="rows already"):
        restore(tmp_path / "copy", company)
    assert events(company) == before


def test_what_was_written_wrongly_is_not_kept(
    company: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []

    def differing(_connection: object, _table: object) -> str:
        seen.append("x" * len(seen))
        return seen[-1]

    monkeypatch.setattr(copies, "_digest", differing)
    with pytest.raises(Refused, match="not what was read"):
        backup(company, tmp_path / "copy")
    assert not list(tmp_path.glob("copy*"))


@pytest.mark.parametrize("content", [b"", b"hello", b"SQLite format 3\x00"])
def test_what_is_no_copy_is_refused(opened: Opens, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "copy").write_bytes(content)
    fresh = opened(f"sqlite:///{tmp_path / 'fresh.sqlite'}")
    with pytest.raises(Refused, match="is not a copy"):
        restore(tmp_path / "copy", fresh)
    assert not (tmp_path / "fresh.sqlite").exists()


def test_a_copy_that_is_not_there_is_said(opened: Opens, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="cannot be read"):
        restore(tmp_path / "copy", opened(f"sqlite:///{tmp_path / 'fresh.sqlite'}"))
