"""The company's leads by month and group, as the forecast takes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import ibis
import numpy as np
from ibis import _
from ibis.expr.types import Table
from sqlalchemy.orm import Session

from analysis.pipeline import Pipeline
from experiments.company import the_company
from experiments.counting import fetched
from experiments.insight.cohort import Cohort
from experiments.insight.periods import (
    begins_at,
    later,
    month_of,
    months_between,
    period_index,
)
from experiments.insight.visits import visits
from experiments.process import StageKind
from experiments.store.columns import from_micros, to_micros

MOST_MONTHS = 24

Rows = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Pipelines:
    """The months that are over, oldest first, and each group's leads in them.

    `so_far` is what each group has won since the last of them; `foreign` are won leads whose
    value is in another currency, or not known, which are worth nothing here.
    """

    months: tuple[date, ...]
    groups: Mapping[int, Pipeline]
    so_far: Mapping[int, int]
    foreign: int


def pipelines(session: Session, found: Cohort, group: Any) -> Pipelines | None:
    """Count the cohort's leads by month; None while no month with leads is over.

    Args:
        found: A cohort with a horizon that leaves nothing out.
        group: A column of its leads, a number that tells their groups apart.
    """
    zone = the_company(session).zone
    months = _months(session, found)
    if not months:
        return None
    first = to_micros(begins_at(months[0], zone))
    bounds = [*months, later(months[-1], 1)]

    def month(column: Any) -> Any:
        return period_index(column, bounds, zone)

    leads = found.leads.mutate(g=group).filter(_.enrolled_at >= first)
    begun = leads.group_by("g", begun=month(leads.enrolled_at)).agg(leads=_.count())
    grouped = Cohort(found.scope, leads, found.complete_through, found.as_of, found.hidden)
    stays = visits(grouped, by_key=bool(found.scope.process), matured=False)
    return _gathered(
        months,
        fetched(session, begun, deep=True),
        fetched(session, _stays(stays, month), deep=True),
        fetched(session, _wins(stays, month, the_company(session).currency), deep=True),
    )


def _months(session: Session, found: Cohort) -> list[date]:
    """The months from the first lead's to the last that the data holds to its end."""
    zone = the_company(session).zone
    (row,) = fetched(session, found.leads.agg(first=_.enrolled_at.min()), deep=True)
    last = later(month_of(found.complete_through, zone), -1)
    if row["first"] is None or month_of(from_micros(row["first"]), zone) > last:
        return []
    return months_between(month_of(from_micros(row["first"]), zone), last)[-MOST_MONTHS:]


def _stays(stays: Table, month: Any) -> Table:
    working = stays.filter(_.kind == StageKind.OPEN.value)
    won = working.ended == StageKind.WON.value
    after_all = ibis.literal(MOST_MONTHS + 1, "int64")
    return working.group_by(
        "g",
        "node",
        entered=month(working.entered_at),
        left=working.after.isnull().ifelse(after_all, month(working.left_at)),
        won=won.ifelse(month(working.ended_at), after_all),
    ).agg(leads=_.count())


def _wins(stays: Table, month: Any, currency: str) -> Table:
    latest = stays.filter(_.after.isnull(), _.kind == StageKind.WON.value)
    names = {"id": "int64", "amount_minor": "int64", "currency": "string"}
    deals = ibis.table(names, name="leads").select("amount_minor", "currency", of_lead=_.id)
    won = latest.join(deals, latest.lead_id == deals.of_lead)
    known = (won.currency == currency) & won.amount_minor.notnull()
    amount = known.ifelse(won.amount_minor, 0).cast("float64")
    valued = won.mutate(amount=amount, known=known.ifelse(1, 0))
    return valued.group_by("g", begun=month(valued.enrolled_at), won=month(valued.ended_at)).agg(
        leads=_.count(),
        known=_.known.sum(),
        value=_.amount.sum(),
        squares=(_.amount * _.amount).sum(),
    )


def _gathered(months: Sequence[date], begun: Rows, stays: Rows, wins: Rows) -> Pipelines:
    places = {node: at for at, node in enumerate(sorted({row["node"] for row in stays}))}
    groups = sorted({row["g"] for row in begun})
    count = len(months)
    return Pipelines(
        tuple(months),
        {
            group: _pipeline(count, places, *(_of(group, rows) for rows in (begun, stays, wins)))
            for group in groups
        },
        {
            group: sum(int(row["value"]) for row in _of(group, wins) if row["won"] >= count)
            for group in groups
        },
        sum(int(row["leads"] or 0) - int(row["known"] or 0) for row in wins),
    )


def _of(group: int, rows: Rows) -> Rows:
    return [row for row in rows if row["g"] == group]


def _pipeline(
    count: int, places: Mapping[str, int], begun: Rows, stays: Rows, wins: Rows
) -> Pipeline:
    kinds = [
        (places[row["node"]], row["entered"], row["left"], row["won"], row["leads"])
        for row in stays
        if row["entered"] < count
    ]
    arrived = np.zeros(count, dtype=np.int64)
    for row in begun:
        if row["begun"] < count:
            arrived[row["begun"]] = row["leads"]
    won = np.zeros((count, count), dtype=np.int64)
    value, squares = np.zeros(count), np.zeros(count)
    for row in wins:
        if row["won"] < count:
            won[row["begun"], row["won"]] += int(row["leads"])
            value[row["won"]] += float(row["value"])
            squares[row["won"]] += float(row["squares"])
    table = np.array(kinds, dtype=np.int64).reshape(-1, 5)
    # What ends after the last month, or has not ended yet, is the same to it.
    table[:, 2:4] = np.minimum(table[:, 2:4], count)
    return Pipeline(table, arrived, won, won.sum(axis=0), value, squares)


def month_begins(found: Pipelines, ahead: int) -> date:
    """The month that lies so far after the last that is over."""
    return later(found.months[-1], ahead)
