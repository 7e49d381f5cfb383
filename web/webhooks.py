"""Where connected programs bring what happened: proved, stored as it came, and answered.

What it says is read afterwards by a worker, so that the answer never waits for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.background import BackgroundTask
from starlette.responses import Response

from experiments.crm.adapters import ADAPTERS
from experiments.crm.push import Arrival
from experiments.crm.signatures import BadSignature, check_key
from experiments.exchange import inbox
from experiments.exchange.connections import Connection, credentials_of
from web.deps import DbSession, Now
from web.middleware import BodyTooLarge
from web.site import site_of

router = APIRouter()

# A hundred changes of HubSpot's take 50 kB; Salesforce's largest messages stay under this too.
MOST_MB = 5
# An id that the database cannot hold is nobody's.
LARGEST_ID = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Proved:
    """A request that comes from a connection."""

    connection: Connection
    arrival: Arrival


async def raw_body(request: Request) -> bytes:
    """The bytes of a request. Raises BodyTooLarge."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_MB * 1_000_000:
            raise BodyTooLarge(MOST_MB)
    return bytes(body)


def proved(
    request: Request,
    connection_id: str,
    key: str,
    body: Annotated[bytes, Depends(raw_body)],
    now: Now,
) -> Proved:
    """What came and from whom; nobody waits for the turn to write before this is clear.

    Raises:
        BadSignature: where it is not proved.
    """
    site = site_of(request)
    number = int(connection_id) if connection_id.isdecimal() and connection_id.isascii() else 0
    with site.database.reading() as session:
        found = session.get(Connection, number) if number <= LARGEST_ID else None
    check_key(found.key if found else "", key)
    if found is None or found.closed_at:
        raise BadSignature
    uri = public_address(request, found)
    arrival = Arrival(request.method, uri, body, dict(request.headers))
    credentials = credentials_of(found, site.environ)
    if not (credentials.secret or credentials.organization):
        raise BadSignature
    ADAPTERS[found.kind].prove(credentials, arrival, now)
    return Proved(found, arrival)


@router.post("/webhooks/{connection_id}/{key}")
def take(
    request: Request,
    delivered: Annotated[Proved, Depends(proved)],
    session: DbSession,
    now: Now,
) -> Response:
    """Store what came; the answer says that it is stored, and not that it was understood."""
    arrival, found = delivered.arrival, delivered.connection
    message_id = arrival.headers.get("webhook-id", "")
    inbox.receive(session, found, arrival.body, message_id=message_id, now=now)
    said = ADAPTERS[found.kind].acknowledgement
    # The alarm rings when the answer has left, and so after the commit.
    woken = BackgroundTask(site_of(request).alarm.set)
    return Response(said.body, media_type=said.media_type, background=woken)


def public_address(request: Request, found: Connection) -> str:
    """The address that the program was given, whatever a proxy made of it."""
    root = site_of(request).settings.public_url or str(request.base_url)
    return root.rstrip("/") + found.path
