"""What connected programs sent: what was not understood, and the latest of all."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request
from starlette.responses import Response

from experiments.exchange import inbox
from experiments.users import User
from web.deps import DbSession, Now
from web.flash import flash
from web.pages import render, see_other
from web.security import STAFF, allow
from web.site import site_of

router = APIRouter()
Reader = Annotated[User, allow(*STAFF)]

AGAIN = flash("delivery-again", "good", "It is read again; what it told before is not told twice.")
ASIDE = flash("delivery-aside", "good", "It is off the list, and stays stored.")
HOME = "/data/deliveries"
MOST_UNCLEAR, MOST_LATEST = 50, 20
# A body is shown this far; the rest is in the store.
SHOWN_BYTES = 20_000


@router.get("/data/deliveries")
def index(request: Request, session: DbSession, _user: Reader) -> Response:
    """What was not understood, with its reason, and what came last."""
    context = {
        "state": inbox.state(session),
        "unclear": inbox.unclear_readings(session, limit=MOST_UNCLEAR),
        "latest": inbox.latest(session, limit=MOST_LATEST),
    }
    return render(request, "data/deliveries.html", context)


@router.get("/data/deliveries/{delivery_id}")
def show(request: Request, delivery_id: int, session: DbSession, _user: Reader) -> Response:
    """One delivery as it came, and what became of it."""
    found = inbox.delivery(session, delivery_id)
    body = found.body[:SHOWN_BYTES].decode("utf-8", errors="replace")
    context = {"found": found, "body": body, "cut": len(found.body) > SHOWN_BYTES}
    return render(request, "data/delivery.html", context)


@router.post("/data/deliveries/again")
def all_again(request: Request, session: DbSession, now: Now, _user: Reader) -> Response:
    """Read again all that was not understood, such as after words were explained."""
    found = inbox.unclear_readings(session, limit=1000)
    inbox.read_again(session, [each.delivery_id for each in found], now=now)
    return _awake(request)


@router.post("/data/deliveries/{delivery_id}/again")
def again(
    request: Request, delivery_id: int, session: DbSession, now: Now, _user: Reader
) -> Response:
    """Read one again."""
    inbox.read_again(session, [inbox.delivery(session, delivery_id).id], now=now)
    return _awake(request)


@router.post("/data/deliveries/{delivery_id}/aside")
def aside(
    request: Request, delivery_id: int, session: DbSession, now: Now, _user: Reader
) -> Response:
    """Take one off the list."""
    inbox.set_aside(session, inbox.delivery(session, delivery_id), now=now)
    return see_other(request, HOME, ASIDE)


def _awake(request: Request) -> Response:
    response = see_other(request, HOME, AGAIN)
    # Early rather than late: the worker looks again a second later at any rate.
    site_of(request).alarm.set()
    return response
