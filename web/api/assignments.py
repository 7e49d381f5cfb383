"""Which variant a rep or a lead is in, asked by programs."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from experiments.asking import ask, listed
from experiments.experiment import experiment
from experiments.joining import join
from experiments.people import rep_by_external_id
from experiments.users import User
from experiments.written import Written
from web.api import FAULTS, PREFIX, Key, Out
from web.deps import DbSession, Now
from web.security import MANAGERS, STAFF, allow_token

router = APIRouter(prefix=f"{PREFIX}/experiments", tags=["Experiments"], responses=FAULTS)

MOST_UNITS = 1000


class AssignmentIn(Written):
    """A unit: a rep's id where reps are split, a lead's where leads are."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"unit_id": "L-1001", "owner_id": "mina"}}
    )

    unit_id: str = Field(min_length=1, max_length=120)
    owner_id: str | None = Field(None, min_length=1, max_length=120)


class AssignmentOut(BaseModel):
    """The key of the variant, and since when."""

    variant: str
    assigned_at: datetime


class AssignedOut(Out):
    """A unit's variant; in a crossover that of one period, 1 or 2, and when it is."""

    unit_id: str
    variant: str
    period: int
    from_at: datetime | None
    until_at: datetime | None
    assigned_at: datetime


class AssignedList(Out):
    """Assignments in the order of their units; `next` is where the following page begins."""

    assignments: list[AssignedOut]
    next: str | None


class JoinerIn(Written):
    """A rep who joins a running test."""

    rep: str = Field(min_length=1, max_length=120, examples=["omar"])


@router.post("/{key}/assignments")
def ask_variant(
    key: Key,
    asked: AssignmentIn,
    session: DbSession,
    now: Now,
    _user: Annotated[User, allow_token(*STAFF)],
) -> AssignmentOut:
    """The variant of a unit: the same answer for ever.

    Where leads are split, a lead that is not known yet begins now with `owner_id` and enrols.
    Where reps are split, every participant was assigned at launch.
    """
    # A program asks for every visitor, and nearly all of them are known: its parts are not needed.
    found = experiment(session, key, whole=False)
    stored = ask(session, found, asked.unit_id, owner_id=asked.owner_id, now=now)
    return AssignmentOut(variant=stored.variant.key, assigned_at=stored.assigned_at)


@router.get("/{key}/assignments")
def list_assigned(
    key: Key,
    session: DbSession,
    _user: Annotated[User, allow_token(*STAFF)],
    unit_id: Annotated[str | None, Query(max_length=130)] = None,
    after: Annotated[str, Query(max_length=130)] = "",
) -> AssignedList:
    """Who is in which variant: one unit, or all of them, a thousand at a time.

    A rep in a crossover has an assignment for each period.
    """
    found = experiment(session, key)
    rows = listed(session, found, unit=unit_id, after=after, most=MOST_UNITS)
    shown = [
        AssignedOut(
            unit_id=each.unit,
            variant=each.variant,
            period=each.period,
            from_at=each.from_at,
            until_at=each.until_at,
            assigned_at=each.assigned_at,
        )
        for each in rows.assigned
    ]
    return AssignedList(assignments=shown, next=rows.next)


@router.post("/{key}/joiners")
def let_join(
    key: Key,
    asked: JoinerIn,
    session: DbSession,
    now: Now,
    user: Annotated[User, allow_token(*MANAGERS)],
) -> AssignmentOut:
    """Let a rep join a running test of reps, in the variant that the plan's rule gives."""
    rep = rep_by_external_id(session, asked.rep)
    stored = join(session, experiment(session, key), rep, by=user, now=now)
    return AssignmentOut(variant=stored.variant.key, assigned_at=stored.assigned_at)
