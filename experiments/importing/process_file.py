"""A process from a file: refused whole, or stored as a new process or a new version."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from experiments import process_draft
from experiments.problem import Refused, problem
from experiments.process import Process, ProcessVersion, version
from experiments.process_draft import ProcessDraft


class Stored(StrEnum):
    """What a process file came to."""

    CREATED = "created"
    REVISED = "revised"
    UNCHANGED = "unchanged"


def read_process(content: bytes) -> ProcessDraft:
    """The process in a YAML file. Raises Refused naming each line or field that is wrong."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise Refused(problem(f"line {line}", "A process file is written in UTF-8.")) from None
    return process_draft.read_yaml(text)


def store_process(
    session: Session, draft: ProcessDraft, *, now: datetime
) -> tuple[ProcessVersion, Stored]:
    """Store a process; where its key is known and it says something else, a new version."""
    known = session.scalar(select(Process).where(Process.key == draft.key))
    if known is None:
        return process_draft.create(session, draft, now=now), Stored.CREATED
    latest = version(session, known.latest.id)
    if process_draft.draft_of(latest) == draft:
        return latest, Stored.UNCHANGED
    return process_draft.revise(session, known, draft, now=now), Stored.REVISED
