"""Reading the audit log: newest first, by kind, experiment and person, a page at a time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from experiments import audit
from experiments.access.audit_log import (
    COMMAND_LINE,
    PAGE_SIZE,
    Asked,
    Kind,
    Subject,
    kinds_for,
    people_in,
    read,
    subject_of,
)
from experiments.experiment import Experiment
from experiments.users import Role, User, add_user

Write = Callable[..., None]


@pytest.fixture
def person(session: Session, now: datetime) -> User:
    """Somebody whose acts are written down."""
    told = {"email": "mina@kestrel.example", "password": "correct horse battery"}
    return add_user(session, name="Mina", role=Role.MANAGER, now=now, **told)


@pytest.fixture
def log(session: Session, running: Experiment, person: User, now: datetime) -> None:
    """An act of each kind, the launch of the running test before them."""
    for act, subject in (
        ("paused", running.key),
        ("mapped", "process demo-first"),
        ("set standing", "segment inbound"),
        ("stage_entered", "lead:L1"),
        ("imported", "source crm"),
        ("left", "rep:omar"),
        ("mapped", "reps"),
        ("change role", "account noor@kestrel.example"),
        ("closed", "connection:1"),
    ):
        audit.record(session, act, subject, by=person, now=now)


@pytest.mark.usefixtures("log")
def test_every_kind_is_found_by_itself(session: Session, running: Experiment) -> None:
    subjects = {kind: subject_of(read(session, Asked(kind)).entries[0]) for kind in Kind}
    assert subjects == {
        Kind.EXPERIMENT: Subject(Kind.EXPERIMENT, running.key),
        Kind.PROCESS: Subject(Kind.PROCESS, "demo-first"),
        Kind.SEGMENT: Subject(Kind.SEGMENT, "inbound"),
        Kind.LEAD: Subject(Kind.LEAD, "L1"),
        Kind.SOURCE: Subject(Kind.SOURCE, "crm"),
        Kind.REP: Subject(Kind.REP, "omar"),
        Kind.REP_NAMES: Subject(Kind.REP_NAMES, ""),
        Kind.ACCOUNT: Subject(Kind.ACCOUNT, "noor@kestrel.example"),
        Kind.CONNECTION: Subject(Kind.CONNECTION, "1"),
    }


@pytest.mark.usefixtures("log")
def test_the_newest_comes_first_and_the_filters_go_together(
    session: Session, running: Experiment, person: User
) -> None:
    acts = [each.act for each in read(session, Asked(experiment=running.key)).entries]
    assert acts == ["paused", "launched", "created"]
    of_person = Asked(experiment=running.key, person=person.id)
    assert [each.act for each in read(session, of_person).entries] == ["paused"]
    by_command = read(session, Asked(person=COMMAND_LINE))
    assert {each.act for each in by_command.entries} == {"launched", "created"}
    assert read(session, Asked(Kind.LEAD, experiment=running.key)).total == 0


@pytest.mark.usefixtures("log")
def test_accounts_and_connections_are_for_the_admin(session: Session) -> None:
    everything = {subject_of(each).kind for each in read(session, Asked()).entries}
    assert everything == set(kinds_for(Role.ADMIN)) == set(Kind)
    kinds = kinds_for(Role.MANAGER)
    told = {subject_of(each).kind for each in read(session, Asked(), kinds=kinds).entries}
    assert told == set(Kind) - {Kind.ACCOUNT, Kind.CONNECTION}
    assert read(session, Asked(Kind.ACCOUNT), kinds=kinds).total == 0


def test_people_are_those_who_did_something_that_may_be_read(
    session: Session, person: User, now: datetime
) -> None:
    assert people_in(session) == []
    audit.record(session, "close account", "account a@b.example", by=person, now=now)
    assert people_in(session, kinds_for(Role.ADMIN)) == [person]
    assert people_in(session, kinds_for(Role.MANAGER)) == []


def test_a_page_at_a_time_and_none_beyond_the_last(session: Session, now: datetime) -> None:
    for n in range(PAGE_SIZE + 1):
        audit.record(session, "imported", "source crm", by=None, now=now, detail=str(n))
    first, last = read(session, Asked()), read(session, Asked(), number=9)
    assert [first.entries[0].detail, first.entries[-1].detail] == [str(PAGE_SIZE), "1"]
    assert [each.detail for each in last.entries] == ["0"]
    assert (first.total, first.pages, last.number) == (PAGE_SIZE + 1, 2, 2)
    assert read(session, Asked(), number=-3).number == 1
