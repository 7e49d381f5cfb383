"""The life of an experiment: launching it, pausing, stopping, opening early."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from experiments import life, looks, opening
from experiments.experiment import Experiment, experiment
from experiments.problem import Problem, Refused, problem
from experiments.report import build
from experiments.users import Role, User
from web.deps import DbSession, Now, Posted, field
from web.flash import Flash, flash
from web.pages import see_other
from web.pages.experiments import plan_page
from web.security import MANAGERS, allow

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

SEED_BITS = 48


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
