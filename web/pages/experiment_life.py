"""The life of an experiment: launching it, pausing, stopping, opening early, deciding."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from experiments import decision, life, looks, opening
from experiments.decision import Choice, Decision
from experiments.experiment import Experiment, experiment
from experiments.problem import Problem, Refused, problem
from experiments.report import Report, build
from experiments.users import Role, User
from experiments.verdict import RECOMMENDED
from web.deps import DbSession, Now, Posted, field, typed
from web.flash import Flash, flash
from web.forms import Form
from web.pages import reader_of, render, see_other
from web.pages.experiments import plan_page
from web.plan_shown import KINDS, control_first
from web.security import MANAGERS, allow
from web.wording import Words

router = APIRouter()
Manager = Annotated[User, allow(*MANAGERS)]
Admin = Annotated[User, allow(Role.ADMIN)]
Act = Callable[[Experiment], object]

LAUNCHED = flash("launched", "good", "Launched. The plan is frozen and the split is drawn.")
PAUSED = flash("paused", "good", "Paused. No lead enrols until it is resumed.")
RESUMED = flash("resumed", "good", "Resumed. New leads enrol again.")
CLOSED = flash("enrolment-closed", "good", "Enrolment is closed. Leads enrolled get their days.")
LOOKED = flash("looked", "good", "The look is taken: the effects are shown as it saw them.")
STOPPED = flash("stopped", "good", "The test is stopped.")
OPENED = flash("opened-early", "warn", "The effects are open, and the report says so for ever.")
DECIDED = flash("decided", "good", "The decision is written down.")

SEED_BITS = 48
# The page offers a choice for each variant that could be adopted: `adopt.demo-first`.
ADOPT = f"{Choice.ADOPT}."


@router.post("/experiments/{key}/launch")
def launch(request: Request, key: str, session: DbSession, now: Now, user: Manager) -> Response:
    """Freeze the plan and draw the split."""
    seed = secrets.randbits(SEED_BITS)

    def act(found: Experiment) -> None:
        life.launch(session, found, seed=seed, by=user, now=now)

    return _done(request, session, key, user, now, act, LAUNCHED)


@router.post("/experiments/{key}/pause")
def pause(request: Request, key: str, session: DbSession, now: Now, user: Manager) -> Response:
    """Let no lead enrol for a while."""

    def act(found: Experiment) -> None:
        life.pause(session, found, by=user, now=now)

    return _done(request, session, key, user, now, act, PAUSED)


@router.post("/experiments/{key}/resume")
def resume(request: Request, key: str, session: DbSession, now: Now, user: Manager) -> Response:
    """End the pause."""

    def act(found: Experiment) -> None:
        life.resume(session, found, by=user, now=now)

    return _done(request, session, key, user, now, act, RESUMED)


@router.post("/experiments/{key}/close-enrolment")
def close_enrolment(
    request: Request, key: str, session: DbSession, now: Now, user: Manager
) -> Response:
    """End enrolment before its planned day."""

    def act(found: Experiment) -> None:
        life.close_enrolment(session, found, by=user, now=now)

    return _done(request, session, key, user, now, act, CLOSED)


@router.post("/experiments/{key}/stop")
def stop(
    request: Request, key: str, form: Posted, session: DbSession, now: Now, user: Manager
) -> Response:
    """End a test for good."""
    reason = field(form, "reason")

    def act(found: Experiment) -> None:
        life.stop(session, found, reason=reason, by=user, now=now)

    return _done(request, session, key, user, now, act, STOPPED, values={"reason": reason})


@router.post("/experiments/{key}/open-early")
def open_early(request: Request, key: str, session: DbSession, now: Now, user: Admin) -> Response:
    """Show the effects before they are due, and leave the mark."""
    found = experiment(session, key)
    if build(session, found, now=now).effects_shown:
        raise Refused(problem("status", "The effects are open already."))
    opening.open_early(session, found, by=user, now=now)
    return see_other(request, f"/experiments/{key}", OPENED)


@router.post("/experiments/{key}/look")
def take_look(request: Request, key: str, session: DbSession, now: Now, user: Manager) -> Response:
    """Take the planned look that is due."""
    looks.take_look(session, experiment(session, key), by=user, now=now)
    return see_other(request, f"/experiments/{key}", LOOKED)


@router.get("/experiments/{key}/decide")
def ask(request: Request, key: str, session: DbSession, now: Now, _user: Manager) -> Response:
    """What the report says, and the choices; or what was decided."""
    found = experiment(session, key)
    return _decision_page(request, found, build(session, found, now=now), Form())


@router.post("/experiments/{key}/decide")
def decide(
    request: Request, key: str, form: Posted, session: DbSession, now: Now, user: Manager
) -> Response:
    """Write the decision down."""
    found = experiment(session, key)
    report = build(session, found, now=now)
    try:
        _decide(session, found, report, field(form, "choice"), field(form, "reason"), user, now)
    except Refused as refusal:
        shown = Form(typed(form), refusal.problems)
        return _decision_page(request, found, report, shown, status=422)
    return see_other(request, f"/experiments/{key}/decide", DECIDED)


def _done(
    request: Request,
    session: Session,
    key: str,
    user: User,
    now: datetime,
    act: Act,
    message: Flash,
    *,
    values: dict[str, str] | None = None,
) -> Response:
    try:
        act(experiment(session, key))
    except Refused as refusal:
        problems = tuple(map(_on_the_plan, refusal.problems))
        return plan_page(request, session, key, user, now, values=values, problems=problems)
    return see_other(request, f"/experiments/{key}/plan", message)


def _on_the_plan(each: Problem) -> Problem:
    # The plan's page has one field; what else is wrong is mended in the form of the draft.
    return each if each.where == "reason" else replace(each, where="")


def _decide(
    session: Session,
    found: Experiment,
    report: Report,
    chosen: str,
    reason: str,
    by: User,
    now: datetime,
) -> Decision:
    word, _, variant = chosen.partition(".")
    if word not in list(Choice):
        raise Refused(problem("choice", "Choose what you decide."))
    choice = Choice(word)
    return decision.decide(
        session,
        found,
        choice,
        ready=report.ready,
        variant=variant or None,
        recommended=_recommended(report, choice),
        reason=reason,
        by=by,
        now=now,
    )


def _recommended(report: Report, choice: Choice) -> Choice | None:
    """What the report advised: the choice made where it was among the advised ones."""
    advised = RECOMMENDED[report.verdict]
    return choice if choice in advised else next(iter(advised), None)


def _decision_page(
    request: Request, found: Experiment, report: Report, form: Form, *, status: int = 200
) -> Response:
    words = Words(reader_of(request))
    control, *treatments = control_first(found.variants)
    context = {
        "found": found,
        "report": report,
        "words": words,
        "form": form,
        "control": control,
        "treatments": treatments,
        "advised": RECOMMENDED[report.verdict],
        "winner": report.winner.variant.key if report.winner else None,
        "decidable": report.ready,
        "kinds": KINDS,
    }
    return render(request, "experiments/decide.html", context, status=status)
