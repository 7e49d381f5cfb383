"""Signing in and out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from math import ceil

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData
from starlette.responses import Response

from experiments import users
from experiments.access.second_factor import is_asked_of
from experiments.problem import Problem, Refused, problem
from web.deps import DbSession, Now, Posted, field, typed
from web.entering import ask_for_code, enter
from web.forms import Form
from web.pages import render, see_other
from web.security import (
    SESSION_COOKIE,
    Elsewhere,
    drop_cookie,
    local_path,
    read_cookie,
    signed_in,
    signed_out,
)
from web.site import site_of
from web.texts import N_

router = APIRouter()

TOO_OFTEN = N_("Too many tries did not succeed. Wait {minutes} minutes, then try again.")


@router.get("/sign-in", dependencies=[Depends(signed_out)])
def ask(request: Request, session: DbSession, now: Now) -> Response:
    """The form; whoever is signed in already goes on."""
    if not users.any_user(session):
        raise Elsewhere("/first-run")
    wanted = local_path(request.query_params.get("next", "/"))
    if users.session_for(session, read_cookie(request, SESSION_COOKIE), now=now):
        raise Elsewhere(wanted)
    return _page(request, Form(), wanted)


@router.post("/sign-in", dependencies=[Depends(signed_out)])
def sign_in(request: Request, form: Posted, session: DbSession, now: Now) -> Response:
    """Open a new session, whatever cookie the browser brought."""
    wanted = local_path(field(form, "next"))
    email, password = field(form, "email"), field(form, "password")
    throttle, address = site_of(request).throttle, request.client.host if request.client else ""
    if wait := throttle.wait(email, address, now=now):
        return _again(request, form, [problem("email", TOO_OFTEN, minutes=minutes(wait))], 429)
    try:
        user = users.person_with(session, email=email, password=password)
    except Refused as refusal:
        throttle.failed(email, address, now=now)
        return _again(request, form, refusal.problems, 422)
    if is_asked_of(session, user):
        return ask_for_code(request, session, user, wanted, now=now)
    throttle.succeeded(email)
    return enter(request, session, user, wanted, now=now)


@router.post("/sign-out", dependencies=[Depends(signed_in)])
def sign_out(request: Request, session: DbSession) -> Response:
    """End the session here and in the store."""
    users.sign_out(session, read_cookie(request, SESSION_COOKIE))
    response = see_other(request, "/sign-in")
    drop_cookie(response, site_of(request).settings, SESSION_COOKIE)
    return response


def _again(request: Request, form: FormData, problems: Sequence[Problem], status: int) -> Response:
    return _page(request, Form(typed(form), problems), local_path(field(form, "next")), status)


def _page(request: Request, form: Form, wanted: str, status: int = 200) -> Response:
    openid = site_of(request).openid
    context = {"form": form, "next": wanted, "openid": openid.name if openid else ""}
    return render(request, "sign_in.html", context, status=status)


def minutes(wait: timedelta) -> int:
    """How long to wait, in whole minutes."""
    return ceil(wait / timedelta(minutes=1))
