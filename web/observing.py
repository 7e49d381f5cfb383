"""What an operator sees of every request: its id, its line in the log, its numbers."""

from __future__ import annotations

import logging
import re
import secrets
import time

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger("stagelift.requests")

REQUEST_ID = "X-Request-ID"
# A proxy may have named the request already; anything else could forge lines of the log.
_AN_ID = re.compile(r"[\w.-]{8,64}", re.ASCII)
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)


class Metrics:
    """The numbers of one running site, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "stagelift_requests",
            "Requests answered.",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self._seconds = Histogram(
            "stagelift_request_seconds",
            "Time until the last byte of the answer.",
            ["route"],
            buckets=_SECONDS,
            registry=self.registry,
        )

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answer."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def text(self) -> bytes:
        """All numbers in Prometheus's text form."""
        return generate_latest(self.registry)


class Observed:
    """Gives every request an id, a line in the log and its place in the metrics.

    The route is told, never the path: a path may hold a lead's id.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = Headers(scope=scope).get(REQUEST_ID, "")
        request_id = given if _AN_ID.fullmatch(given) else secrets.token_hex(8)
        # Without an answer of its own, a request ended in a fault.
        status = 500

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[REQUEST_ID] = request_id
            await send(message)

        started = time.perf_counter()
        try:
            await self.app(scope, receive, send_with_id)
        finally:
            self._tell(scope, status, time.perf_counter() - started, request_id)

    def _tell(self, scope: Scope, status: int, seconds: float, request_id: str) -> None:
        method, route = scope["method"], route_of(scope)
        scope["app"].state.site.metrics.observe(method, route, status, seconds)
        told = {"method": method, "route": route, "status": status, "request_id": request_id}
        log.info("%s %s %s", method, route, status, extra=told | {"ms": round(1000 * seconds, 1)})


def route_of(scope: Scope) -> str:
    """The pattern of the address that was asked for; "other" where there is none."""
    if scope["path"].startswith("/static/"):
        return "/static"
    found: str = getattr(scope.get("route"), "path", "other")
    return found
