"""A lead, and people who act on it, for the tests of what is done on the site."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy.orm import Session

from experiments import users
from experiments.deed import Deed
from experiments.ingest import ingest_events
from experiments.leads import Lead, lead
from experiments.people import Rep
from experiments.process import ProcessVersion
from experiments.users import Role, User

if TYPE_CHECKING:
    from tests.experiments.conftest import Tell

LATER = timedelta(days=10)
By = Callable[..., Deed]


@pytest.fixture
def rep_user(session: Session, reps: list[Rep], now: datetime) -> User:
    """The first rep's account."""
    user = _user(session, Role.REP, now)
    reps[0].user_id = user.id
    session.flush()
    return user


@pytest.fixture
def manager(session: Session, version: ProcessVersion, now: datetime) -> User:
    """Somebody who is no rep."""
    return _user(session, Role.MANAGER, now)


@pytest.fixture
def found(
    session: Session, version: ProcessVersion, reps: list[Rep], tell: Tell, now: datetime
) -> Lead:
    """A lead of the first rep, in the stage Qualify since the third day."""
    begun = tell("L1", day=1, type="created", owner_id=reps[0].external_id, name="Northwind")
    ingest_events(session, [begun, tell("L1", "Qualify", day=2)], now=now + LATER)
    return lead(session, "L1")


@pytest.fixture
def by(now: datetime) -> By:
    """A deed of somebody, each from a form of its own unless a `mark` is given."""
    count = iter(range(1, 1_000))

    def deed(user: User, mark: str = "", days: float = 0) -> Deed:
        return Deed(mark or f"mark-of-a-form-{next(count)}", user, now + LATER + timedelta(days))

    return deed


def _user(session: Session, role: Role, now: datetime) -> User:
    return users.add_user(
        session,
        email=f"{role}@kestrel.example",
        name=f"The {role}",
        role=role,
        password="correct horse battery",
        now=now,
    )


def place(found: Lead) -> str:
    """The key of the stage in which a lead is; empty for none."""
    return found.stage.key if found.stage else ""
