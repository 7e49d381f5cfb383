"""Erasing what is personal about a lead, at their request; and what was erased."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from experiments.erasing import erase, erasures
from experiments.leads import Lead, lead
from experiments.problem import NotFound, Refused, problem
from experiments.users import Role, User
from web.deps import DbSession, Now, Posted, field, typed
from web.flash import flash
from web.forms import Form
from web.pages import render, see_other
from web.security import allow

router = APIRouter()
Admin = Annotated[User, allow(Role.ADMIN)]

HOME = "/settings/personal-data"
GONE = flash("erased", "good", "Erased. Every count stays as it was.")


@router.get("/settings/personal-data")
def show(request: Request, session: DbSession, _user: Admin, lead: str = "") -> Response:
    """The form, filled in where it is about a lead, and what was erased before."""
    return _page(request, session, Form({"lead": lead}))


@router.post("/settings/personal-data")
def erase_lead(
    request: Request, form: Posted, session: DbSession, now: Now, user: Admin
) -> Response:
    """Erase what is personal about a lead."""
    try:
        if field(form, "sure") != "yes":
            raise Refused(problem("sure", "Tick that you are sure: this cannot be undone."))
        erase(session, _lead_called(session, field(form, "lead").strip()), by=user, now=now)
    except Refused as refusal:
        return _page(request, session, Form(typed(form), refusal.problems), status=422)
    return see_other(request, HOME, GONE)


def _lead_called(session: Session, external_id: str) -> Lead:
    try:
        return lead(session, external_id)
    except NotFound:
        raise Refused(problem("lead", "There is no lead of that id.")) from None


def _page(request: Request, session: Session, form: Form, *, status: int = 200) -> Response:
    context = {"form": form, "erasures": erasures(session)}
    return render(request, "settings/personal.html", context, status=status)
