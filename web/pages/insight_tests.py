"""Insights into the tests themselves: the programme as a whole, and what needs somebody."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from experiments import alerts
from experiments.insight import programme
from experiments.users import Role, User
from web.deps import DbSession, Now
from web.insight_texts import CHOICES, TABS
from web.insight_words import InsightWords
from web.pages import reader_of, render
from web.security import RESULT_READERS, STAFF, allow
from web.sentences import STATUSES, VERDICTS

router = APIRouter()


@router.get("/insight/programme")
def show_programme(
    request: Request, session: DbSession, now: Now, user: Annotated[User, allow(*RESULT_READERS)]
) -> Response:
    """All experiments: what was learned, what was adopted, what it brings in a year."""
    context = _frame(request) | {
        "found": programme.programme(session, now=now),
        "statuses": STATUSES,
        "verdicts": VERDICTS,
        "choices": CHOICES,
        # A viewer reads experiments, and no other insight.
        "with_tabs": user.role is not Role.VIEWER,
    }
    return render(request, "insight/programme.html", context)


@router.get("/insight/alerts")
def show_alerts(
    request: Request, session: DbSession, now: Now, _user: Annotated[User, allow(*STAFF)]
) -> Response:
    """What needs somebody now."""
    found = alerts.alerts(session, now=now)
    return render(request, "insight/alerts.html", _frame(request) | {"found": found})


def _frame(request: Request) -> dict[str, Any]:
    words = InsightWords(reader_of(request))
    path = request.url.path
    return {
        "words": words,
        "tabs": [
            {"href": href, "label": words.say(label), "current": href == path}
            for href, label in TABS
        ],
    }
