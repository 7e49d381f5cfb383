"""What connected programs are told: what waits, what was given up, and another try."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request
from starlette.responses import Response

from experiments.exchange import outbox
from experiments.exchange.outbox import Topic
from experiments.users import User
from web.deps import DbSession, Now
from web.flash import flash
from web.pages import render, see_other
from web.security import STAFF, allow
from web.site import site_of
from web.texts import N_

router = APIRouter()
Reader = Annotated[User, allow(*STAFF)]

AGAIN = flash("outbox-again", "good", "It is sent again in a moment.")
TITLES = {
    Topic.LEAD_VARIANT: N_("Which variant a lead follows"),
    Topic.REP_VARIANT: N_("Which variant a rep follows"),
    Topic.TASK: N_("The next step"),
}
HOME = "/data/outbox"
MOST_GIVEN_UP, MOST_LATEST = 50, 20


@router.get("/data/outbox")
def index(request: Request, session: DbSession, _user: Reader) -> Response:
    """What waits, what was given up, and what was told last."""
    context = {
        "state": outbox.state(session),
        "given_up": outbox.given_up(session, limit=MOST_GIVEN_UP),
        "latest": outbox.latest(session, limit=MOST_LATEST),
        "titles": TITLES,
    }
    return render(request, "data/outbox.html", context)


@router.post("/data/outbox/again")
def all_again(request: Request, session: DbSession, now: Now, _user: Reader) -> Response:
    """Send again all that was given up."""
    outbox.try_again(session, None, now=now)
    return _awake(request)


@router.post("/data/outbox/{message_id}/again")
def again(
    request: Request, message_id: int, session: DbSession, now: Now, _user: Reader
) -> Response:
    """Send one again."""
    outbox.try_again(session, [message_id], now=now)
    return _awake(request)


def _awake(request: Request) -> Response:
    site_of(request).alarm.set()
    return see_other(request, HOME, AGAIN)
