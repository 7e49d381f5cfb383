"""Could our team find it, and in how many weeks? Reckoned as one types, then tried on the past."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import ValidationError
from sqlalchemy.orm import Session
from starlette.responses import Response

from analysis.planned_design import Design
from analysis.power import USUAL_POWER
from experiments.feasibility import advisor
from experiments.feasibility.advisor import Advice, Way
from experiments.feasibility.at_once import USUAL, Answer, Question, question_of, reckon
from experiments.feasibility.outlook import Outlook, outlook
from experiments.feasibility.replay import Replay, replay, usual_weeks
from experiments.findings import from_pydantic
from experiments.people import teams
from experiments.problem import NotFound, Problem, Refused
from experiments.process import Milestone
from experiments.sales_history import SalesHistory, sales_history
from experiments.users import User
from web.advice_text import WAYS, Say, recommendation, risks_of
from web.background import Told
from web.charts.curve import curve
from web.charts.weeks import WeekRow, week_bars
from web.deps import DbSession, Now, Posted, typed
from web.forms import Form, names_of
from web.pages import reader_of, render, see_other
from web.security import STAFF, allow
from web.sentences import MILESTONES
from web.site import site_of
from web.texts import N_

router = APIRouter(prefix="/feasibility")
Planner = Annotated[User, allow(*STAFF)]

TITLES = {
    "reps": N_("Reps who take part"),
    "leads_per_week": N_("New leads of a rep in a week"),
    "rate": N_("Leads that get there today, in percent"),
    "effect": N_("Difference that matters, in points"),
    "icc": N_("How alike one rep's leads are (ICC)"),
    "cv": N_("How unequal reps' leads are (cv)"),
    "steadiness": N_("How far reps stay as they are, 0 to 1"),
    "horizon_days": N_("Days in which a lead's outcome counts"),
    "weeks": N_("Weeks of new leads"),
    "way": N_("What is split"),
}
# What a test may compare; a lead is one from the beginning.
ASKED = [each for each in Milestone if each is not Milestone.LEAD]
BEYOND = N_("over a year")
# Enough to tell whether the splits hold what they promise, in seconds.
REPLAYS = 1_000
# A page that waits asks again after so many seconds, without any script.
AGAIN_SECONDS = 2


@dataclass(frozen=True, slots=True)
class Tried:
    """The company's own past, tried: the advice, and the replay of the way to take."""

    advice: Advice
    replayed: Replay


@router.get("")
def show(request: Request, session: DbSession, now: Now, _user: Planner) -> Response:
    """The form, filled in from the past, and what its figures give."""
    seen: Outlook | None = None
    values = dict(request.query_params)
    refused: tuple[Problem, ...] = ()
    if "fill" in values or not values:
        try:
            seen = outlook(_history(session, values, now))
        except Refused as refusal:
            # Nobody asked for a past that there is none of yet.
            refused = refusal.problems if values else ()
        suggested = _written(question_of(seen) if seen else USUAL)
        asked = {name: values[name] for name in ("team", "milestone") if name in values}
        values = suggested | asked
    return _page(request, session, values, refused, seen)


@router.get("/answer")
def answer(request: Request, _user: Planner) -> Response:
    """What the figures give, as a part of the page; what is to be mended is an answer too."""
    found = _answered(request, dict(request.query_params))
    return render(request, "feasibility/answer.html", found)


@router.post("/runs")
def begin(request: Request, form: Posted, session: DbSession, now: Now, user: Planner) -> Response:
    """Try all ways on the company as it is, beside the requests."""
    values = {name: each[0] for name, each in typed(form).items()}
    try:
        asked = _question(values)
        history = _history(session, values, now)
        seen = outlook(history)
        token = site_of(request).runs.begin(
            lambda told: _tried(history, seen, asked.effect / 100, told), owner=user.id
        )
    except Refused as refusal:
        return _page(request, session, values, refusal.problems)
    return see_other(request, f"/feasibility/runs/{token}")


@router.get("/runs/{token}")
def watch(request: Request, token: str, user: Planner) -> Response:
    """How far it is, or what came out."""
    run = site_of(request).runs.of(token, owner=user.id)
    if run is None:
        raise NotFound("reckoning", token)
    context: dict[str, object] = {"run": run}
    if isinstance(run.result, Tried):
        context |= _shown(request, run.result)
    response = render(request, "feasibility/run.html", context)
    if not run.finished:
        response.headers["Refresh"] = str(AGAIN_SECONDS)
    return response


