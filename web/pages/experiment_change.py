"""Changing a running test: it begins a new phase."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.responses import Response

from experiments import process
from experiments.experiment import Experiment, experiment
from experiments.phases import Change, begin_phase, plans_after
from experiments.problem import Refused, problem
from experiments.users import User
from web.deps import DbSession, Now, Posted, field, typed
from web.flash import flash
from web.forms import Form
from web.pages import render, see_other
from web.security import MANAGERS, allow

router = APIRouter()
Manager = Annotated[User, allow(*MANAGERS)]

CHANGED = flash("test-changed", "good", "A new phase has begun: the verdict rests on its leads.")


@router.get("/experiments/{key}/change")
def ask(request: Request, key: str, session: DbSession, user: Manager) -> Response:
    """What each variant follows, to be chosen anew."""
    return _page(request, session, experiment(session, key), user, Form())


@router.post("/experiments/{key}/change")
def change(
    request: Request, key: str, form: Posted, session: DbSession, now: Now, user: Manager
) -> Response:
    """End the phase and begin another."""
    found = experiment(session, key)
    try:
        begin_phase(session, found, _asked(found, form), by=user, now=now)
    except Refused as refusal:
        shown = Form(typed(form), refusal.problems)
        return _page(request, session, found, user, shown, status=422)
    return see_other(request, f"/experiments/{key}/plan", CHANGED)


def _asked(found: Experiment, form: FormData) -> Change:
    processes = {each.key: field(form, f"processes.{each.key}") for each in found.variants}
    said = field(form, "enrol_until").strip()
    try:
        until = date.fromisoformat(said) if said else None
    except ValueError:
        raise Refused(problem("enrol_until", "{said} is not a day.", said=said)) from None
    chosen = {key: reference for key, reference in processes.items() if reference}
    return Change(chosen, field(form, "reason"), until)


def _page(
    request: Request,
    session: Session,
    found: Experiment,
    user: User,
    form: Form,
    *,
    status: int = 200,
) -> Response:
    context = {
        "found": found,
        "form": form,
        "role": user.role,
        "versions": [(each.reference, each.title) for each in process.versions(session)],
        "phases": plans_after(session, found),
    }
    return render(request, "experiments/change.html", context, status=status)
