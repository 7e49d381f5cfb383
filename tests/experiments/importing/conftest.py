"""Bringing files given as text."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.orm import Session

from experiments.company import Company
from experiments.events import history
from experiments.importing.deals import Request, import_deals
from experiments.importing.result import Imported
from experiments.leads import lead
from experiments.tables.table_file import TableFile, open_bytes

HEAD = "Lead ID,Owner,Stage,Created at,Closed at,Value\n"
BERLIN = ZoneInfo("Europe/Berlin")

Bring = Callable[..., Imported]


def table(text: str, name: str = "deals.csv") -> TableFile:
    """A table that stands in a text."""
    return open_bytes(text.encode(), name)


def refusals(imported: Imported) -> dict[int, str]:
    """Why rows were refused, by their line."""
    return {row.line: row.problem.text for row in imported.refused}


def course(session: Session, lead_id: str) -> list[tuple[str, str]]:
    """The stages that a lead entered, each with its day in Berlin."""
    return [
        (event.stage.name, event.occurred_at.astimezone(BERLIN).date().isoformat())
        for event in history(session, lead(session, lead_id))
        if event.stage
    ]


@pytest.fixture
def bring(session: Session, company: Company, now: datetime) -> Bring:
    """Imports a deals file given as text: `bring("…", process="discovery-first")`."""

    def brings(text: str, *, dry_run: bool = False, at: datetime = now, **asked: Any) -> Imported:
        request = Request(deals=table(text), **asked)
        return import_deals(session, request, now=at, dry_run=dry_run)

    return brings
