"""`stagelift import crm`."""

from __future__ import annotations

from datetime import UTC, datetime

from experiments.company import found as found_company
from experiments.exchange import connections
from experiments.exchange.connections import Telling
from experiments.store.engine import make_engine
from experiments.store.migration import upgrade
from tests.experiments.crm.stand_in import Answer, standing_in
from tests.web.conftest import Run, said
from web.database import Database

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
DEAL = {"id": "1", "properties": {"createdate": "2026-03-01T10:00:00Z", "dealname": "Acme"}}


def test_a_crms_past_is_tried_brought_and_told(run: Run, url: str) -> None:
    engine = make_engine(url)
    upgrade(engine)
    with standing_in() as server:
        with Database(engine).writing() as session:
            found_company(session, name="K", time_zone="UTC", currency="EUR", now=NOW)
            made, _ = connections.create(session, "hubspot", "hs", by=None, now=NOW)
            telling = Telling(server.url, "t")
            connections.set_telling(session, made, telling, by=None, now=NOW)
        server.answers = [Answer(body={"results": [DEAL]}) for _ in range(3)]

        tried = said(run("import", "crm", "hs", "--dry-run", "--json"))
        brought = run("import", "crm", "hs").output
        again = said(run("import", "crm", "hs", "--json"))

    assert (tried["dry_run"], tried["accepted"]) == (True, 1)
    assert brought.startswith("Added 1 events; 0 told before")
    assert (again["accepted"], again["repeated"]) == (0, 1)
    unknown = run("import", "crm", "nobody")
    assert (unknown.exit_code, "no connection nobody" in unknown.output) == (2, True)
    engine.dispose()
