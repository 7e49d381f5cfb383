"""Signing in with the company's own provider."""

from __future__ import annotations

from datetime import timedelta

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from experiments.problem import NotFound, Refused, problem
from experiments.users import user_by_email
from web.deps import Now
from web.entering import enter
from web.open_id import Begun, OpenId
from web.security import drop_cookie, local_path, read_cookie, set_cookie
from web.site import site_of

router = APIRouter()

BEGUN_COOKIE = "openid"
WANTED_COOKIE = "wanted"
LIFE = timedelta(minutes=10)


@router.get("/sign-in/openid")
def leave(request: Request) -> Response:
    """Send the browser to the provider, with three secrets to come back with."""
    openid, begun = _provider(request), Begun.new()
    response = RedirectResponse(openid.address(begun), status_code=303)
    settings, seconds = site_of(request).settings, int(LIFE.total_seconds())
    wanted = local_path(request.query_params.get("next", "/"))
    set_cookie(response, settings, BEGUN_COOKIE, begun.text(), seconds=seconds)
    set_cookie(response, settings, WANTED_COOKIE, wanted, seconds=seconds)
    return response


@router.get("/sign-in/openid/return")
def come_back(request: Request, now: Now) -> Response:
    """Let the person in whose address the provider has verified, if they have an account.

    The provider answers for any second factor. Accounts are not made here: who may work at this
    company is for its admin to say.
    """
    openid, begun = _provider(request), Begun.read(read_cookie(request, BEGUN_COOKIE))
    if begun is None:
        raise Refused(problem("", "This sign-in did not begin here, or took too long."))
    email = openid.email(begun, dict(request.query_params), now=now.timestamp())
    wanted = local_path(read_cookie(request, WANTED_COOKIE))
    # A browser that comes back asks by GET, whose session keeps nothing.
    with site_of(request).database.writing() as session:
        try:
            user = user_by_email(session, email)
        except NotFound:
            raise _no_account(email) from None
        if user.disabled_at:
            raise _no_account(email)
        response = enter(request, session, user, wanted, now=now)
    for name in (BEGUN_COOKIE, WANTED_COOKIE):
        drop_cookie(response, site_of(request).settings, name)
    return response


def _provider(request: Request) -> OpenId:
    openid = site_of(request).openid
    if openid is None:
        raise NotFound("page", request.url.path)
    return openid


def _no_account(email: str) -> Refused:
    return Refused(problem("", "{email} has no account here: ask your admin.", email=email))
