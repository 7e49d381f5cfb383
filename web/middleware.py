"""What holds for every request: the headers of its answer, and the largest body."""

from __future__ import annotations

from collections.abc import Callable

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self' data:; "
    "script-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "private, no-store",
}
# A browser that has seen the site behind TLS asks for it in no other way, for two years.
STRICT_TRANSPORT = "max-age=63072000"
FOR_A_YEAR = "public, max-age=31536000, immutable"
# A browser shows our answer only after it could send what it wanted, up to a bound.
DISCARDED_TIMES = 10


class SecurityHeaders:
    """Sets `HEADERS` on every answer; a static file asked for by its mark is kept for a year.

    Args:
        behind_tls: Whether browsers reach the site by HTTPS only.
    """

    def __init__(self, app: ASGIApp, *, behind_tls: bool = False) -> None:
        self.app = app
        strict = {"Strict-Transport-Security": STRICT_TRANSPORT} if behind_tls else {}
        self.headers = HEADERS | strict

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(self.headers)
                marked = scope["path"].startswith("/static/") and b"v=" in scope["query_string"]
                if marked and message["status"] == 200:
                    headers["Cache-Control"] = FOR_A_YEAR
            await send(message)

        await self.app(scope, receive, send_with_headers)


class BodyTooLarge(HTTPException):
    """More arrived than the limit allows: the site's, or one of a route's own, in megabytes."""

    def __init__(self, limit_mb: int | None = None) -> None:
        super().__init__(413)
        self.limit_mb = limit_mb


class BodyLimit:
    """Refuses a body over the limit, by its stated length or by counting what arrives.

    Starlette's own limit answers in plain text and beside the other middleware; people and
    programs need ours to name the limit.

    Args:
        limit: The most bytes that a body may have.
        refuse: Makes the answer for a stated length over the limit.
    """

    def __init__(self, app: ASGIApp, limit: int, refuse: Callable[[Request], Response]) -> None:
        self.app, self.limit, self.refuse = app, limit, refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        stated = headers.get("content-length", "")
        if stated.isdecimal() and int(stated) > self.limit:
            # Someone who asks first ("Expect") has sent nothing yet.
            if "expect" not in headers:
                await self._discard(receive)
            await self.refuse(Request(scope))(scope, receive, send)
            return
        await self._count(scope, receive, send)

    async def _count(self, scope: Scope, receive: Receive, send: Send) -> None:
        arrived = 0

        async def counted() -> Message:
            nonlocal arrived
            message = await receive()
            arrived += len(message.get("body", b""))
            if arrived > self.limit:
                if message.get("more_body"):
                    await self._discard(receive)
                raise BodyTooLarge
            return message

        await self.app(scope, counted, send)

    async def _discard(self, receive: Receive) -> None:
        left = self.limit * DISCARDED_TIMES
        while left > 0:
            message = await receive()
            left -= len(message.get("body", b""))
            if message["type"] != "http.request" or not message.get("more_body"):
                return
