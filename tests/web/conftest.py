"""A browser and a program that talk to the site, over the test's own database."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from fastapi import FastAPI
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import Connection
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from experiments import users
from experiments.company import Company
from experiments.experiment import Experiment
from experiments.people import Rep
from experiments.users import Role, User
from tests.experiments.conftest import Tell, plan, reps, running, tell, version
from tests.experiments.worlds import LATER, world
from tests.web.selling import begin, rep
from web.app import create_app
from web.cli import main
from web.database import Database
from web.settings import Settings

# The small worlds of the domain's tests serve here too.
__all__ = ["begin", "plan", "rep", "reps", "running", "tell", "version"]

PASSWORD = "correct horse battery"

SignIn = Callable[..., TestClient]
Run = Callable[..., Result]


class TestDatabase(Database):
    """Requests' sessions inside the test's own transaction, which is rolled back afterwards."""

    __test__ = False

    def __init__(self, session: Session) -> None:
        connection = session.connection()
        super().__init__(connection.engine)
        self._test, self._connection = session, connection

    @contextmanager
    def reading(self) -> Iterator[Session]:
        with self._joined(self._connection) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        with self._joined(self._connection) as session:
            yield session
            session.commit()

    @contextmanager
    def _joined(self, connection: Connection) -> Iterator[Session]:
        self._test.flush()
        with Session(
            connection, join_transaction_mode="create_savepoint", expire_on_commit=False
        ) as session:
            yield session
        # What the request changed must be read anew by the test.
        self._test.expire_all()


@pytest.fixture(autouse=True)
def quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash as real, with little work: a real hash takes 60 ms, and tests make hundreds."""
    little = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))
    monkeypatch.setattr(users, "_hasher", lambda: little)


@dataclass
class Clock:
    """The site's clock: `clock.now += timedelta(days=30)`."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock(now: datetime) -> Clock:
    """The clock of the site, which stands until a test moves it."""
    return Clock(now)


@pytest.fixture
def settings() -> Settings:
    """The default settings, whatever the environment says."""
    return Settings.model_construct()


# What FastAPI reads of every route at an app's first request takes a tenth of a second, so tests
# share their apps: by all of the settings that an app itself, and not its site, depends on.
_shared: dict[tuple[bool, int], FastAPI] = {}


@pytest.fixture
def own_app(session: Session, clock: Clock, settings: Settings) -> FastAPI:
    """The site on the test's database and clock, to which routes may be added."""
    return create_app(settings, database=TestDatabase(session), clock=clock)


@pytest.fixture
def app(own_app: FastAPI, settings: Settings) -> FastAPI:
    """The site on the test's database and clock."""
    found = _shared.setdefault((settings.secure, settings.max_body_bytes), own_app)
    found.state.site = own_app.state.site
    return found


@pytest.fixture
def browser(app: FastAPI) -> Iterator[TestClient]:
    """A browser that nobody has signed in with; it shows redirects instead of following them."""
    with TestClient(app, follow_redirects=False) as client:
        yield client


@pytest.fixture
def user(session: Session, company: Company, now: datetime) -> Callable[[Role], User]:
    """Makes a person of a role, once: `user(Role.REP)`; the password is `PASSWORD`."""
    made: dict[Role, User] = {}

    def make(role: Role) -> User:
        if role not in made:
            made[role] = users.add_user(
                session,
                email=f"{role}@kestrel.example",
                name=f"The {role}",
                role=role,
                password=PASSWORD,
                now=now,
            )
        return made[role]

    return make


@pytest.fixture
def sign_in(
    session: Session, app: FastAPI, user: Callable[[Role], User], clock: Clock
) -> Iterator[SignIn]:
    """A browser with a person of that role signed in: `sign_in(Role.MANAGER)`.

    Every POST of it carries the session's CSRF token, in its header.
    """
    opened: list[TestClient] = []

    def make(role: Role) -> TestClient:
        token = users.open_session(session, user(role), now=clock())
        found = users.session_for(session, token, now=clock())
        assert found is not None
        client = TestClient(app, follow_redirects=False, headers={"X-CSRF-Token": found.csrf})
        client.cookies.set("stagelift_session", token)
        opened.append(client)
        return client

    yield make
    for client in opened:
        client.close()


@pytest.fixture
def program(
    session: Session, app: FastAPI, user: Callable[[Role], User], now: datetime
) -> Iterator[SignIn]:
    """A program with an API token of that role: `program(Role.MANAGER)`."""
    opened: list[TestClient] = []

    def make(role: Role) -> TestClient:
        token = users.create_token(session, user(role), name="tests", now=now)
        client = TestClient(
            app, follow_redirects=False, headers={"Authorization": f"Bearer {token}"}
        )
        opened.append(client)
        return client

    yield make
    for client in opened:
        client.close()


@pytest.fixture
def url(tmp_path: Path) -> str:
    """The address of a database file that is not there yet."""
    return f"sqlite:///{tmp_path / 'company.sqlite'}"


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, url: str) -> Run:
    """Runs a command on that file: `run("user", "list")`; `typed` goes to standard input."""
    monkeypatch.setenv("STAGELIFT_DATABASE_URL", url)

    def runs(*arguments: str, typed: str | None = None) -> Result:
        return CliRunner().invoke(main, arguments, input=typed)

    return runs


def said(result: Result) -> Any:
    """The JSON that a command printed."""
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def refusal(result: Result) -> tuple[int, str]:
    """The exit code of a command that refused, and what it said; nothing is on stdout."""
    assert result.stdout == ""
    return result.exit_code, result.stderr


@pytest.fixture
def measured(
    session: Session, running: Experiment, reps: list[Rep], tell: Tell, clock: Clock
) -> Experiment:
    """A test of eight reps with a clear winner, all of it over."""
    wins = {"discovery-first": [1, 2, 2, 3], "demo-first": [6, 7, 8, 7]}
    world(session, running, reps, tell, wins)
    clock.now = LATER
    return running
