"""The worker: by itself, in the site, when the database is away, when it is told to stop."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread

import pytest
from sqlalchemy.exc import OperationalError
from starlette.testclient import TestClient

from experiments.company import found as found_company
from experiments.exchange import connections, inbox
from experiments.jobs import Job, Store
from experiments.store.engine import make_engine, make_sessions
from experiments.store.migration import upgrade
from tests.experiments.crm.pushes import basic, pipedrive
from tests.soak.test_killing import own_database
from tests.web.conftest import Run, said
from web.app import create_app
from web.database import Database
from web.settings import Settings
from web.worker import Worker

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    """A file of its own, with a company and Pipedrive connected."""
    engine = make_engine(url)
    upgrade(engine)
    made = Database(engine)
    with made.writing() as session:
        found_company(session, name="K", time_zone="UTC", currency="EUR", now=NOW)
        secret = "stagelift:a long password"
        connections.create(session, "pipedrive", "crm", secret=secret, by=None, now=NOW)
    yield made
    engine.dispose()


def deliver(database: Database, lead: int) -> None:
    with database.writing() as session:
        [found] = connections.connections(session)
        body = json.dumps(pipedrive("create", id=lead)).encode()
        inbox.receive(session, found, body, now=NOW)


def waiting(database: Database) -> int:
    with database.reading() as session:
        return inbox.state(session).waiting


def soon(holds: Callable[[], bool]) -> bool:
    """Whether something becomes true within the time that a busy machine may take."""
    for _ in range(400):
        if holds():
            return True
        time.sleep(0.05)
    return False


def test_the_command_does_what_is_due_and_stops_when_nothing_is(
    database: Database, run: Run
) -> None:
    for lead in range(30):
        deliver(database, lead)

    assert said(run("worker", "--once", "--json")) == {"done": 30}
    assert run("worker", "--once").output == "Done: 0.\n"
    assert waiting(database) == 0


def test_the_site_reads_what_came_and_what_was_left_when_it_stopped(database: Database) -> None:
    deliver(database, 1)
    app = create_app(Settings.model_construct(), database=database, works=True)

    with TestClient(app) as client:
        assert soon(lambda: waiting(database) == 0)
        with database.reading() as session:
            [found] = connections.connections(session)
        body = json.dumps(pipedrive("create", id=2)).encode()
        assert client.post(found.path, content=body, headers=basic()).status_code == 200
        assert soon(lambda: waiting(database) == 0)


def test_a_job_that_fails_keeps_none_of_the_others_from_being_done(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    done: list[str] = []
    stop, alarm = Event(), Event()

    def fails(_store: Store, _now: datetime) -> int:
        done.append("fails")
        if len(done) > 3:
            stop.set()
        raise RuntimeError("a bug")

    def works(_store: Store, _now: datetime) -> int:
        done.append("works")
        alarm.set()
        return 0

    worker = Worker(database, [Job("a", fails), Job("b", works)], clock=lambda: NOW)
    thread = Thread(target=worker.run, args=(stop, alarm))
    thread.start()
    thread.join(60)

    assert not thread.is_alive()
    assert done[:4] == ["fails", "works", "fails", "works"]
    assert "the job a failed" in caplog.text


def test_a_database_that_is_away_is_waited_for(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    stop, alarm = Event(), Event()
    tried: list[int] = []

    def away(_store: Store, _now: datetime) -> int:
        alarm.set()
        tried.append(1)
        if len(tried) == 1:
            raise OperationalError("SELECT 1", {}, Exception("connection refused"))
        stop.set()
        return 0

    Worker(database, [Job("a", away)], clock=lambda: NOW).run(stop, alarm)

    assert len(tried) == 2
    assert "connection refused" in caplog.text


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_worker_ends_when_it_is_told_to(
    database: Database, url: str, number: signal.Signals, tmp_path: Path
) -> None:
    command = [sys.executable, "-c", "from web.cli import main; main()", "worker", "--json"]
    environ = os.environ | {"STAGELIFT_DATABASE_URL": url}
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        lines = [running.stdout.readline() for _ in range(3)]
        deliver(database, 1)
        read = soon(lambda: waiting(database) == 0)
        running.send_signal(number)
        ended = running.wait(60)

    assert json.loads("".join(lines)) == {"works": True}
    assert (read, ended) == (True, 0)


def test_two_workers_never_read_the_same_delivery(postgresql_url: str) -> None:
    engine = make_engine(own_database(postgresql_url, "two_workers"))
    upgrade(engine)
    with make_sessions(engine)() as one, make_sessions(engine)() as other:
        found_company(one, name="K", time_zone="UTC", currency="EUR", now=NOW)
        made, _ = connections.create(one, "pipedrive", "crm", by=None, now=NOW)
        inbox.receive(one, made, b"{}", now=NOW)
        one.commit()
        held = inbox.next_turn(one, now=NOW)
        assert held is not None
        assert inbox.next_turn(other, now=NOW) is None
    engine.dispose()
