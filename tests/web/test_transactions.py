"""The transaction of a request: one snapshot to read, all or nothing to write."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import pytest
from fastapi import APIRouter, FastAPI, Request
from sqlalchemy import Engine, func, select, text
from sqlalchemy.orm import Session
from starlette.responses import Response
from starlette.testclient import TestClient

from experiments.people import Team, add_team
from experiments.problem import Forbidden, NotFound, Refused, problem
from experiments.store.engine import make_engine
from experiments.store.migration import upgrade
from tests.conftest import count_rows
from web.app import create_app
from web.database import Database
from web.deps import DbSession
from web.pages import render
from web.settings import Settings

ENDINGS: dict[str, type[Exception] | Exception] = {
    "refused": Refused(problem("name", "No.")),
    "not-found": NotFound("team", "x"),
    "forbidden": Forbidden(),
    "broken": ZeroDivisionError(),
}
router = APIRouter()


@router.post("/store/{ending}")
def store(request: Request, ending: str, session: DbSession) -> Response:
    """Writes, then ends well or badly."""
    add_team(session, "Berlin")
    if ending in ENDINGS:
        raise ENDINGS[ending]
    context = {"title": "Well?", "problems": [], "status": 200}
    return render(request, "error.html", context, status=int(ending))


@router.get("/store")
def store_by_reading(session: DbSession) -> int:
    """A safe method that writes: a mistake, and without effect."""
    add_team(session, "Berlin")
    return 1


@router.post("/slow")
def slow(session: DbSession) -> int:
    """Reads a count and writes what follows from it, as a careless writer does."""
    count = session.scalar(select(func.count()).select_from(Team)) or 0
    add_team(session, f"Team {count}")
    return count


@pytest.fixture
def client(own_app: FastAPI) -> Iterator[TestClient]:
    """A caller of the routes above, which need nobody."""
    own_app.include_router(router)
    with TestClient(own_app, raise_server_exceptions=False) as made:
        yield made


def test_what_a_route_wrote_is_kept_when_it_ends_well(
    client: TestClient, session: Session
) -> None:
    assert client.post("/store/200").status_code == 200
    assert count_rows(session, "teams") == 1


@pytest.mark.parametrize(
    ("ending", "status"),
    [("refused", 422), ("not-found", 404), ("forbidden", 403), ("broken", 500), ("422", 422)],
)
def test_a_route_that_ends_badly_stores_nothing(
    client: TestClient, session: Session, ending: str, status: int
) -> None:
    assert client.post(f"/store/{ending}").status_code == status
    assert count_rows(session, "teams") == 0


def test_a_safe_method_keeps_nothing(client: TestClient, session: Session) -> None:
    assert client.get("/store").status_code == 200
    assert count_rows(session, "teams") == 0


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A file of its own, to which many may write at once."""
    engine = make_engine(f"sqlite:///{tmp_path / 'own.sqlite'}")
    upgrade(engine)
    yield Database(engine)
    engine.dispose()


def app_on(database: Database) -> FastAPI:
    app = create_app(Settings.model_construct(), database=database)
    app.include_router(router)
    return app


def teams_in(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.execute(text("SELECT count(*) FROM teams")).scalar_one())


def test_a_commit_that_fails_is_no_success(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_session: Session) -> None:
        raise RuntimeError("the disk is gone")

    monkeypatch.setattr(Session, "commit", fail)
    with TestClient(app_on(database), raise_server_exceptions=False) as client:
        assert client.post("/store/200").status_code == 500
    assert teams_in(database.engine) == 0


def test_sixty_writers_at_once_take_turns(database: Database) -> None:
    # More than the forty threads of the pool: a lock that is waited for in a thread would stop
    # the site for ever, as its holder finds no thread to go on in.
    with TestClient(app_on(database)) as client:
        codes: list[int] = []
        threads = [
            threading.Thread(target=lambda: codes.append(client.post("/slow").status_code))
            for _ in range(60)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=60)
    assert codes == [200] * 60
    assert teams_in(database.engine) == 60


def test_a_reader_sees_one_snapshot_while_others_write(engine: Engine) -> None:
    database = Database(engine)
    count = select(func.count()).select_from(Team)
    with database.reading() as reader:
        before = reader.scalar(count)
        with database.writing() as writer:
            add_team(writer, "Between")
        try:
            assert reader.scalar(count) == before
        finally:
            with database.writing() as writer:
                writer.execute(text("DELETE FROM teams"))


def test_writers_that_fail_leave_the_turn_to_others(database: Database) -> None:
    with TestClient(app_on(database), raise_server_exceptions=False) as client:
        started = monotonic()
        for ending in ENDINGS:
            client.post(f"/store/{ending}")
        assert client.post("/store/200").status_code == 200
        assert monotonic() - started < 20  # SQLite would wait thirty seconds for its lock
