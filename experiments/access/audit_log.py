"""The whole audit log, for reading: newest first, page by page; of a kind, test or person."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session, selectinload

from experiments.audit import AuditEntry
from experiments.exchange.connections import Connection
from experiments.experiment import Experiment
from experiments.users import Role, User

PAGE_SIZE = 50
COMMAND_LINE = 0
"""Stands for whoever used the command line, of whom no account is known."""


class Kind(StrEnum):
    """What an act was upon."""

    EXPERIMENT = "experiment"
    PROCESS = "process"
    SEGMENT = "segment"
    LEAD = "lead"
    SOURCE = "source"
    REP = "rep"
    REP_NAMES = "rep_names"
    ACCOUNT = "account"
    CONNECTION = "connection"


# How the subject of each begins; that of an experiment is its key, and that of names of reps has
# nothing more.
_PREFIXES = {
    Kind.PROCESS: "process ",
    Kind.SEGMENT: "segment ",
    Kind.LEAD: "lead:",
    Kind.SOURCE: "source ",
    Kind.REP: "rep:",
    Kind.ACCOUNT: "account ",
    Kind.CONNECTION: "connection:",
}
_REP_NAMES = "reps"
# Who signs in and which programs are connected is the admin's.
ADMINS_OWN = frozenset({Kind.ACCOUNT, Kind.CONNECTION})


@dataclass(frozen=True, slots=True)
class Asked:
    """Which entries are asked for; what is None or empty is left open.

    Attributes:
        experiment: A key.
        person: The id of an account, or `COMMAND_LINE`.
    """

    kind: Kind | None = None
    experiment: str = ""
    person: int | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """What an act was upon: its kind, and its key, id or name."""

    kind: Kind
    name: str


@dataclass(frozen=True, slots=True)
class LogPage:
    """Some of the entries, newest first; `total` is how many there are of these."""

    entries: tuple[AuditEntry, ...]
    total: int
    number: int

    @property
    def pages(self) -> int:
        """How many pages there are."""
        return _pages(self.total)


def kinds_for(role: Role) -> tuple[Kind, ...]:
    """Of which kinds a role reads."""
    return tuple(each for each in Kind if role is Role.ADMIN or each not in ADMINS_OWN)


def read(
    session: Session, asked: Asked, *, kinds: Collection[Kind] = tuple(Kind), number: int = 1
) -> LogPage:
    """One page of the log. A number before the first page or past the last means that one.

    Args:
        kinds: Only these may be read.
    """
    conditions = [_visible(kinds), *_conditions(asked)]
    total = session.scalar(select(func.count(AuditEntry.id)).where(*conditions)) or 0
    number = min(max(number, 1), _pages(total))
    wanted = select(AuditEntry).where(*conditions).options(selectinload(AuditEntry.by))
    rows = wanted.order_by(AuditEntry.id.desc()).limit(PAGE_SIZE)
    found = session.scalars(rows.offset((number - 1) * PAGE_SIZE))
    return LogPage(tuple(found), total, number)


def people_in(session: Session, kinds: Collection[Kind] = tuple(Kind)) -> list[User]:
    """Who did anything of these kinds, by name."""
    acted = select(AuditEntry.by_id).where(_visible(kinds))
    return list(session.scalars(select(User).where(User.id.in_(acted)).order_by(User.name)))


def names(session: Session) -> dict[Subject, str]:
    """What experiments and connections are called, those in the order of their names first."""
    tests = session.execute(select(Experiment.key, Experiment.name).order_by(Experiment.name))
    programs = session.execute(select(Connection.id, Connection.name))
    return {Subject(Kind.EXPERIMENT, key): name for key, name in tests} | {
        Subject(Kind.CONNECTION, str(each)): name for each, name in programs
    }


def subject_of(entry: AuditEntry) -> Subject:
    """What an entry is about."""
    for kind, prefix in _PREFIXES.items():
        if entry.subject.startswith(prefix):
            return Subject(kind, entry.subject.removeprefix(prefix))
    if entry.subject == _REP_NAMES:
        return Subject(Kind.REP_NAMES, "")
    return Subject(Kind.EXPERIMENT, entry.subject)


def _visible(kinds: Collection[Kind]) -> ColumnElement[bool]:
    return or_(*(_of(kind) for kind in Kind if kind in kinds))


def _conditions(asked: Asked) -> list[ColumnElement[bool]]:
    found = []
    if asked.kind:
        found.append(_of(asked.kind))
    if asked.experiment:
        found.append(AuditEntry.subject == asked.experiment)
    if asked.person is not None:
        found.append(_by(asked.person))
    return found


def _of(kind: Kind) -> ColumnElement[bool]:
    subject: Any = AuditEntry.subject
    if kind in _PREFIXES:
        return subject.startswith(_PREFIXES[kind], autoescape=True)  # type: ignore[no-any-return]  # untyped
    if kind is Kind.REP_NAMES:
        return AuditEntry.subject == _REP_NAMES
    return subject.in_(select(Experiment.key))  # type: ignore[no-any-return]  # as above


def _by(person: int) -> ColumnElement[bool]:
    if person == COMMAND_LINE:
        return AuditEntry.by_id.is_(None)
    return AuditEntry.by_id == person


def _pages(total: int) -> int:
    return max(1, -(-total // PAGE_SIZE))
