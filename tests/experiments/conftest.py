"""Small worlds to test in: a process, a team, an experiment under way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from experiments import experiment_draft, life, people, process_draft
from experiments.company import Company
from experiments.experiment import Experiment
from experiments.people import Rep
from experiments.process import ProcessVersion
from tests.experiments.moving_world import by, found, manager, rep_user

# The fixtures of a world that has a module of its own.
__all__ = ["by", "found", "manager", "rep_user"]

PROCESS: dict[str, Any] = {
    "name": "Discovery first",
    "segment": "inbound",
    "stages": [
        {"name": "New", "milestone": "lead"},
        {
            "name": "Qualify",
            "milestone": "qualified",
            "purpose": "Learn whether we can help.",
            "actions": [{"name": "Discovery call", "kind": "call", "instructions": "Why now?"}],
            "exit_criteria": ["The budget is named"],
        },
        {"name": "Demo", "milestone": "demo"},
        {"name": "Offer", "milestone": "proposal"},
        {"name": "Won", "kind": "won"},
        {"name": "Lost", "kind": "lost"},
    ],
}

Tell = Callable[..., dict[str, Any]]


@pytest.fixture
def version(session: Session, company: Company, now: datetime) -> ProcessVersion:
    """A process of six stages."""
    return process_draft.create(session, process_draft.checked(PROCESS), now=now)


@pytest.fixture
def reps(session: Session, company: Company, now: datetime) -> list[Rep]:
    """Eight reps in one team."""
    team = people.add_team(session, "Berlin", segment="inbound")
    return [people.add_rep(session, f"Rep {n}", team=team, now=now) for n in range(1, 9)]


@pytest.fixture
def plan(version: ProcessVersion, reps: list[Rep], now: datetime) -> dict[str, Any]:
    """What a manager writes: two variants, the team, sixty days from tomorrow."""
    return {
        "name": "Demo before discovery",
        "hypothesis": "Showing the product first closes more.",
        "variants": [
            {"name": "Discovery first", "process": "discovery-first", "control": True},
            {"name": "Demo first", "process": "discovery-first@1"},
        ],
        "teams": ["Berlin"],
        "horizon_days": 30,
        "enrol_from": now.date().isoformat(),
        "enrol_until": (now + timedelta(days=59)).date().isoformat(),
    }


@pytest.fixture
def running(session: Session, plan: dict[str, Any], now: datetime) -> Experiment:
    """The plan, launched."""
    draft = experiment_draft.checked(plan)
    found = experiment_draft.create(session, draft, by=None, now=now)
    life.launch(session, found, seed=7, by=None, now=now)
    return found


@pytest.fixture
def tell() -> Tell:
    """Writes an event as a source would send it: `tell("L1", "Qualify", day=3)`."""
    count = iter(range(1, 1_000_000))

    def told(lead: str, stage: str | None = None, *, day: float, **more: Any) -> dict[str, Any]:
        at = datetime(2026, 3, 2, 12, tzinfo=UTC) + timedelta(days=day)
        event = {
            "source": "crm",
            "source_id": f"e{next(count)}",
            "lead_id": lead,
            "occurred_at": at.isoformat(),
        }
        return event | ({"stage": stage} if stage else {}) | more

    return told
