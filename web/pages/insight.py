"""Insights for those who lead: ratios and ways through the funnel."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from experiments import people
from experiments.insight import moves, ratios
from experiments.insight.cohort import Scope
from experiments.insight.ratios import By
from experiments.process import processes
from experiments.users import User
from web import insight_shown
from web.deps import DbSession, Now
from web.forms import Form
from web.insight_query import AskedScope, one_of
from web.insight_words import BY, TABS, WAYS, InsightWords
from web.pages import reader_of, render
from web.security import STAFF, allow

router = APIRouter()
Reading = Annotated[User, allow(*STAFF)]


@router.get("/insight")
def index(_user: Reading) -> Response:
    """The first of the insights."""
    return RedirectResponse(TABS[0][0], status_code=303)


@router.get("/insight/ratios")
def show_ratios(
    request: Request, session: DbSession, now: Now, _user: Reading, scope: AskedScope, by: str = ""
) -> Response:
    """Of 100 leads, how many reach each milestone; where they go, and how long they take."""
    chosen = one_of("by", By, by, usual=By.ALL)
    words = InsightWords(reader_of(request))
    found = ratios.ratios(session, scope, chosen, now=now)
    whole = found if chosen is By.ALL else ratios.ratios(session, scope, By.ALL, now=now)
    ways = moves.ways(session, scope, now=now)
    context = asked(request, session, scope) | {
        "words": words,
        "found": found,
        "whole": whole.groups[0] if whole.groups else None,
        "won": insight_shown.won_shares(found, words),
        "ways": ways,
        "flow": insight_shown.flow_of(ways, words),
        "flow_ways": {way.value: words.say(text) for way, text in WAYS.items()},
        "by_options": [(each.value, words.say(text)) for each, text in BY.items()],
    }
    context["form"] = Form(context["form"].values | {"by": chosen.value})
    return render(request, "insight/ratios.html", context)


def asked(request: Request, session: Session, scope: Scope) -> dict[str, Any]:
    """What every insight's page shows beside what it found: the tabs and the question."""
    say = reader_of(request).translations.gettext
    path = request.url.path
    values = {
        "process": scope.process,
        "team": scope.team,
        "horizon": str(scope.horizon_days),
        "since": scope.since.isoformat() if scope.since else "",
        "until": scope.until.isoformat() if scope.until else "",
    }
    return {
        "tabs": [
            {"href": href, "label": say(label), "current": href == path} for href, label in TABS
        ],
        "form": Form(values),
        "process_options": [(each.key, each.name) for each in processes(session)],
        "team_options": [(each.name, each.name) for each in people.teams(session)],
        "scope": scope,
    }
