"""What every request of one running site shares."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Event

from jinja2 import Environment
from starlette.requests import HTTPConnection

from web.background import Runs
from web.database import Database
from web.observing import Metrics
from web.open_id import OpenId
from web.settings import Settings
from web.throttle import Throttle


@dataclass(frozen=True, slots=True)
class Site:
    """A running site.

    Args:
        environ: Where the secrets of connections may stand.
        alarm: Set when there is something to do that the worker should not wait for.
    """

    settings: Settings
    database: Database
    environment: Environment
    clock: Callable[[], datetime]
    metrics: Metrics = field(default_factory=Metrics)
    throttle: Throttle = field(default_factory=Throttle)
    openid: OpenId | None = None
    runs: Runs = field(default_factory=Runs)
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    alarm: Event = field(default_factory=Event)


def utc_now() -> datetime:
    """The clock of the world outside."""
    return datetime.now(UTC)


def site_of(request: HTTPConnection) -> Site:
    """The site that a request came to."""
    found: Site = request.app.state.site
    return found