def _page(
    request: Request,
    session: Session,
    values: Mapping[str, str],
    refused: tuple[Problem, ...] = (),
    seen: Outlook | None = None,
) -> Response:
    say = reader_of(request).translations.gettext
    context = {
        "seen": seen,
        "ways": [(way.value, say(name)) for way, name in WAYS.items()],
        "teams": [(each.name, each.name) for each in teams(session)],
        "milestones": [(each.value, say(MILESTONES[each])) for each in ASKED],
        "titles": TITLES,
    }
    found = _answered(request, values, refused)
    status = 422 if found["form"].problems else 200
    return render(request, "feasibility/index.html", context | found, status=status)


def _history(session: Session, values: Mapping[str, str], now: datetime) -> SalesHistory:
    """The past of the team that was asked for, by the milestone and the days that were."""
    milestone, days = values.get("milestone", Milestone.WON), values.get("horizon_days", "")
    known = milestone in ASKED
    return sales_history(
        session,
        now=now,
        horizon_days=int(days)
        if days.isdecimal() and 1 <= int(days) <= 365
        else USUAL.horizon_days,
        milestone=Milestone(milestone) if known else Milestone.WON,
        teams=(values["team"],) if values.get("team") else (),
    )


def _written(question: Question) -> dict[str, str]:
    return {name: str(value) for name, value in question.model_dump(mode="json").items()}


def _answered(
    request: Request, values: Mapping[str, str], refused: tuple[Problem, ...] = ()
) -> dict[str, Any]:
    """The form, and the answer or what is to be mended."""
    mirrored = reader_of(request).mirrored
    say = reader_of(request).translations.gettext
    found: Answer | None = None
    try:
        found = reckon(_question(values))
    except Refused as refusal:
        refused = refused or refusal.problems
    names = names_of(refused, TITLES, say=say)
    context: dict[str, Any] = {"form": Form(dict(values), refused), "names": names}
    context |= {"found": found, "way_names": WAYS, "usual_power": USUAL_POWER}
    if found:
        rows = [
            WeekRow(
                say(WAYS[each.way]),
                each.weeks,
                each.total_weeks,
                each.way is found.question.way,
                say(each.why or BEYOND),
            )
            for each in found.ways
        ]
        context["bars"] = week_bars(rows, mirrored=mirrored)
        context["curve"] = curve(found.curve, level=USUAL_POWER, mirrored=mirrored)
    return context


def _question(values: Mapping[str, str]) -> Question:
    known = {name: value for name, value in values.items() if name in Question.model_fields}
    try:
        return Question.model_validate(known)
    except ValidationError as error:
        raise from_pydantic(error) from None


def _tried(history: SalesHistory, seen: Outlook, effect: float, told: Told) -> Tried:
    ways = len(Way)
    advice = advisor.advise(seen, effect, progress=lambda done, _of: told(done, ways + 2))
    best = advice.recommended.way if advice.recommended else Way.COMPLETE
    design = best.design
    replayed = replay(
        history,
        weeks=_replayable(history, design),
        design=design,
        adjusted=best is Way.ADJUSTED,
        runs=REPLAYS,
        progress=lambda done, of: told(ways + round(2 * done / of), ways + 2),
    )
    return Tried(advice, replayed)


def _replayable(history: SalesHistory, design: Design) -> list[int]:
    """Up to three of the usual lengths: more would keep people waiting."""
    return usual_weeks(history, design)[-3:]


def _shown(request: Request, tried: Tried) -> dict[str, object]:
    say = reader_of(request).translations.gettext
    advice = tried.advice
    rows = [
        WeekRow(
            say(WAYS[each.way]),
            each.weeks,
            each.total_weeks,
            each is advice.recommended,
            _why_not(each, say),
        )
        for each in advice.options
    ]
    return {
        "advice": advice,
        "replayed": tried.replayed,
        "said": recommendation(advice, say),
        "risks": [(say(WAYS[each.way]), each, risks_of(each, say)) for each in advice.options],
        "replayed_way": say(WAYS[_way_of(tried.replayed)]),
        "bars": week_bars(rows, mirrored=reader_of(request).mirrored),
    }


def _why_not(option: advisor.Option, say: Say) -> str:
    if option.refused:
        return say(option.refused.message).format(**option.refused.values)
    return say(BEYOND)


def _way_of(replayed: Replay) -> Way:
    return Way.ADJUSTED if replayed.adjusted else Way(replayed.design.value)
