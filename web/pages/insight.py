"""Insights for those who lead: ratios and ways through the funnel."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Request
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from experiments import people
from experiments.experiment import experiments
from experiments.insight import (
    action_test,
    activities,
    bottlenecks,
    forecasting,
    moves,
    ratios,
    stalled,
)
from experiments.insight.cohort import Scope
from experiments.insight.forecasting import Parts
from experiments.insight.ratios import By
from experiments.leads import Lead
from experiments.process import Process, ProcessVersion, processes
from experiments.users import User
from web import insight_shown
from web.deps import DbSession, Now, Posted, field
from web.flash import flash
from web.forms import Form
from web.insight_query import USUAL_HORIZON, USUAL_PERIOD, AskedScope, one_of, whole
from web.insight_texts import AGAINST, BY, MEASURES, PARTS, TABS, WAYS
from web.insight_words import InsightWords
from web.pages import reader_of, render, see_other
from web.security import STAFF, allow

router = APIRouter()
Reading = Annotated[User, allow(*STAFF)]
DRAFTED = flash(
    "test-drafted",
    "good",
    "The test is drafted, with both versions of the process. Look it over, then launch it.",
)


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


@router.get("/insight/bottlenecks")
def show_bottlenecks(
    request: Request,
    session: DbSession,
    now: Now,
    _user: Reading,
    scope: AskedScope,
    days: str = "",
    rotting: str = "",
) -> Response:
    """Stages that changed or differ, leads that stand still, and why leads are lost."""
    found = bottlenecks.bottlenecks(
        session, scope, now=now, days=whole("days", days, usual=USUAL_PERIOD)
    )
    limit = whole("rotting", rotting, usual=-1)
    context = asked(request, session, scope) | {
        "words": InsightWords(reader_of(request)),
        "found": found,
        "standings": stalled.standings(
            session, scope, now=now, rotting_days=None if limit < 0 else limit
        ),
        "against": AGAINST,
        "measures": MEASURES,
    }
    values = {"days": str(found.days), "rotting": rotting}
    context["form"] = Form(context["form"].values | values)
    return render(request, "insight/bottlenecks.html", context)


@router.get("/insight/activities")
def show_activities(
    request: Request, session: DbSession, now: Now, user: Reading, scope: AskedScope, day: str = ""
) -> Response:
    """Which actions of a process go with winning, stage by stage."""
    scope = scope if scope.process else replace(scope, process=_usual_process(session))
    landmark = whole("day", day, usual=-1)
    found = None
    if scope.process:
        chosen = None if landmark == -1 else landmark
        found = activities.activities(session, scope, now=now, day=chosen)
    context = asked(request, session, scope) | {
        "words": InsightWords(reader_of(request)),
        "found": found,
        "stages": insight_shown.by_stage(found) if found else [],
        "role": user.role,
    }
    context["form"] = Form(context["form"].values | {"day": day})
    return render(request, "insight/activities.html", context)


@router.post("/insight/activities/test")
def test_activity(
    request: Request, form: Posted, session: DbSession, now: Now, user: Reading
) -> Response:
    """Draft a test of an action: one version of the process asks for it, one has it not."""
    made = action_test.draft_test(
        session,
        field(form, "process"),
        field(form, "action"),
        horizon_days=whole("horizon", field(form, "horizon"), usual=USUAL_HORIZON),
        by=user,
        now=now,
    )
    return see_other(request, f"/experiments/{made.key}/plan", DRAFTED)


def _usual_process(session: Session) -> str:
    """The key of the process with the most leads; "" where there is none."""
    wanted = (
        select(Process.key)
        .join(ProcessVersion, ProcessVersion.process_id == Process.id)
        .outerjoin(Lead, Lead.version_id == ProcessVersion.id)
        .group_by(Process.id, Process.key)
        .order_by(func.count(Lead.id).desc(), Process.key)
    )
    return session.scalar(wanted.limit(1)) or ""


@router.get("/insight/forecast")
def show_forecast(
    request: Request,
    session: DbSession,
    now: Now,
    _user: Reading,
    scope: AskedScope,
    by: str = "",
    test: str = "",
) -> Response:
    """What will be won in the coming months, and how such forecasts did before."""
    words = InsightWords(reader_of(request))
    parts = one_of("by", Parts, by, usual=Parts.TEAM)
    found = forecasting.forecast(
        session, parts, now=now, process=scope.process, team=scope.team, test=test
    )
    context = asked(request, session, scope) | {
        "words": words,
        "found": found,
        "chart": insight_shown.forecast_months(found.whole, words) if found.whole else None,
        "by_options": [(each.value, words.say(text)) for each, text in PARTS.items()],
        "test_options": [
            (each.key, each.name) for each in experiments(session) if each.launched_at
        ],
    }
    context["form"] = Form(context["form"].values | {"by": parts.value, "test": test})
    return render(request, "insight/forecast.html", context)


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
