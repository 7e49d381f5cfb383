"""A rep's calendar, at its secret address."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from experiments import calendar_feed
from experiments.company import the_company
from experiments.people import rep_of_user
from experiments.tasks import tasks
from web.deps import DbSession, Now
from web.site import site_of

router = APIRouter()


@router.get("/calendar/{token}.ics")
def feed(request: Request, token: str, session: DbSession, now: Now) -> Response:
    """The tasks of the address's owner, as iCalendar. Whoever has the address may read it."""
    user = calendar_feed.user_of_feed(session, token)
    rep = rep_of_user(session, user.id)
    found = tasks(session, rep, zone=the_company(session).zone) if rep else []
    address = site_of(request).settings.public_url or str(request.base_url)
    body = calendar_feed.calendar(found, site=address, now=now)
    return Response(body, media_type="text/calendar; charset=utf-8")
