"""Planning by API: what a test could find, and which way of splitting to take."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from experiments.feasibility.advice_export import as_json
from experiments.feasibility.advisor import advise
from experiments.feasibility.at_once import Question, reckon
from experiments.feasibility.outlook import outlook
from experiments.plain import plain
from experiments.process import Milestone
from experiments.sales_history import sales_history
from experiments.users import User
from web.api import FAULTS, PREFIX
from web.deps import DbSession, Now
from web.security import STAFF, allow_token

router = APIRouter(prefix=PREFIX, tags=["Planning"], responses=FAULTS)
Planner = Annotated[User, allow_token(*STAFF)]
# A request may keep others waiting for some seconds, and no longer.
MOST_RUNS = 2_000


@router.get("/feasibility")
def show_feasibility(_user: Planner, asked: Annotated[Question, Query()]) -> dict[str, Any]:
    """What a test of any size would find, by formula: every way of splitting.

    Rates are asked for in percent and differences in points, as on the page, and answered as
    fractions. `ways` has the weeks until the effect is found 80% of the time; `curve` is the
    power of the way that was asked for, by weeks of new leads.
    """
    return dict(plain(reckon(asked)))


@router.get("/advice")
def show_advice(
    session: DbSession,
    now: Now,
    _user: Planner,
    effect: float,
    horizon_days: Annotated[int, Query(ge=1, le=365)] = 60,
    milestone: Milestone = Milestone.WON,
    team: Annotated[list[str] | None, Query()] = None,
    runs: Annotated[int, Query(ge=1, le=MOST_RUNS)] = 500,
) -> dict[str, Any]:
    """Which way of splitting finds an effect first, tried on a team like this one.

    `effect` is a fraction: 0.05 is five points. It takes some seconds.
    """
    history = sales_history(
        session,
        now=now,
        horizon_days=horizon_days,
        milestone=milestone,
        teams=tuple(team or ()),
    )
    return as_json(advise(outlook(history), effect, runs=runs))
