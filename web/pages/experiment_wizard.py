"""A new experiment, a page a step: answered, left, taken up again, launched."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.responses import Response

from experiments import experiment_draft, life, unfinished
from experiments.experiment import Experiment
from experiments.problem import Forbidden, Problem, Refused
from experiments.unfinished import UnfinishedPlan
from experiments.users import User
from web import experiment_form
from web.deps import DbSession, Now, Posted, field, typed
from web.flash import flash
from web.forms import Form, names_of
from web.pages import render, see_other
from web.pages.experiment_life import LAUNCHED, SEED_BITS
from web.pages.experiments import SAVED
from web.security import MANAGERS, STAFF, allow
from web.texts import N_
from web.wizard.answers import problems_at, problems_of, taken, without, written
from web.wizard.showing import Asked, shown_beside
from web.wizard.steps import STEPS, WORDINGS, Step, marks, neighbour, step_at, step_of

router = APIRouter(prefix="/experiments/new")
Planner = Annotated[User, allow(*STAFF)]

KEPT = flash("plan-kept", "good", "What you typed is kept. Go on with it here when you like.")
DISCARDED = flash("plan-discarded", "good", "The unfinished plan is discarded.")
TITLES = experiment_form.TITLES | {"effect": N_("Difference that matters")}


@router.get("/question")
def begin(request: Request, session: DbSession, now: Now, user: Planner) -> Response:
    """The first step, of which nothing is kept until it is sent."""
    return _page(Asked(request, session, user, now, Step.QUESTION, {}))


@router.post("/question")
def answer_first(
    request: Request, form: Posted, session: DbSession, now: Now, user: Planner
) -> Response:
    """Keep the first answers as an unfinished plan, and go on."""
    return _answered(Asked(request, session, user, now, Step.QUESTION, {}), form)


@router.post("/{plan_id}/discard")
def discard(request: Request, plan_id: int, session: DbSession, user: Planner) -> Response:
    """Throw an unfinished plan away."""
    unfinished.discard(session, unfinished.unfinished(session, plan_id, by=user))
    return see_other(request, "/experiments", DISCARDED)


@router.get("/{plan_id}/{step}")
def show(
    request: Request, plan_id: int, step: str, session: DbSession, now: Now, user: Planner
) -> Response:
    """A step with what was answered; one that was in order before says what no longer is."""
    asked = _asked(request, session, plan_id, step, user, now)
    seen = asked.plan and asked.step in asked.plan.passed
    return _page(asked, _fields_here(asked) if seen else ())


@router.post("/{plan_id}/{step}")
def answer(
    request: Request,
    plan_id: int,
    step: str,
    form: Posted,
    session: DbSession,
    now: Now,
    user: Planner,
) -> Response:
    """Keep a step's answers and go where the button says; only the next step asks for order."""
    asked = _asked(request, session, plan_id, step, user, now)
    act = field(form, "act")
    if asked.plan and asked.step is Step.REVIEW and act in ("save", "launch"):
        return _finished(asked, asked.plan, launching=act == "launch")
    return _answered(asked, form)


def _asked(
    request: Request, session: Session, plan_id: int, step: str, user: User, now: datetime
) -> Asked:
    plan = unfinished.unfinished(session, plan_id, by=user)
    return Asked(request, session, user, now, step_of(step), plan.typed, plan)


def _answered(asked: Asked, form: FormData) -> Response:
    act = field(form, "act") or "next"
    sent = typed(form)
    if asked.step is Step.VARIANTS and act.partition(".")[0] in ("add", "remove"):
        sent = taken(asked.step, experiment_form.after(form, act))
    answers = without(asked.typed, [asked.step]) | taken(asked.step, sent)
    asked = replace(asked, typed=answers)
    problems = _here(asked)
    if act == "next" and problems:
        return _page(asked, problems, status=422)
    try:
        kept = _kept(asked, act, in_order=not problems)
    except Refused as refusal:
        return _page(asked, refusal.problems, status=422)
    if act == "leave":
        return see_other(asked.request, "/experiments", KEPT)
    return see_other(asked.request, f"/experiments/new/{kept.id}/{kept.step}{_place(act, sent)}")


def _kept(asked: Asked, act: str, *, in_order: bool) -> UnfinishedPlan:
    plan = asked.plan or unfinished.begin(asked.session, by=asked.user, now=asked.now)
    goes = _goes(asked.step, act)
    passed = set(plan.passed)
    if goes is not asked.step or act == "leave":
        passed = passed | {asked.step} if in_order else passed - {asked.step}
    unfinished.keep(asked.session, plan, asked.typed, step=goes, passed=passed, now=asked.now)
    return plan


def _goes(step: Step, act: str) -> Step:
    """The step that an act leads to; one that means nothing here leads nowhere."""
    verb, _, word = act.partition(".")
    if verb == "to" and word in STEPS:
        return Step(word)
    return neighbour(step, {"next": 1, "back": -1}.get(act, 0))


def _place(act: str, sent: dict[str, list[str]]) -> str:
    """Where on the page the work goes on, and with which example of the split."""
    verb, _, draw = act.partition(".")
    if verb == "draw" and draw.isdecimal():
        return f"?draw={draw}#shown"
    if act == "add":
        rows = sum(name.startswith("variants.") and name.endswith(".name") for name in sent)
        return f"#f-variants.{rows}"
    return "#shown" if act == "stay" else ""


def _finished(asked: Asked, plan: UnfinishedPlan, *, launching: bool) -> Response:
    """Store the plan as a draft, and launch it where that was asked for."""
    if launching and asked.user.role not in MANAGERS:
        raise Forbidden
    try:
        # What is refused must leave no draft behind, so that the page can be shown again.
        with asked.session.begin_nested():
            found = _stored(asked)
            if launching:
                seed = secrets.randbits(SEED_BITS)
                life.launch(asked.session, found, seed=seed, by=asked.user, now=asked.now)
            unfinished.discard(asked.session, plan)
    except Refused as refusal:
        return _page(asked, experiment_form.placed(refusal.problems), status=422)
    message = LAUNCHED if launching else SAVED
    return see_other(asked.request, f"/experiments/{found.key}/plan", message)


def _stored(asked: Asked) -> Experiment:
    draft = experiment_draft.checked(written(asked.session, asked.values))
    return experiment_draft.create(asked.session, draft, by=asked.user, now=asked.now)


def _here(asked: Asked) -> list[Problem]:
    """What keeps somebody from going on to the next step."""
    found = _fields_here(asked)
    if asked.step is Step.FEASIBILITY:
        found += shown_beside(asked).get("problems", ())
    return found


def _fields_here(asked: Asked) -> list[Problem]:
    today = asked.today
    return problems_at(asked.session, asked.typed, asked.step, today=today, now=asked.now)


def _page(asked: Asked, problems: Sequence[Problem] = (), *, status: int = 200) -> Response:
    beside = shown_beside(asked)
    found = problems_of(asked.session, asked.typed, asked.today)
    passed = asked.plan.passed if asked.plan else []
    elsewhere = [
        (each, step)
        for each in found
        if (step := step_at(each.where)) and step is not asked.step and step in passed
    ]
    form = Form(asked.values, problems or beside.get("problems", ()))
    context = beside | {
        "form": form,
        "names": names_of(form.problems, TITLES, say=asked.say),
        "step": asked.step,
        "steps": marks(asked.step, passed, found),
        "wording": WORDINGS[asked.step],
        "plan": asked.plan,
        "elsewhere": elsewhere if asked.step is not Step.REVIEW else (),
    }
    return render(asked.request, f"wizard/{asked.step}.html", context, status=status)
