"""What routes ask for: the session of the request, the clock, the posted form."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from web.site import site_of

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
MAX_FIELDS = 20_000


def is_safe(request: Request) -> bool:
    """Whether the request only reads."""
    return request.method in SAFE_METHODS


async def take_turn(request: Request) -> AsyncIterator[None]:
    """Wait for the turn to write, where the request may write."""
    if is_safe(request):
        yield
        return
    async with site_of(request).database.turn():
        yield


def get_session(
    request: Request, _turn: Annotated[None, Depends(take_turn, scope="function")]
) -> Iterator[Session]:
    """The session of a request: committed when a writing route has ended, before the answer.

    A route that raises, or that answers through `render` with a status of 400 or more,
    stores nothing. What a safe method writes is never kept.
    """
    database = site_of(request).database
    with database.reading() if is_safe(request) else database.writing() as session:
        request.state.session = session
        yield session


# What waits for nothing needs no thread: the change to one costs more than all that it does.
async def get_now(request: Request) -> datetime:
    """The clock of the site."""
    return site_of(request).clock()


async def posted(request: Request) -> AsyncIterator[FormData]:
    """The fields and files of a posted form; empty for a request without one."""
    if is_safe(request):
        yield FormData()
        return
    async with request.form(max_fields=MAX_FIELDS) as form:
        yield form


DbSession = Annotated[Session, Depends(get_session, scope="function")]
Now = Annotated[datetime, Depends(get_now)]
Posted = Annotated[FormData, Depends(posted, scope="function")]


def typed(form: FormData) -> dict[str, list[str]]:
    """What was typed into a form, for `web.forms.Form`: each field's values, files left out."""
    return {
        name: [_storable(value) for value in form.getlist(name) if isinstance(value, str)]
        for name in form
        if name != "csrf_token"
    }


def field(form: FormData, name: str) -> str:
    """The one value of a field; empty where it was not sent."""
    value = form.get(name, "")
    return _storable(value) if isinstance(value, str) else ""


def _storable(value: str) -> str:
    # No browser sends the null character, and PostgreSQL cannot store it.
    return value.replace("\0", "")
