"""What each rep's leads became in the past: a company's own history, before any test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

import ibis
import numpy as np
from ibis import _
from ibis.expr.types import Table
from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from analysis.sufficient import Floats, Ints
from experiments.counting import Tables, Window, counting, fetched, store_tables
from experiments.events import SITE, Event, EventType, Source
from experiments.people import Rep
from experiments.problem import Refused, problem
from experiments.process import Milestone
from experiments.store.columns import DAY_MICROS, to_micros
from experiments.valuation import Valuation
from experiments.won_value import rep_value

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
        until_at: The end of the latest week: leads that began by then are told.
        wins: Of the leads, those won within the horizon whose amount is known, shape
            (reps, weeks); only where a valuation was asked for, like their value.
        value: What those are worth together, in minor units, shape (reps, weeks).
    """

    reps: tuple[str, ...]
    teams: tuple[str, ...]
    leads: Ints
    reached: Ints
    horizon_days: int
    milestone: Milestone
    until_at: datetime | None = None
    wins: Ints | None = None
    value: Floats | None = None

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
    valuation: Valuation | None = None,
) -> SalesHistory:
    """Count the company's past, by the same rules by which an experiment counts.

    Args:
        teams: Names of the teams to look at; all reps where there are none.
        before: Only leads whose horizon was over by then.
        valuation: By which wins are valued; they are not where there is none.
    Raises:
        Refused: for a team that is not there.
    """
    through = min(_complete_through(session, now), before or now)
    reps = _reps(session, teams)
    window = Window(0, horizon_days, through, as_of=now, valuation=valuation)
    last = through - timedelta(days=horizon_days)
    counted = _counted(session, window, last, milestone)
    rows = [row for row in counted if row.rep in reps and row.week >= 0]
    places = {rep: at for at, rep in enumerate(sorted({row.rep for row in rows}))}
    weeks = 1 + max((row.week for row in rows), default=-1)
    names = [reps[rep] for rep in places]

    def table(figure: Callable[[_Row], float]) -> Floats:
        found = np.zeros((len(places), weeks))
        for row in rows:
            # Week 0 is the latest that is whole.
            found[places[row.rep], weeks - 1 - row.week] = figure(row)
        return found

    return SalesHistory(
        tuple(name for name, _team in names),
        tuple(team for _name, team in names),
        table(lambda row: row.leads).astype(np.int64),
        table(lambda row: row.reached).astype(np.int64),
        horizon_days,
        milestone,
        last,
        table(lambda row: row.wins).astype(np.int64) if valuation else None,
        table(lambda row: row.value) if valuation else None,
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


class _Row(NamedTuple):
    """The leads of one rep that began in one week."""

    week: int  # how many before the last that is whole
    rep: int
    leads: int
    reached: int
    wins: int
    value: float


def _counted(
    session: Session, window: Window, last: datetime, milestone: Milestone
) -> Iterator[_Row]:
    if not _any_begun(session, last):
        return  # a company that begins has no past, and need not wait for it
    tables = store_tables()
    expression = counting(Tables(_begun(last), tables.events, tables.stages), window)
    for row in fetched(session, expression, deep=window.valuation is not None):
        value = rep_value(row, window.valuation.centre) if window.valuation else None
        yield _Row(
            row["variant_id"],
            row["rep_id"],
            int(row["matured"]),
            int(row[milestone.value]),
            value.wins if value else 0,
            value.total if value else 0.0,
        )


def _any_begun(session: Session, last: datetime) -> bool:
    begun = exists().where(Event.type == EventType.CREATED, Event.occurred_at <= last)
    return bool(session.scalar(select(begun)))


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
