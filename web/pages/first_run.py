"""The first run: an admin and the company, made together or not at all."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import available_timezones

from fastapi import APIRouter, Depends, Request
from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.responses import Response

from experiments import company, users
from experiments.problem import Problem, Refused, problem
from experiments.users import Role, User
from web.deps import DbSession, Now, Posted, field, typed
from web.flash import flash
from web.forms import Form
from web.pages import render, see_other
from web.security import Elsewhere, give_session, signed_out
from web.site import site_of

router = APIRouter(dependencies=[Depends(signed_out)])

WELCOME = flash("welcome", "good", "The site is yours. Add your team, then the first process.")


@router.get("/first-run")
def ask(request: Request, session: DbSession) -> Response:
    """The form, as long as there is no user."""
    _refuse_when_over(session)
    return _page(request, Form())


@router.post("/first-run")
def begin(request: Request, form: Posted, session: DbSession, now: Now) -> Response:
    """Make the company and its admin, and sign the admin in."""
    _refuse_when_over(session)
    try:
        admin = _make(session, form, now)
    except Refused as refusal:
        return _page(request, Form(typed(form), refusal.problems), status=422)
    response = see_other(request, "/", WELCOME)
    token = users.open_session(session, admin, now=now)
    give_session(response, site_of(request).settings, token)
    return response


def _make(session: Session, form: FormData, now: datetime) -> User:
    problems: list[Problem] = []
    if field(form, "password") != field(form, "repeated"):
        problems.append(problem("repeated", "The two passwords differ."))
    admin = None
    try:
        company.found(
            session,
            name=field(form, "company"),
            time_zone=field(form, "time_zone"),
            currency=field(form, "currency"),
            now=now,
        )
    except Refused as refusal:
        problems.extend(refusal.problems)
    try:
        admin = users.add_user(
            session,
            email=field(form, "email"),
            name=field(form, "name"),
            role=Role.ADMIN,
            password=field(form, "password"),
            now=now,
        )
    except Refused as refusal:
        problems.extend(refusal.problems)
    if problems or admin is None:
        raise Refused(*problems)
    return admin


def _refuse_when_over(session: Session) -> None:
    if users.any_user(session):
        raise Elsewhere("/sign-in")


def _page(request: Request, form: Form, status: int = 200) -> Response:
    # Names without a place, such as EST or Zulu, are leftovers; UTC is the one in use.
    places = sorted(zone for zone in available_timezones() if "/" in zone)
    zones = [(zone, zone.replace("_", " ")) for zone in ("UTC", *places)]
    return render(request, "first_run.html", {"form": form, "zones": zones}, status=status)
