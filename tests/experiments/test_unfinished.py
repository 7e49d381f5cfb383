"""Plans that are still being written: kept as typed, their owner's alone, discarded."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from experiments import unfinished, users
from experiments.company import Company
from experiments.problem import NotFound, Refused
from experiments.unfinished import Typed, UnfinishedPlan
from experiments.users import Role, User


@pytest.fixture
def mina(session: Session, company: Company, now: datetime) -> User:
    """A manager."""
    return someone(session, "mina@kestrel.example", now)


def someone(session: Session, email: str, now: datetime) -> User:
    return users.add_user(
        session, email=email, name=email, role=Role.MANAGER, password="a long password", now=now
    )


def begun(session: Session, typed: Typed, by: User, now: datetime) -> UnfinishedPlan:
    plan = unfinished.begin(session, by=by, now=now)
    unfinished.keep(session, plan, typed, step="variants", passed={"question"}, now=now)
    return plan


def test_what_was_typed_is_kept_as_it_was(session: Session, mina: User, now: datetime) -> None:
    typed = {"name": ["  Demo "], "teams": ["Berlin", "Köln"], "horizon_days": ["many"]}
    plan = begun(session, typed, mina, now)
    session.expire_all()
    found = unfinished.unfinished(session, plan.id, by=mina)
    assert (found.typed, found.name) == (typed, "Demo")
    assert (found.step, found.passed) == ("variants", ["question"])


def test_a_plan_that_nobody_has_named_has_an_empty_name(
    session: Session, mina: User, now: datetime
) -> None:
    assert begun(session, {"name": []}, mina, now).name == ""
    assert begun(session, {}, mina, now).name == ""


def test_the_one_last_touched_comes_first(session: Session, mina: User, now: datetime) -> None:
    first = begun(session, {"name": ["A"]}, mina, now)
    begun(session, {"name": ["B"]}, mina, now)
    assert [each.name for each in unfinished.unfinished_of(session, mina)] == ["B", "A"]
    later = now + timedelta(hours=1)
    unfinished.keep(session, first, {"name": ["A2"]}, step="who", passed=(), now=later)
    assert [each.name for each in unfinished.unfinished_of(session, mina)] == ["A2", "B"]
    assert (first.step, first.begun_at, first.updated_at) == ("who", now, later)


def test_nobody_else_finds_it(session: Session, mina: User, now: datetime) -> None:
    plan = begun(session, {"name": ["A"]}, mina, now)
    other = someone(session, "omar@kestrel.example", now)
    with pytest.raises(NotFound):
        unfinished.unfinished(session, plan.id, by=other)
    assert unfinished.unfinished_of(session, other) == []


def test_a_discarded_plan_is_gone(session: Session, mina: User, now: datetime) -> None:
    unfinished.discard(session, begun(session, {"name": ["A"]}, mina, now))
    assert unfinished.unfinished_of(session, mina) == []


def test_nobody_fills_the_store_with_plans(session: Session, mina: User, now: datetime) -> None:
    with pytest.raises(Refused, match="more than a plan can hold"):
        begun(session, {"name": ["x" * 1_000_001]}, mina, now)
    for _ in range(unfinished.MOST - 1):
        unfinished.begin(session, by=mina, now=now)
    with pytest.raises(Refused, match="30 unfinished plans"):
        unfinished.begin(session, by=mina, now=now)
