"""Two at once: whoever comes second sees what the first did, on both databases."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from experiments import experiment_draft, life, people, process_draft
from experiments.company import found
from experiments.enrolment import Enrolment
from experiments.events import Source
from experiments.exclusion import KeptOut
from experiments.experiment import experiment
from experiments.ingest import ingest_events
from experiments.problem import Refused
from experiments.store.engine import make_engine, make_sessions, write
from experiments.store.migration import upgrade
from tests.experiments.conftest import PROCESS, Tell
from tests.soak.test_killing import own_database


@pytest.fixture(params=["sqlite", "postgresql"])
def store(
    request: pytest.FixtureRequest, tmp_path: Path, plan_of: Callable[..., Any], now: datetime
) -> Iterator[Engine]:
    """A database in which transactions end, with a company of four reps."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'own.sqlite'}"
    else:
        server = request.getfixturevalue("postgresql_url")
        url = own_database(server, f"once_{uuid.uuid4().hex[:12]}")
    made = make_engine(url)
    upgrade(made)
    with make_sessions(made).begin() as session:
        found(session, name="Kestrel", time_zone="Europe/Berlin", currency="EUR", now=now)
        process_draft.create(session, process_draft.checked(PROCESS), now=now)
        team = people.add_team(session, "Berlin", segment="inbound")
        for n in range(1, 5):
            people.add_rep(session, f"Rep {n}", team=team, now=now)
    yield made
    made.dispose()


@pytest.fixture
def plan_of(now: datetime) -> Callable[..., Any]:
    """What a manager writes: `plan_of("First", unit="rep")`."""

    def make(name: str, **more: Any) -> dict[str, Any]:
        return {
            "name": name,
            "hypothesis": "It closes more.",
            "unit": "lead",
            "exclusion_group": "Pricing",
            "variants": [
                {"name": "As now", "process": "discovery-first", "control": True},
                {"name": "New", "process": "discovery-first"},
            ],
            "teams": ["Berlin"],
            "enrol_from": now.date().isoformat(),
            "enrol_until": (now + timedelta(days=59)).date().isoformat(),
        } | more

    return make


def at_once(store: Engine, *acts: Callable[[Session], object]) -> list[object]:
    """Does each in a transaction of its own, all beginning together; what was refused is told."""
    ready = Barrier(len(acts))

    def do(act: Callable[[Session], object]) -> object:
        with make_sessions(store)() as session:
            ready.wait(timeout=10)
            write(session)
            try:
                told = act(session)
                session.commit()
            except Refused as refusal:
                return refusal
            return told

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(do, acts))


def test_leads_that_two_deliveries_tell_of_at_once_are_in_one_test(
    store: Engine, plan_of: Callable[..., Any], tell: Tell, now: datetime
) -> None:
    later = now + timedelta(days=9)
    with make_sessions(store).begin() as session:
        for name in ("First", "Second"):
            draft = experiment_draft.checked(plan_of(name))
            made = experiment_draft.create(session, draft, by=None, now=now)
            life.launch(session, made, seed=7, by=None, now=now)
        # Known, but without an owner: they enrol when two programs say whose they are.
        known = [tell(f"L{n}", day=1, type="created") for n in range(20)]
        ingest_events(session, known, now=now + timedelta(days=2))

    def owned(day: int) -> Callable[[Session], object]:
        told = [
            tell(f"L{n}", day=day, type="owner_changed", owner_id=f"Rep {1 + n % 4}")
            for n in range(20)
        ]
        return lambda session: ingest_events(session, told, now=later).accepted

    assert at_once(store, owned(3), owned(4)) == [20, 20]

    with make_sessions(store)() as session:
        first, second = experiment(session, "first"), experiment(session, "second")
        enrolled = session.scalars(select(Enrolment.experiment_id)).all()
        out = session.execute(select(KeptOut.experiment_id, KeptOut.first_id)).all()
        assert list(enrolled) == [first.id] * 20
        assert [tuple(row) for row in out] == [(second.id, first.id)] * 20


def test_two_first_deliveries_of_a_source_at_once_are_both_taken(
    store: Engine, tell: Tell, now: datetime
) -> None:
    def first(lead: str) -> Callable[[Session], object]:
        told = [tell(lead, day=1, type="created", source="new program", owner_id="Rep 1")]
        return lambda session: ingest_events(session, told, now=now + timedelta(days=2)).accepted

    assert at_once(store, *(first(f"L{n}") for n in range(6))) == [1] * 6

    with make_sessions(store)() as session:
        assert session.scalars(select(Source.name)).all() == ["new program"]


def test_of_two_launches_at_once_that_share_reps_one_is_refused(
    store: Engine, plan_of: Callable[..., Any], now: datetime
) -> None:
    with make_sessions(store).begin() as session:
        for name, unit in (("First", "rep"), ("Second", "lead")):
            draft = experiment_draft.checked(plan_of(name, unit=unit))
            experiment_draft.create(session, draft, by=None, now=now)

    def launching(key: str) -> Callable[[Session], object]:
        return lambda session: (
            life.launch(session, experiment(session, key), seed=7, by=None, now=now).experiment
        )

    told = at_once(store, launching("first"), launching("second"))

    (refusal,) = (each for each in told if isinstance(each, Refused))
    assert "in the same exclusion group" in str(refusal)
    assert len({"first", "second"} & {str(each) for each in told}) == 1
