"""Who did what and when: the audit log, to be read and never changed."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import Response

from experiments.access.audit_log import (
    COMMAND_LINE,
    Asked,
    Kind,
    LogPage,
    kinds_for,
    names,
    people_in,
    read,
)
from experiments.users import User
from web.audit_words import KINDS, act_of
from web.deps import DbSession
from web.forms import Form
from web.pages import reader_of, render
from web.security import MANAGERS, allow

router = APIRouter()

HOME = "/settings/audit"


@router.get("/settings/audit")
def show(
    request: Request,
    session: DbSession,
    user: Annotated[User, allow(*MANAGERS)],
    kind: str = "",
    experiment: str = "",
    person: str = "",
    page: int = 1,
) -> Response:
    """The log, newest first; a manager's without accounts and connections."""
    say = reader_of(request).translations.gettext
    kinds = kinds_for(user.role)
    query = {"kind": kind, "experiment": experiment.replace("\0", ""), "person": person}
    found = read(session, _asked(query), kinds=kinds, number=page)
    known = names(session)
    context = {
        "form": Form(query),
        "acts": [act_of(each, known, say=say) for each in found.entries],
        "total": found.total,
        "narrowed": any(query.values()),
        "kinds": [(each, say(KINDS[each])) for each in kinds],
        "experiments": [
            (each.name, name) for each, name in known.items() if each.kind is Kind.EXPERIMENT
        ],
        "people": [
            *((str(each.id), each.name) for each in people_in(session, kinds)),
            (str(COMMAND_LINE), say("command line")),
        ],
        "pager": _pager(found, query),
    }
    return render(request, "settings/audit.html", context)


def _asked(query: dict[str, str]) -> Asked:
    """What is asked for; a word that is none of the choices is taken for all of them."""
    person = query["person"]
    return Asked(
        kind=Kind(query["kind"]) if query["kind"] in list(Kind) else None,
        experiment=query["experiment"],
        person=int(person) if person.isascii() and person.isdigit() and len(person) < 10 else None,
    )


def _pager(found: LogPage, query: dict[str, str]) -> tuple[int, int, str | None, str | None]:
    earlier = _path(query, found.number - 1) if found.number > 1 else None
    later = _path(query, found.number + 1) if found.number < found.pages else None
    return found.number, found.pages, earlier, later


def _path(query: dict[str, str], number: int) -> str:
    said = {name: value for name, value in query.items() if value}
    return f"{HOME}?{urlencode(said | {'page': number})}"
