"""The site as one ASGI app."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from importlib.metadata import version

from fastapi import Depends, FastAPI
from starlette.middleware import Middleware
from starlette.staticfiles import StaticFiles

from experiments.store.engine import make_engine
from web import errors, webhooks
from web.api import (
    assignments,
    decisions,
    experiments,
    health,
    insight,
    metrics,
    planning,
    processes,
    reports,
)
from web.api import deliveries as api_deliveries
from web.api import experiment_health as api_experiment_health
from web.database import Database
from web.middleware import BodyLimit, SecurityHeaders
from web.observing import Observed
from web.open_id import open_id_of
from web.pages import (
    account,
    accounts,
    audit,
    calendar,
    connections,
    data,
    data_import,
    deciding,
    deliveries,
    experiment_change,
    experiment_health,
    experiment_joining,
    experiment_life,
    experiment_papers,
    experiment_wizard,
    feasibility,
    first_run,
    help,
    home,
    import_batches,
    insight_tests,
    lead,
    leads,
    open_id,
    outbox,
    personal,
    rep,
    rep_record,
    report,
    report_sharing,
    second_factor,
    sign_in,
    team,
    welcome,
)
from web.pages import experiments as experiment_pages
from web.pages import insight as insight_pages
from web.pages import processes as process_pages
from web.pages import settings as settings_pages
from web.security import signed_in
from web.settings import Settings
from web.site import Site, utc_now
from web.templating import STATIC, make_environment
from web.worker import working

# A new page is a line here: its router, every route of which needs a signed-in user.
# `/experiments/new` must be known before `/experiments/{key}`.
PAGES = (
    home,
    experiment_pages,
    experiment_joining,
    experiment_change,
    experiment_life,
    experiment_health,
    experiment_papers,
    experiment_wizard,
    deciding,
    feasibility,
    process_pages,
    team,
    rep_record,
    accounts,
    account,
    settings_pages,
    personal,
    audit,
    connections,
    data,
    data_import,
    import_batches,
    deliveries,
    outbox,
    report,
    report_sharing,
    insight_pages,
    insight_tests,
    rep,
    leads,
    lead,
    help,
    second_factor,
)
OPEN_PAGES = (first_run, sign_in, open_id, welcome, calendar, webhooks)
API = (
    api_deliveries,
    processes,
    experiments,
    decisions,
    assignments,
    reports,
    api_experiment_health,
    insight,
    planning,
    health,
    metrics,
)


def create_app(
    settings: Settings,
    *,
    database: Database | None = None,
    clock: Callable[[], datetime] = utc_now,
    works: bool = False,
) -> FastAPI:
    """The app of these settings.

    Args:
        database: Where requests get their sessions; opened from the settings when left out.
        clock: Gives the time, aware.
        works: Whether a worker runs in the app, from its start to its end.
    """
    database = database or Database(make_engine(settings.database_url))
    site = Site(settings, database, make_environment(), clock, openid=open_id_of(settings))
    app = FastAPI(
        title="Stagelift",
        version=version("stagelift"),
        docs_url=None,
        redoc_url=None,
        lifespan=working if works else None,
        middleware=[
            Middleware(Observed),
            Middleware(SecurityHeaders, behind_tls=settings.secure),
            Middleware(BodyLimit, limit=settings.max_body_bytes, refuse=errors.too_large),
        ],
    )
    app.state.site = site
    errors.install(app)
    for page in OPEN_PAGES:
        app.include_router(page.router, include_in_schema=False)
    for page in (second_factor, report_sharing):
        app.include_router(page.open_router, include_in_schema=False)
    for page in PAGES:
        app.include_router(page.router, include_in_schema=False, dependencies=[Depends(signed_in)])
    for noun in API:
        app.include_router(noun.router)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    return app
