"""Processes by API."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Body
from sqlalchemy.orm import Session

from experiments.process import ProcessVersion, process, processes, version_of
from experiments.process_draft import ProcessDraft, create, draft_of, revise
from experiments.users import User
from web.api import FAULTS, PREFIX, Key, Out
from web.deps import DbSession, Now
from web.security import STAFF, allow_token

router = APIRouter(prefix=f"{PREFIX}/processes", tags=["Processes"], responses=FAULTS)

EXAMPLE = {
    "name": "Discovery first",
    "segment": "inbound",
    "stages": [
        {"name": "New", "milestone": "lead"},
        {
            "name": "Qualify",
            "milestone": "qualified",
            "purpose": "Learn whether we can help.",
            "actions": [
                {"name": "Discovery call", "kind": "call", "instructions": "Ask: why now?"}
            ],
            "exit_criteria": ["The budget is named"],
        },
        {"name": "Demo", "milestone": "demo"},
        {"name": "Offer", "milestone": "proposal"},
        {"name": "Won", "kind": "won"},
        {"name": "Lost", "kind": "lost"},
    ],
}
Drafted = Annotated[ProcessDraft, Body(openapi_examples={"six stages": {"value": EXAMPLE}})]


class ProcessLine(Out):
    """A process in a list."""

    key: str
    name: str
    segment: str
    versions: int


class ProcessList(Out):
    """Every process, by name."""

    processes: list[ProcessLine]


class ProcessOut(ProcessDraft):
    """A process as it was written, with the number and the time of the version."""

    version: int
    created_at: datetime


@router.get("")
def index(session: DbSession, _user: Annotated[User, allow_token(*STAFF)]) -> ProcessList:
    """Every process."""
    lines = [
        ProcessLine(
            key=each.key, name=each.name, segment=each.segment, versions=len(each.versions)
        )
        for each in processes(session)
    ]
    return ProcessList(processes=lines)


@router.post("", status_code=201)
def add(
    draft: Drafted, session: DbSession, now: Now, _user: Annotated[User, allow_token(*STAFF)]
) -> ProcessOut:
    """Define a process; this is its version 1."""
    return _shown(create(session, draft, now=now))


@router.get("/{key}")
def show(key: Key, session: DbSession, _user: Annotated[User, allow_token(*STAFF)]) -> ProcessOut:
    """A process as its newest version says; `key@2` is its version 2."""
    return _shown(version_of(session, key))


@router.put("/{key}")
def change(
    key: Key,
    draft: Drafted,
    session: DbSession,
    now: Now,
    _user: Annotated[User, allow_token(*STAFF)],
) -> ProcessOut:
    """Write a new version; those before it stay as they are."""
    return _shown(_revised(session, key, draft, now))


def _revised(session: Session, key: str, draft: ProcessDraft, now: datetime) -> ProcessVersion:
    return revise(session, process(session, key), draft, now=now)


def _shown(version: ProcessVersion) -> ProcessOut:
    written = draft_of(version).model_dump()
    return ProcessOut(**written, version=version.number, created_at=version.created_at)
