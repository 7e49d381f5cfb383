"""What every request of one running site shares."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from jinja2 import Environment
from starlette.requests import HTTPConnection

from web.database import Database
from web.observing import Metrics
from web.open_id import OpenId
from web.settings import Settings
from web.throttle import Throttle


@dataclass(frozen=True, slots=True)
class Site:
    """A running site."""

    settings: Settings
    database: Database
    environment: Environment
    clock: Callable[[], datetime]
    metrics: Metrics = field(default_factory=Metrics)
    throttle: Throttle = field(default_factory=Throttle)
    openid: OpenId | None = None


def utc_now() -> datetime:
    """The clock of the world outside."""
    return datetime.now(UTC)


def site_of(request: HTTPConnection) -> Site:
    """The site that a request came to."""
    found: Site = request.app.state.site
    return found
