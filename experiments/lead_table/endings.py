"""From a table of leads with a time and an event to counts, by one Ibis expression."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Any

import ibis
import numpy as np
from ibis import _
from ibis.expr.types import Table

from analysis.endings import Ending, Endings
from experiments.lead_table.columns import Columns
from experiments.lead_table.counts import Group
from experiments.lead_table.numbers import (
    LARGEST,
    check_columns,
    columns_of,
    number_of,
    refused_at,
)
from experiments.lead_table.source import LeadTable
from experiments.problem import Refused, problem

_NO_TIME = "{said} is not a time: that is a number, 0 or more."
_NO_EVENT = "{said} is not 0 (open), 1 (won) or 2 (lost)."


@dataclass(frozen=True, slots=True)
class Ended:
    """Leads of one variant, rep and stratum that ended alike; "" for a part without a column."""

    variant: str
    rep: str
    stratum: str
    time: float
    event: Ending
    n: int  # leads, at least 1


def count_endings(leads: LeadTable, columns: Columns, time: str) -> list[Ended]:
    """Count a table of leads, in order of variant, rep and stratum.

    Args:
        columns: The outcome's is that of the event.
        time: The column of the time.
    Raises:
        Refused: for a column that is not there, an empty cell, a time that is not a number from
            0 up, an event that is not 0, 1 or 2, or a table without rows; naming the column and
            the row.
    """
    check_columns(leads, list(columns.parts.values()), [time, columns.outcome])
    rows = leads.fetch(counting(leads.table, columns, time))
    if not rows:
        raise Refused(problem("rows", "There are none: nothing to compare."))
    for part, column in columns.parts.items():
        if any(row[part] is None for row in rows):
            raise refused_at(leads, {column: None}, column, "The cell is empty.")
    for row in rows:
        if row["time"] is None:
            raise _refused(leads, time, row["said_time"], _NO_TIME)
        if row["event"] is None:
            raise _refused(leads, columns.outcome, row["said_event"], _NO_EVENT)
    return sorted(map(_ended, rows), key=attrgetter("variant", "rep", "stratum", "time", "event"))


def counting(table: Table, columns: Columns, time: str) -> Table:
    """The expression: a row per variant, rep, stratum, time and event."""
    day, event = number_of(table[time]), number_of(table[columns.outcome])
    nothing = ibis.null("float64")
    rows = table.select(
        **columns_of(table, columns.parts),
        time=day.between(0.0, LARGEST).ifelse(day, nothing),
        event=event.isin([float(each) for each in Ending]).ifelse(event, nothing),
        said_time=table[time].cast("string"),
        said_event=table[columns.outcome].cast("string"),
    )
    return rows.group_by([*columns.parts, "time", "event"]).aggregate(
        n=_.count(), said_time=_.said_time.min(), said_event=_.said_event.min()
    )


def groups_of(ended: Sequence[Ended]) -> list[Group]:
    """The same leads by variant, rep and stratum; their outcome is to have been seen won."""

    def group(members: Sequence[Ended]) -> Group:
        first, n = members[0], sum(each.n for each in members)
        won = sum(each.n for each in members if each.event is Ending.WON) / n
        return Group(first.variant, first.rep, first.stratum, n, won, won * (1 - won), True)

    of_one = groupby(ended, key=attrgetter("variant", "rep", "stratum"))
    return [group(list(members)) for _key, members in of_one]


def endings_of(ended: Sequence[Ended], reps: Sequence[str]) -> Endings:
    """Some of the leads as the methods take them, their reps in this order.

    Args:
        reps: All who have leads among these.
    """
    place = {rep: index for index, rep in enumerate(reps)}
    return Endings(
        np.array([each.time for each in ended], dtype=np.float64),
        np.array([each.event for each in ended], dtype=np.int64),
        np.array([each.n for each in ended], dtype=np.int64),
        np.array([place[each.rep] for each in ended], dtype=np.int64),
        tuple(reps),
    )


def _refused(leads: LeadTable, column: str, said: str | None, text: str) -> Refused:
    if not (said or "").strip():
        return refused_at(leads, {column: None}, column, "The cell is empty.")
    return refused_at(leads, {column: said}, column, text, said=said)


def _ended(row: Mapping[str, Any]) -> Ended:
    return Ended(
        variant=row["variant"],
        rep=row.get("rep", ""),
        stratum=row.get("stratum", ""),
        time=row["time"],
        event=Ending(int(row["event"])),
        n=row["n"],
    )
