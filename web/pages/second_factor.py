"""The second factor: the code after the password, and one's authenticator app."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import segno
from fastapi import APIRouter, Depends, Request
from markupsafe import Markup
from sqlalchemy.orm import Session
from starlette.responses import Response

from experiments.access import second_factor
from experiments.problem import Problem, Refused, problem
from experiments.users import User, is_password_of
from web.deps import DbSession, Now, Posted, field
from web.entering import BEGUN_COOKIE, enter
from web.flash import flash
from web.forms import Form
from web.pages import render, see_other
from web.pages.sign_in import TOO_OFTEN, minutes
from web.security import (
    EVERYONE,
    Elsewhere,
    allow,
    drop_cookie,
    local_path,
    read_cookie,
    signed_out,
)
from web.site import site_of

open_router = APIRouter()
router = APIRouter()
Anyone = Annotated[User, allow(*EVERYONE)]

ENDED = flash("factor-ended", "good", "You sign in with your password alone again.")


@open_router.get("/sign-in/code", dependencies=[Depends(signed_out)])
def ask(request: Request, session: DbSession, now: Now) -> Response:
    """The form for the code, while a sign-in is under way."""
    _who_began(request, session, now)
    return _ask(request, local_path(request.query_params.get("next", "/")))


@open_router.post("/sign-in/code", dependencies=[Depends(signed_out)])
def answer(request: Request, form: Posted, session: DbSession, now: Now) -> Response:
    """Take the code, and let the person in."""
    user, wanted = _who_began(request, session, now), local_path(field(form, "next"))
    throttle, address = site_of(request).throttle, request.client.host if request.client else ""
    if wait := throttle.wait(user.email, address, now=now):
        said = problem("code", TOO_OFTEN, minutes=minutes(wait))
        return _ask(request, wanted, [said], status=429)
    try:
        second_factor.finish_sign_in(session, user, field(form, "code"), now=now)
    except Refused as refusal:
        throttle.failed(user.email, address, now=now)
        return _ask(request, wanted, refusal.problems, status=422)
    throttle.succeeded(user.email)
    response = enter(request, session, user, wanted, now=now)
    drop_cookie(response, site_of(request).settings, BEGUN_COOKIE)
    return response


@router.get("/account/second-factor")
def show(request: Request, session: DbSession, user: Anyone) -> Response:
    """Whether there is one, and how to have one."""
    return _page(request, session, user)


@router.post("/account/second-factor")
def offer(request: Request, session: DbSession, user: Anyone) -> Response:
    """Make a secret for the app to read."""
    second_factor.offer(session, user)
    return see_other(request, "/account/second-factor")


@router.post("/account/second-factor/confirm")
def confirm(
    request: Request, form: Posted, session: DbSession, now: Now, user: Anyone
) -> Response:
    """See that the app works; from then on it is asked for. Recovery codes are shown once."""
    try:
        codes = second_factor.confirm(session, user, field(form, "code"), now=now)
    except Refused as refusal:
        return _page(request, session, user, refusal.problems, status=422)
    return _page(request, session, user, codes=codes)


@router.post("/account/second-factor/end")
def end(request: Request, form: Posted, session: DbSession, now: Now, user: Anyone) -> Response:
    """Do without, after the password was given once more."""
    if not is_password_of(user, field(form, "password")):
        said = problem("password", "This is not your present password.")
        return _page(request, session, user, [said], status=422)
    second_factor.drop(session, user, by=user, now=now)
    return see_other(request, "/account", ENDED)


def _who_began(request: Request, session: Session, now: Now) -> User:
    user = second_factor.user_who_began(session, read_cookie(request, BEGUN_COOKIE), now=now)
    if user is None:
        raise Elsewhere("/sign-in")
    return user


def _ask(
    request: Request, wanted: str, problems: Sequence[Problem] = (), status: int = 200
) -> Response:
    context = {"form": Form({}, problems), "next": wanted}
    return render(request, "sign_in_code.html", context, status=status)


def _page(
    request: Request,
    session: Session,
    user: User,
    problems: Sequence[Problem] = (),
    *,
    codes: Sequence[str] = (),
    status: int = 200,
) -> Response:
    found = second_factor.factor_of(session, user)
    offered = found if found and not found.confirmed_at else None
    context = {
        "form": Form({}, problems),
        "confirmed_at": found.confirmed_at if found else None,
        "secret": offered.secret if offered else "",
        "picture": _picture(offered.address(user)) if offered else "",
        "codes": codes,
    }
    return render(request, "second_factor.html", context, status=status)


def _picture(address: str) -> Markup:
    """A QR code as SVG; dark on light in either scheme, as cameras want it."""
    drawn = segno.make(address, micro=False).svg_inline(scale=5, light="#fff", dark="#000")
    # The paragraph around it has the name.
    drawn = drawn.replace("<svg", '<svg aria-hidden="true"', 1)
    return Markup(drawn)  # noqa: S704 - drawn by the library from an address of ours
