"""Lists of leads: a rep's own by stage, everyone's as a table; and the addresses of both."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from experiments import people, worklist
from experiments.leads import Lead
from experiments.people import Rep, rep_of_user
from experiments.problem import NotFound
from experiments.process import StageKind
from experiments.users import Role, User
from experiments.worklist import PAGE_SIZE, Search, StageGroup, Work
from web.deps import DbSession, Now
from web.forms import Form
from web.pages import render
from web.security import STAFF, allow

router = APIRouter()
Reading = Annotated[User, allow(*STAFF, Role.REP)]
LONGEST_SEARCH = 200


@router.get("/leads")
def index(
    request: Request,
    session: DbSession,
    now: Now,
    user: Reading,
    q: str = "",
    owner: str = "",
    stage: str = "",
    page: int = 1,
) -> Response:
    """A rep's own leads, or those of everyone."""
    query = {"q": _plain(q)[:LONGEST_SEARCH], "owner": _plain(owner), "stage": _plain(stage)}
    if user.role is Role.REP:
        rep = rep_of_user(session, user.id)
        if rep is None:
            return render(request, "rep/unlinked.html")
        query["owner"] = ""
    else:
        rep = _rep_called(session, query["owner"])
    search = Search(rep, query["q"], query["stage"])
    found = worklist.page(session, search, now=now, number=page)
    works = worklist.work(session, found.leads, now=now)
    context = _places(session, search, works, query) | {
        "form": Form(query),
        "query": query,
        "total": found.total,
        "works": works,
        "lead_path": lead_path,
        "pager": _pager(found.number, found.total, query),
    }
    if user.role is Role.REP:
        return render(request, "leads/mine.html", context)
    context["reps"] = [(each.external_id, each.name) for each in people.reps(session)]
    context["stage_names"] = [(each.name, each.name) for each in context["groups"] if each.name]
    return render(request, "leads/all.html", context)


def lead_path(found: Lead) -> str:
    """The address of a lead, whatever signs its id holds."""
    return "/leads/" + quote(found.external_id, safe="")


def list_path(**query: str | int) -> str:
    """The address of a list of leads; what is empty is left out."""
    said = {name: value for name, value in query.items() if value}
    return "/leads" + (f"?{urlencode(said)}" if said else "")


def _places(
    session: Session, search: Search, works: list[Work], query: dict[str, str]
) -> dict[str, Any]:
    """Where all leads of the search stand, and the page's leads under their stages."""
    groups = worklist.groups(session, replace(search, stage=""))
    return {
        "groups": groups,
        "stage_paths": {each.name: list_path(**query | {"stage": each.name}) for each in groups},
        "everywhere_path": list_path(**query | {"stage": ""}),
        "sections": _sections(groups, works),
    }


def _sections(groups: list[StageGroup], works: list[Work]) -> list[tuple[StageGroup, list[Work]]]:
    by_key = {(each.name, each.kind): each for each in groups}

    def group_of(each: Work) -> StageGroup:
        stage = each.lead.stage
        return by_key[(stage.name, stage.kind) if stage else ("", StageKind.OPEN)]

    return [(group, list(members)) for group, members in groupby(works, group_of)]


def _pager(
    number: int, total: int, query: dict[str, str]
) -> tuple[int, int, str | None, str | None]:
    """The page's number, how many there are, and the addresses of the one before and after."""
    pages = max(1, -(-total // PAGE_SIZE))
    earlier = list_path(**query, page=number - 1) if number > 1 else None
    later = list_path(**query, page=number + 1) if number < pages else None
    return number, pages, earlier, later


def _rep_called(session: Session, external_id: str) -> Rep | None:
    if not external_id:
        return None
    known = people.reps_by_external_id(session, [external_id])
    if external_id not in known:
        raise NotFound("rep", external_id)
    return known[external_id]


def _plain(text: str) -> str:
    # PostgreSQL holds no NUL and would refuse the whole query.
    return text.replace("\0", "").strip()
