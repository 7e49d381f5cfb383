"""What is asked of an insight, from an address or a command: checked, each fault at its name."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, TypeVar

from fastapi import Depends, Query

from experiments.insight.cohort import Scope
from experiments.problem import Refused, problem

Word = TypeVar("Word", bound=StrEnum)
USUAL_HORIZON = 60
USUAL_PERIOD = 56

# Forms send what is not filled in as an empty text, so all of these are texts.
_Days = Annotated[str, Query(description="Days in which an outcome counts; 60 when left out.")]
_Process = Annotated[str, Query(description="The key of a process; all when left out.")]
_Team = Annotated[str, Query(description="The name of the team that had the leads first.")]
_Since = Annotated[str, Query(description="The first day on which leads began.")]
_Until = Annotated[str, Query(description="The last day on which leads began.")]


def asked_scope(
    process: _Process = "",
    team: _Team = "",
    horizon: _Days = "",
    since: _Since = "",
    until: _Until = "",
) -> Scope:
    """The scope of a query. Raises Refused naming the field."""
    return Scope(
        horizon_days=whole("horizon", horizon, usual=USUAL_HORIZON),
        process=_text(process),
        team=_text(team),
        since=day("since", since),
        until=day("until", until),
    )


AskedScope = Annotated[Scope, Depends(asked_scope)]


def whole(name: str, written: str, *, usual: int) -> int:
    """A whole number, or the usual one. Raises Refused."""
    if not written.strip():
        return usual
    try:
        return int(written)
    except ValueError:
        text = "{value} is not a whole number."
        raise Refused(problem(name, text, value=written)) from None


def day(name: str, written: str) -> date | None:
    """A day written as 2026-03-01, or none. Raises Refused."""
    if not written.strip():
        return None
    try:
        found = date.fromisoformat(written.strip())
    except ValueError:
        text = "{value} is not a day such as 2026-03-01."
        raise Refused(problem(name, text, value=written)) from None
    if not 1970 < found.year < 2200:
        raise Refused(problem(name, "The day {value} is too far away.", value=written))
    return found


def one_of(name: str, words: type[Word], written: str, *, usual: Word) -> Word:
    """One of the words. Raises Refused."""
    if not written:
        return usual
    try:
        return words(written)
    except ValueError:
        text = "Choose one of {words}, not {value}."
        known = ", ".join(words)
        raise Refused(problem(name, text, words=known, value=written)) from None


def _text(written: str) -> str:
    # PostgreSQL holds no NUL and would refuse the whole query.
    return written.replace("\0", "").strip()
