"""A full disk, a file that can only be read, a database that is away: a clear 503, nothing
acknowledged that is not stored, and all well again without a restart."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, event, make_url, text
from starlette.testclient import TestClient

from experiments.company import found as found_company
from experiments.exchange import connections, inbox
from experiments.store.engine import make_engine
from experiments.store.migration import upgrade
from tests.experiments.crm.pushes import basic, pipedrive
from tests.soak.test_killing import own_database
from web.app import create_app
from web.database import Database
from web.settings import Settings
from web.worker import Worker, jobs_of

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


class Site:
    """A site on a database of its own, and a program that sends to it."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.database = Database(engine)
        upgrade(engine)
        with self.database.writing() as session:
            found_company(session, name="K", time_zone="UTC", currency="EUR", now=NOW)
            secret = "stagelift:a long password"
            made, _ = connections.create(
                session, "pipedrive", "crm", secret=secret, by=None, now=NOW
            )
            self.path = made.path
        app = create_app(Settings.model_construct(), database=self.database)
        self.client = TestClient(app, raise_server_exceptions=False)

    def send(self, lead: int, **more: Any) -> Any:
        """Deliver a new deal."""
        body = json.dumps(pipedrive("create", id=lead, **more))
        return self.client.post(self.path, content=body, headers=basic())

    def stored(self) -> int:
        """How many deliveries are stored."""
        with self.database.reading() as session:
            return int(session.execute(text("SELECT count(*) FROM deliveries")).scalar_one())


@pytest.fixture
def site(url: str) -> Iterator[Site]:
    engine = make_engine(url)
    yield Site(engine)
    engine.dispose()


@contextmanager
def trouble(site: Site, *pragmas: str) -> Iterator[None]:
    """Every connection of the site is told this, until the end."""

    def tell(connection: Any, *_: Any) -> None:
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")

    event.listen(site.engine, "checkout", tell)
    yield
    event.remove(site.engine, "checkout", tell)
    site.engine.dispose()


def full_disk(site: Site) -> str:
    with site.engine.connect() as connection:
        pages = connection.execute(text("PRAGMA page_count")).scalar_one()
    return f"max_page_count={pages}"


@pytest.mark.parametrize(
    ("pragma", "said"),
    [(full_disk, "disk is full"), (lambda _site: "query_only=1", "can only be read")],
)
def test_what_cannot_be_stored_is_not_acknowledged_and_later_it_is(
    site: Site, pragma: Callable[[Site], str], said: str
) -> None:
    assert site.send(1).status_code == 200
    # A body that needs pages of its own.
    large = {"title": "x" * 200_000}

    with trouble(site, pragma(site)):
        answer = site.send(2, **large)
        assert answer.status_code == 503
        assert said in answer.json()["errors"][0]["message"]
        assert int(answer.headers["retry-after"]) > 0

    assert site.stored() == 1
    assert site.send(2, **large).status_code == 200
    assert site.stored() == 2


def test_the_worker_waits_out_a_full_disk_and_reads_what_waited(site: Site) -> None:
    for lead in range(3):
        site.send(lead, title="x" * 200_000)
    worker = Worker(site.database, jobs_of({}), clock=lambda: datetime.now(UTC))

    with trouble(site, "query_only=1"), pytest.raises(Exception, match="readonly"):
        worker.run_out()
    worker.run_out()

    with site.database.reading() as session:
        assert inbox.state(session) == inbox.InboxState(0, None, 0)


@contextmanager
def away(url: str) -> Iterator[None]:
    """The database takes no connections, and those that it had are gone."""
    server = create_engine(
        make_url(url).set(drivername="postgresql+psycopg", database="postgres"),
        isolation_level="AUTOCOMMIT",
    )
    name = make_url(url).database
    with server.connect() as connection:
        connection.execute(text(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false"))
        ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"
        connection.execute(text(ended), {"name": name})
        yield
        connection.execute(text(f"ALTER DATABASE {name} WITH ALLOW_CONNECTIONS true"))
    server.dispose()


def test_a_server_that_is_away_is_said_to_be_and_comes_back(postgresql_url: str) -> None:
    url = own_database(postgresql_url, "failures")
    engine = make_engine(url)
    site = Site(engine)
    assert site.send(1).status_code == 200

    with away(url):
        first, second = site.send(2), site.send(2)
        assert (first.status_code, second.status_code) == (503, 503)
        assert "cannot be reached" in second.json()["errors"][0]["message"]
        assert site.client.get("/health").status_code == 503

    assert site.send(2).status_code == 200
    assert site.stored() == 2
    engine.dispose()
