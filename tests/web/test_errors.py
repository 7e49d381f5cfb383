"""Errors as answers: a page for people, JSON for programs, never a traceback."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from fastapi import APIRouter, FastAPI
from sqlalchemy import event
from sqlalchemy.exc import DataError, IntegrityError, OperationalError
from starlette.testclient import TestClient

from experiments.store.engine import make_engine
from experiments.store.migration import upgrade
from experiments.users import Role
from tests.web.conftest import SignIn
from web.app import create_app
from web.database import Database
from web.middleware import HEADERS
from web.settings import Settings

SECRET = "a secret of the inside"
FAULTS: dict[str, Exception] = {
    "unknown": ZeroDivisionError(SECRET),
    "locked": OperationalError("SELECT", {}, sqlite3.OperationalError("database is locked")),
    "readonly": OperationalError(
        "INSERT", {}, sqlite3.OperationalError("attempt to write a readonly database")
    ),
    "away": OperationalError(
        "SELECT", {}, psycopg.OperationalError("connection failed: Connection refused")
    ),
    "unprepared": OperationalError("SELECT", {}, sqlite3.OperationalError("no such table: users")),
    "ours": OperationalError("SELECT", {}, sqlite3.OperationalError(f"no such column: {SECRET}")),
    "faster": IntegrityError("INSERT", {}, sqlite3.IntegrityError("UNIQUE constraint failed")),
    "null": DataError("INSERT", {}, psycopg.DataError("cannot contain NUL (0x00) bytes")),
}
ANSWERS = {
    "unknown": (500, "The fault is ours"),
    "locked": (503, "The database is busy with another change."),
    "readonly": (503, "The database can only be read at present; nothing was stored."),
    "away": (503, "The database cannot be reached."),
    "unprepared": (503, "run `stagelift migrate`"),
    "ours": (500, "The fault is ours"),
    "faster": (409, "Somebody else stored the same at the same moment."),
    "null": (422, "A value cannot be stored"),
}


@pytest.fixture
def client(own_app: FastAPI) -> Iterator[TestClient]:
    """A caller of a page and of an API address that raise what is asked for."""
    router = APIRouter()

    @router.get("/fail/{how}")
    @router.get("/api/v1/fail/{how}")
    def fail(how: str) -> None:
        raise FAULTS[how]

    own_app.include_router(router)
    with TestClient(own_app, raise_server_exceptions=False) as made:
        yield made


@pytest.mark.parametrize("how", FAULTS)
def test_a_fault_is_told_plainly_to_programs(client: TestClient, how: str) -> None:
    status, said = ANSWERS[how]
    answer = client.get(f"/api/v1/fail/{how}")
    assert answer.status_code == status
    (error,) = answer.json()["errors"]
    assert said in error["message"]
    assert SECRET not in answer.text


@pytest.mark.parametrize("how", FAULTS)
def test_a_fault_is_told_plainly_to_people(client: TestClient, how: str) -> None:
    status, said = ANSWERS[how]
    answer = client.get(f"/fail/{how}")
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert said in answer.text
    assert SECRET not in answer.text
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("how", FAULTS)
def test_an_error_has_the_headers_of_every_answer(client: TestClient, how: str) -> None:
    answer = client.get(f"/fail/{how}")
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS


def test_a_busy_database_says_when_to_come_again(client: TestClient) -> None:
    assert client.get("/api/v1/fail/locked").headers["Retry-After"] == "5"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/no/such/page", 404), ("DELETE", "/sign-in", 405), ("GET", "/static/none.css", 404)],
)
def test_what_is_not_there_is_told_by_a_page(
    browser: TestClient, method: str, path: str, status: int
) -> None:
    answer = browser.request(method, path)
    assert answer.status_code == status
    assert "There is no such page" in answer.text


def test_what_is_not_there_keeps_the_navigation_of_whoever_asks(sign_in: SignIn) -> None:
    assert 'href="/experiments"' in sign_in(Role.VIEWER).get("/no/such/page").text


def test_what_is_not_there_is_told_to_programs_as_json(browser: TestClient) -> None:
    answer = browser.get("/api/v1/none")
    assert answer.status_code == 404
    assert answer.json()["errors"][0]["message"] == "There is nothing at this address."
    answer = browser.delete("/api/v1/leads")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
    assert answer.json()["errors"][0]["message"] == "This address takes no DELETE."


def test_a_body_without_the_header_of_json_is_told_what_is_missing(program: SignIn) -> None:
    answer = program(Role.ADMIN).post("/api/v1/leads", data={"leads": "[]"})
    assert answer.status_code == 422
    message = "Send JSON, with the header `Content-Type: application/json`."
    assert answer.json() == {"errors": [{"where": "body", "message": message}]}


def test_a_page_that_is_not_for_the_role_keeps_the_navigation(
    sign_in: SignIn,
) -> None:
    browser = sign_in(Role.VIEWER)
    del browser.headers["X-CSRF-Token"]
    answer = browser.post("/sign-out")
    assert answer.status_code == 403
    assert 'href="/experiments"' in answer.text


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A migrated database file."""
    path = tmp_path / "own.sqlite"
    engine = make_engine(f"sqlite:///{path}")
    upgrade(engine)
    engine.dispose()
    return path


def health(url: str) -> tuple[int, str]:
    database = Database(make_engine(url))
    app = create_app(Settings.model_construct(), database=database)
    with TestClient(app, raise_server_exceptions=False) as client:
        answer = client.get("/health")
    database.engine.dispose()
    said = answer.json()
    return answer.status_code, said.get("status") or said["errors"][0]["message"]


def test_a_site_that_can_work_is_healthy(file: Path) -> None:
    assert health(f"sqlite:///{file}") == (200, "ok")


def test_a_database_that_was_not_migrated_is_not_healthy(tmp_path: Path) -> None:
    expected = "The database is not at the present schema: run `stagelift migrate`."
    assert health(f"sqlite:///{tmp_path / 'new.sqlite'}") == (503, expected)


def test_a_database_that_cannot_be_opened_is_not_healthy(tmp_path: Path) -> None:
    expected = (503, "The database file cannot be opened.")
    assert health(f"sqlite:///{tmp_path / 'none' / 'x.sqlite'}") == expected


def test_a_server_that_is_away_is_not_healthy() -> None:
    # Port 1 is reserved; nothing listens there.
    expected = (503, "The database cannot be reached. Try again in a moment.")
    assert health("postgresql://nobody@127.0.0.1:1/none") == expected


def test_writing_to_a_database_that_can_only_be_read_is_503(file: Path) -> None:
    engine = make_engine(f"sqlite:///{file}")
    event.listen(engine, "connect", lambda made, _: made.execute("PRAGMA query_only=ON"))
    app = create_app(Settings.model_construct(), database=Database(engine))
    with TestClient(app, raise_server_exceptions=False) as client:
        assert client.get("/first-run").status_code == 200  # it can be read
        answer = client.post("/api/v1/leads", json={"leads": []})
    engine.dispose()
    assert answer.status_code == 503
    assert "can only be read at present" in answer.json()["errors"][0]["message"]


def test_writing_while_another_program_holds_the_file_is_503(file: Path) -> None:
    engine = make_engine(f"sqlite:///{file}")
    event.listen(engine, "connect", lambda made, _: made.execute("PRAGMA busy_timeout=0"))
    app = create_app(Settings.model_construct(), database=Database(engine))
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with TestClient(app, raise_server_exceptions=False) as client:
            answer = client.post("/api/v1/leads", json={"leads": []})
    engine.dispose()
    assert answer.status_code == 503
    assert "busy with another change" in answer.json()["errors"][0]["message"]
