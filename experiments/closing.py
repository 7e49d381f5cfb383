"""When and how leads first closed: one Ibis expression, a row per variant, rep, day and ending."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import ibis
import numpy as np
from ibis import _
from ibis.expr.types import Table
from sqlalchemy.orm import Session

from analysis.endings import Ending, Endings
from experiments.counting import (
    Tables,
    Window,
    enrolled_leads,
    fetched,
    stage_entries,
    store_tables,
)
from experiments.store.columns import DAY_MICROS, to_micros


@dataclass(frozen=True, slots=True)
class Closing:
    """Leads of one rep in one variant that first closed on one day, or were last seen open then.

    `day` counts from enrolment: what happens by the end of day d happened within d days. No lead
    is followed beyond the horizon.
    """

    variant_id: int
    rep_id: int
    day: int
    ending: Ending
    leads: int


def closing(tables: Tables, window: Window) -> Table:
    """The expression, over all enrolled leads, those that have not matured too."""
    as_of = to_micros(window.as_of)
    through = to_micros(min(window.complete_through, window.as_of))
    enrolled = enrolled_leads(tables, window).filter(_.enrolled_at <= through).drop("ends_at")
    closes = stage_entries(tables.events, tables.stages, as_of).filter(
        _.kind != "open", _.occurred_at <= through
    )
    # A join, as a lead enrols once, and sums below, not a filter by turn: of a `semi_join` or of
    # such a filter SQLite expects few rows, and then looks through all of them for each lead.
    closes = enrolled.select("lead_id").join(closes, "lead_id")
    # A lead may be reopened and close again: its first close counts.
    turn = ibis.row_number().over(group_by="lead_id", order_by=["occurred_at", "id"])
    turned = closes.mutate(turn=turn)
    first = turned.group_by(of_lead=_.lead_id).agg(
        closed_at=_.occurred_at.min(),
        won=((_.turn == 0) & (_.kind == "won")).ifelse(1, 0).max(),
    )
    leads = enrolled.left_join(first, enrolled.lead_id == first.of_lead).mutate(
        # A day that has begun is over when what happens in it has happened.
        # Nothing divides a null: SQLite calls a function of ours that takes none.
        closed=(_.closed_at.fill_null(0) - _.enrolled_at + (DAY_MICROS - 1)) // DAY_MICROS,
        followed=(through - _.enrolled_at) // DAY_MICROS,
    )
    horizon = window.horizon_days
    in_time = leads.closed_at.notnull() & (leads.closed <= horizon)
    followed = (leads.followed > horizon).ifelse(horizon, leads.followed)
    return (
        leads.mutate(
            day=in_time.ifelse((leads.closed < 0).ifelse(0, leads.closed), followed),
            ending=ibis.cases(
                (in_time & (leads.won == 1), int(Ending.WON)),
                (in_time, int(Ending.LOST)),
                else_=int(Ending.OPEN),
            ),
        )
        .group_by("variant_id", "rep_id", "day", "ending")
        .agg(leads=_.count())
    )


def closings(session: Session, window: Window) -> list[Closing]:
    """Run the expression in this session; the rows in order."""
    rows = fetched(session, closing(store_tables(), window))
    found = [
        Closing(
            row["variant_id"],
            row["rep_id"],
            int(row["day"]),
            Ending(int(row["ending"])),
            int(row["leads"]),
        )
        for row in rows
    ]
    return sorted(found, key=lambda each: (each.variant_id, each.rep_id, each.day, each.ending))


def endings(rows: Sequence[Closing], reps: Sequence[int]) -> Endings:
    """The leads of these reps as the methods take them, the reps in this order.

    Args:
        reps: Ids; those without leads are left out.
    """
    with_leads = {row.rep_id for row in rows}
    place = {rep: at for at, rep in enumerate(each for each in reps if each in with_leads)}
    mine = [row for row in rows if row.rep_id in place]
    return Endings(
        np.array([row.day for row in mine], dtype=np.float64),
        np.array([row.ending for row in mine], dtype=np.int64),
        np.array([row.leads for row in mine], dtype=np.int64),
        np.array([place[row.rep_id] for row in mine], dtype=np.int64),
        tuple(map(str, place)),
    )
