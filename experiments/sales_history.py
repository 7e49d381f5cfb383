"""What each rep's leads became in the past: a company's own history, before any test."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import ibis
import numpy as np
from ibis import _
from ibis.expr.types import Table
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from analysis.sufficient import Ints
from experiments.counting import Tables, Window, counting, fetched, store_tables
from experiments.events import SITE, Source
from experiments.people import Rep
from experiments.problem import Refused, problem
from experiments.process import Milestone
from experiments.store.columns import DAY_MICROS, to_micros

WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True, eq=False)
class SalesHistory:
    """Leads by the week in which they began and the rep who had them first.

    Only whole weeks whose leads have all reached the horizon are told; the last is the latest.

    Attributes:
        reps: Who had leads, in the order of the rows.
        teams: The team's name of each, or "".
        leads: Shape (reps, weeks).
        reached: Of those, how many reached the milestone within the horizon, shape (reps, weeks).
    """

    reps: tuple[str, ...]
    teams: tuple[str, ...]
    leads: Ints
    reached: Ints
    horizon_days: int
    milestone: Milestone

    @property
    def weeks(self) -> int:
        """How many weeks there are."""
        return int(self.leads.shape[1])

    def latest(self, weeks: int) -> tuple[Ints, Ints]:
        """Leads and successes per rep in the latest weeks, shape (reps,) each."""
        return self.leads[:, -weeks:].sum(axis=1), self.reached[:, -weeks:].sum(axis=1)


def sales_history(
    session: Session,
    *,
    now: datetime,
    horizon_days: int,
    milestone: Milestone = Milestone.WON,
    teams: tuple[str, ...] = (),
    before: datetime | None = None,
) -> SalesHistory:
    """Count the company's past, by the same rules by which an experiment counts.

    Args:
        teams: Names of the teams to look at; all reps where there are none.
        before: Only leads whose horizon was over by then.
    Raises:
        Refused: for a team that is not there.
    """
    through = min(_complete_through(session, now), before or now)
    reps = _reps(session, teams)
    window = Window(
        experiment_id=0, horizon_days=horizon_days, complete_through=through, as_of=now
    )
    rows = _counted(session, window, milestone)
    mine = [(week, rep, n, reached) for week, rep, n, reached in rows if rep in reps and week >= 0]
    places = {rep: at for at, rep in enumerate(sorted({each[1] for each in mine}))}
    weeks = 1 + max((each[0] for each in mine), default=-1)
    leads = np.zeros((len(places), weeks), dtype=np.int64)
    reached = np.zeros_like(leads)
    for week, rep, count, successes in mine:
        # Week 0 is the latest that is whole.
        leads[places[rep], weeks - 1 - week] = count
        reached[places[rep], weeks - 1 - week] = successes
    names = [reps[rep] for rep in places]
    return SalesHistory(
        tuple(name for name, _team in names),
        tuple(team for _name, team in names),
        leads,
        reached,
        horizon_days,
        milestone,
    )


def _complete_through(session: Session, now: datetime) -> datetime:
    told = select(func.min(Source.complete_through_at)).where(
        Source.name != SITE, Source.live.is_(False)
    )
    return min(session.scalar(told) or now, now)


def _reps(session: Session, teams: tuple[str, ...]) -> dict[int, tuple[str, str]]:
    found = {
        rep.id: (rep.external_id, rep.team.name if rep.team else "")
        for rep in session.scalars(select(Rep))
    }
    known = {team for _name, team in found.values()}
    for team in teams:
        if team not in known:
            raise Refused(problem("team", "No team with reps is called {team}.", team=team))
    return {rep: names for rep, names in found.items() if not teams or names[1] in teams}


def _counted(
    session: Session, window: Window, milestone: Milestone
) -> list[tuple[int, int, int, int]]:
    """How many weeks before the last that is whole, rep, leads, successes."""
    last = window.complete_through - timedelta(days=window.horizon_days)
    tables = store_tables()
    begun = _begun(last)
    expression = counting(Tables(begun, tables.events, tables.stages), window)
    return [
        (row["variant_id"], row["rep_id"], int(row["matured"]), int(row[milestone.value]))
        for row in fetched(session, expression)
    ]


def _begun(last: datetime) -> Table:
    """Every lead's beginning as an enrolment, its week standing for the variant."""
    events = ibis.table(
        {
            "id": "int64",
            "lead_id": "int64",
            "type": "string",
            "owner_id": "int64",
            "occurred_at": "int64",
            "recorded_at": "int64",
        },
        name="events",
    )
    since = to_micros(last) - _.occurred_at
    return events.filter(_.type == "created", _.owner_id.notnull(), since >= 0).select(
        "lead_id",
        experiment_id=ibis.literal(0),
        rep_id=_.owner_id,
        variant_id=(since // (7 * DAY_MICROS)).cast("int64"),
        enrolled_at=_.occurred_at,
        recorded_at=ibis.literal(0, "int64"),
    )
