"""A rep who signs in, and leads to work, for the tests of the rep's and the leads' pages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from experiments.ingest import ingest_events
from experiments.leads import Lead, lead
from experiments.people import Rep
from experiments.process import ProcessVersion
from experiments.users import Role, User
from tests.experiments.conftest import Tell

MARK = "mark-of-a-test-form"
Begin = Callable[..., Lead]


@pytest.fixture
def rep(session: Session, reps: list[Rep], user: Callable[[Role], User]) -> Rep:
    """The rep who signs in as `Role.REP`."""
    reps[0].user_id = user(Role.REP).id
    session.flush()
    return reps[0]


@pytest.fixture
def begin(
    session: Session, version: ProcessVersion, reps: list[Rep], tell: Tell, now: datetime
) -> Begin:
    """Begins a lead in the past: `begin("L1", "New", "Demo", rep=0, name="Northwind")`."""

    def make(lead_id: str, *stages: str, rep: int = 0, **more: Any) -> Lead:
        owner = reps[rep].external_id
        events = [tell(lead_id, day=-30, type="created", owner_id=owner, **more)]
        events += [tell(lead_id, stage, day=-20 + at) for at, stage in enumerate(stages)]
        ingest_events(session, events, now=now)
        return lead(session, lead_id)

    return make


def post(client: TestClient, path: str, **fields: str) -> Any:
    """Send a form of a lead's page, the first exit criterion ticked."""
    return client.post(path, data={"mark": MARK, "met": "0"} | fields)


def place(session: Session, lead_id: str) -> str:
    """The key of the stage in which a lead is; empty for none."""
    found = lead(session, lead_id).stage
    return found.key if found else ""
