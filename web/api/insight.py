"""Insights by API: the same figures as the pages', as JSON."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter

from experiments import alerts
from experiments.insight import (
    activities,
    bottlenecks,
    forecasting,
    moves,
    programme,
    ratios,
    stalled,
)
from experiments.insight.forecasting import Parts
from experiments.insight.ratios import By
from experiments.plain import plain
from experiments.users import User
from web.api import FAULTS, PREFIX
from web.deps import DbSession, Now
from web.insight_query import USUAL_PERIOD, AskedScope, one_of, whole
from web.security import RESULT_READERS, STAFF, allow_token

router = APIRouter(prefix=f"{PREFIX}/insight", tags=["Insight"], responses=FAULTS)
Reading = Annotated[User, allow_token(*STAFF)]


@router.get("/ratios")
def show_ratios(
    session: DbSession, now: Now, _user: Reading, scope: AskedScope, by: str = ""
) -> dict[str, Any]:
    """Of the leads that have had their days, how many reached each milestone within them.

    `by` is all, process, segment, team, month or quarter. Rates are fractions, with the 95%
    interval of the average lead; `ways` tells the moves between stages, and the days in each.
    """
    found = ratios.ratios(session, scope, one_of("by", By, by, usual=By.ALL), now=now)
    return dict(plain(found)) | {"ways": plain(moves.ways(session, scope, now=now))}


@router.get("/bottlenecks")
def show_bottlenecks(
    session: DbSession,
    now: Now,
    _user: Reading,
    scope: AskedScope,
    days: str = "",
    rotting: str = "",
) -> dict[str, Any]:
    """Stages that changed against the period before or differ between teams and processes.

    Each rep counts once, and intervals and claims are corrected for every comparison made.
    `days` is the length of a period, `rotting` after how many days a lead stands still.
    """
    found = bottlenecks.bottlenecks(
        session, scope, now=now, days=whole("days", days, usual=USUAL_PERIOD)
    )
    limit = whole("rotting", rotting, usual=-1)
    stages = stalled.standings(session, scope, now=now, rotting_days=None if limit < 0 else limit)
    rows = [dict(plain(each)) | {"claimed": each.pattern.claimed} for each in found.findings]
    return dict(plain(found)) | {
        "findings": rows,
        "family": found.family,
        "stages": plain(stages),
    }


@router.get("/activities")
def show_activities(
    session: DbSession, now: Now, _user: Reading, scope: AskedScope, day: str = ""
) -> dict[str, Any]:
    """Which actions of a process go with winning: an association, not a proof.

    `process` is needed. Leads of one rep are compared as they stood on the landmark day after
    entering the stage (`day`, else half of the median stay). A claim is corrected for all
    actions that were looked at.
    """
    chosen = whole("day", day, usual=-1)
    found = activities.activities(session, scope, now=now, day=None if chosen == -1 else chosen)
    rows = [
        dict(plain(each)) | {"claimed": each.association.claimed, "kind": "association, not proof"}
        for each in found.activities
    ]
    return dict(plain(found)) | {"activities": rows, "family": found.family}


@router.get("/forecast")
def show_forecast(
    session: DbSession,
    now: Now,
    _user: Reading,
    scope: AskedScope,
    by: str = "",
    test: str = "",
) -> dict[str, Any]:
    """Won value by month, expected with an 80% interval, and how such forecasts did before.

    `by` is team, process, or variant with the key of a `test` whose effects may be seen. Amounts
    are minor units of the company's currency. Every month in `past` was forecast with what was
    known the month before.
    """
    found = forecasting.forecast(
        session,
        one_of("by", Parts, by, usual=Parts.TEAM),
        now=now,
        process=scope.process,
        team=scope.team,
        test=test,
    )
    return dict(plain(found))


@router.get("/programme")
def show_programme(
    session: DbSession, now: Now, _user: Annotated[User, allow_token(*RESULT_READERS)]
) -> dict[str, Any]:
    """All experiments: what was learned and adopted, and what it brings in won leads a year.

    Effects are differences of the close rate as fractions; `shrunk` is free of the winner's
    curse. They are left out while a test hides them.
    """
    return dict(plain(programme.programme(session, now=now)))


@router.get("/alerts")
def show_alerts(session: DbSession, now: Now, _user: Reading) -> dict[str, Any]:
    """What needs somebody: a look or decision that is due, a check that fails, stale data."""
    return {"alerts": plain(alerts.alerts(session, now=now))}
