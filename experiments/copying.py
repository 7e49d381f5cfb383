"""Beginning a test from another's plan, and putting old ones away."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count

from sqlalchemy import select
from sqlalchemy.orm import Session

from experiments import audit
from experiments.company import the_company
from experiments.experiment import Experiment
from experiments.experiment_draft import create, draft_of
from experiments.problem import Refused, problem
from experiments.process_draft import slug
from experiments.users import User

LONGEST_NAME = 120


def copy(session: Session, found: Experiment, *, by: User | None, now: datetime) -> Experiment:
    """A draft with the plan of an experiment: enrolment as long, from tomorrow; reps who left
    stay out."""
    draft = draft_of(session, found)
    tomorrow = now.astimezone(the_company(session).zone).date() + timedelta(days=1)
    draft.enrol_until = tomorrow + (draft.enrol_until - draft.enrol_from)
    draft.enrol_from = tomorrow
    draft.rehearsal = False
    draft.reps = [rep.external_id for rep in found.participants if rep.left_at is None]
    draft.name = _free_name(session, draft.name)
    draft.key = slug(draft.name)
    made = create(session, draft, by=by, now=now)
    audit.record(session, "copied", made.key, by=by, now=now, detail=found.key)
    return made


def archive(session: Session, found: Experiment, *, by: User | None, now: datetime) -> None:
    """Leave a test out of the list. Raises Refused for one that is under way or undecided."""
    if found.launched_at and not (found.decided_at or found.stopped_at):
        text = "A test that is not decided yet stays in the list."
        raise Refused(problem("status", text))
    found.archived_at = now
    audit.record(session, "archived", found.key, by=by, now=now)


def unarchive(session: Session, found: Experiment, *, by: User | None, now: datetime) -> None:
    """Show it in the list again."""
    found.archived_at = None
    audit.record(session, "unarchived", found.key, by=by, now=now)


def _free_name(session: Session, name: str) -> str:
    """The name with a number behind it that no experiment has yet."""
    taken = set(session.scalars(select(Experiment.key)))
    for number in count(2):
        tried = f"{name[: LONGEST_NAME - 5]} {number}"
        if slug(tried) not in taken:
            return tried
    raise AssertionError  # there is always another number
