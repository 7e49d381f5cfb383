"""How leads move between stages, backwards too, and how long they stay in each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import ibis
from ibis import _
from ibis.expr.types import Table
from sqlalchemy.orm import Session

from experiments.counting import fetched
from experiments.insight.cohort import Scope, cohort
from experiments.insight.visits import LOST, Nodes, nodes, quantile, visits
from experiments.process import StageKind


@dataclass(frozen=True, slots=True)
class Move:
    """Moves from one place to another; `to` is "" for stays that last to the horizon's end."""

    origin: str
    to: str
    moves: int
    backward: bool


@dataclass(frozen=True, slots=True)
class Stay:
    """How long leads that were ever in a place stayed there, within their horizon.

    Attributes:
        visits: Stays, of which a lead may have several.
        cumulative: The median lead's time over all its stays there.
        latest: The median lead's time in the latest of them.
        staying: Leads that were still there when their horizon ended; their stays count as long
            as they were seen, so that a median is too short only where most of them stay.
    """

    leads: int
    visits: int
    cumulative: timedelta
    latest: timedelta
    staying: int


@dataclass(frozen=True, slots=True)
class Place:
    """A stage of a process, or a milestone of all: who came, where they went, how long they took.

    `name` is the stage's; for a milestone and for lost it is its word.
    """

    node: str
    name: str
    stay: Stay
    moves: tuple[Move, ...]

    @property
    def total(self) -> int:
        """Stays that began here."""
        return sum(each.moves for each in self.moves)


@dataclass(frozen=True, slots=True)
class Ways:
    """The places in order; `by_key` where they are a process's own stages."""

    scope: Scope
    by_key: bool
    leads: int
    places: tuple[Place, ...]
    names: dict[str, str]
    kinds: dict[str, StageKind]
    complete_through: datetime
    tests_left_out: int


def ways(session: Session, scope: Scope, *, now: datetime) -> Ways:
    """The moves and stays of the scope's matured leads.

    Raises:
        NotFound: for a process or team that is not there.
    """
    found = cohort(session, scope, now=now)
    known = nodes(session, scope.process)
    stays = visits(found, by_key=known.by_key)
    moved = fetched(
        session,
        stays.group_by("node", "after").agg(moves=_.count(), kind=_.kind.max()),
        deep=True,
    )
    times = _times(session, stays.filter(_.kind == StageKind.OPEN.value))
    total = fetched(session, found.matured.agg(n=_.count()))[0]["n"]
    places = tuple(_place(node, known, moved, times) for node in known.open if node in times)
    return Ways(
        scope,
        known.by_key,
        int(total),
        places,
        known.names,
        known.kinds,
        found.complete_through,
        len(found.hidden),
    )


def _times(session: Session, stays: Table) -> dict[str, Stay]:
    timed = stays.mutate(stay=_.left_at - _.entered_at)
    by_lead = timed.group_by("node", "lead_id").agg(
        cumulative=_.stay.sum(), visits=_.count(), staying=_.after.isnull().ifelse(1, 0).max()
    )
    latest = ibis.window(group_by=["node", "lead_id"], order_by=ibis.desc("turn"))
    last = timed.mutate(back=ibis.row_number().over(latest)).filter(_.back == 0)
    cumulative = _medians(session, by_lead, "cumulative")
    latest_stay = _medians(session, last, "stay")
    sums = by_lead.group_by("node").agg(
        leads=_.count(), visits=_.visits.sum(), staying=_.staying.sum()
    )
    return {
        row["node"]: Stay(
            int(row["leads"]),
            int(row["visits"]),
            cumulative[row["node"]],
            latest_stay[row["node"]],
            int(row["staying"]),
        )
        for row in fetched(session, sums, deep=True)
    }


def _medians(session: Session, table: Table, value: str) -> dict[str, timedelta]:
    rows = fetched(session, quantile(table, value, ["node"], tenths=5), deep=True)
    return {row["node"]: timedelta(microseconds=round(row["value"])) for row in rows}


def _place(node: str, known: Nodes, moved: list[dict[str, Any]], times: dict[str, Stay]) -> Place:
    order = {each: at for at, each in enumerate(known.names)}
    here = [row for row in moved if row["node"] == node]
    moves = [
        Move(node, row["after"] or "", int(row["moves"]), _is_back(known, order, row))
        for row in here
    ]
    # Onward in order, then backwards, lost, and those who stay.
    moves.sort(key=lambda each: (_part(each, known), order.get(each.to, -1)))
    return Place(node, known.names[node], times[node], tuple(moves))


def _is_back(known: Nodes, order: dict[str, int], row: dict[str, Any]) -> bool:
    after = row["after"]
    is_open = known.kinds.get(after) is StageKind.OPEN
    return bool(after) and is_open and order[after] < order[row["node"]]


def _part(move: Move, known: Nodes) -> int:
    if not move.to:
        return 3
    if move.backward:
        return 1
    lost = move.to == LOST or known.kinds.get(move.to) is StageKind.LOST
    return 2 if lost else 0
