"""How somebody who proved who they are comes in, and what is asked of them before."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import quote

from fastapi import Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from experiments import users
from experiments.access.second_factor import BEGUN_LIFE, begin_sign_in
from experiments.users import User
from web.pages import see_other
from web.security import SESSION_COOKIE, give_session, read_cookie, set_cookie
from web.site import site_of

BEGUN_COOKIE = "begun"


def enter(
    request: Request, session: Session, user: User, wanted: str, *, now: datetime
) -> Response:
    """Open a new session, whatever cookie the browser brought, and go on to `wanted`."""
    users.sign_out(session, read_cookie(request, SESSION_COOKIE))
    response = see_other(request, wanted)
    token = users.open_session(session, user, now=now)
    give_session(response, site_of(request).settings, token)
    return response


def ask_for_code(
    request: Request, session: Session, user: User, wanted: str, *, now: datetime
) -> Response:
    """Send a person whose password was right on to the code of their app."""
    response = see_other(request, f"/sign-in/code?next={quote(wanted, safe='/')}")
    token = begin_sign_in(session, user, now=now)
    seconds = int(BEGUN_LIFE.total_seconds())
    set_cookie(response, site_of(request).settings, BEGUN_COOKIE, token, seconds=seconds)
    return response
