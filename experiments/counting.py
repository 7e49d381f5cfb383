"""Events into counts: one Ibis expression, run where the data is.

Only a row per variant and rep comes back, however many leads there are. The expression
knows integer times and plain columns only, so that it means the same on every backend.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import ibis
from ibis import _
from ibis.expr.types import Table
from sqlalchemy.orm import Session
from sqlglot import parse_one
from sqlglot.optimizer.eliminate_subqueries import eliminate_subqueries

from experiments.metric import MILESTONES
from experiments.process import Milestone
from experiments.store.columns import DAY_MICROS, to_micros

# Our names of dialects → Ibis's.
_DIALECTS = {"sqlite": "sqlite", "postgresql": "postgres"}


@dataclass(frozen=True, slots=True)
class Tables:
    """The three tables that counting reads, wherever they are."""

    enrolments: Table
    events: Table
    stages: Table


@dataclass(frozen=True, slots=True)
class Window:
    """Which leads and events count.

    A lead is matured when its horizon ended by `complete_through`. Only what was recorded
    by `as_of` is seen, so that a past look can be counted again.
    """

    experiment_id: int
    horizon_days: int
    complete_through: datetime
    as_of: datetime


@dataclass(frozen=True, slots=True)
class RepCount:
    """The leads of one rep in one variant.

    `open` of the enrolled are neither won nor lost yet; `reached` counts matured leads only.
    """

    variant_id: int
    rep_id: int
    enrolled: int
    matured: int
    open: int
    reached: dict[Milestone, int]


def counting(tables: Tables, window: Window) -> Table:
    """The expression: a row per variant and rep.

    A milestone is reached when a stage that stands for it was ever entered by the end of
    the horizon; a win counts when it is the lead's state on that day.
    """
    as_of = to_micros(window.as_of)
    enrolled = tables.enrolments.filter(
        _.experiment_id == window.experiment_id, _.recorded_at <= as_of
    ).mutate(ends_at=_.enrolled_at + window.horizon_days * DAY_MICROS)
    entries = stage_entries(tables.events, tables.stages, as_of)
    seen = enrolled.select("lead_id", "ends_at").join(entries, "lead_id")
    seen = seen.filter(_.occurred_at <= _.ends_at)
    leads = enrolled.left_join(_outcomes(seen), "lead_id").mutate(
        matured=_flag(_.ends_at <= to_micros(window.complete_through)),
    )
    return leads.group_by("variant_id", "rep_id").agg(
        enrolled=_.count(),
        matured=_.matured.sum(),
        open=(1 - _.closed.fill_null(0)).sum(),
        **{each.value: (_[each.value].fill_null(0) * _.matured).sum() for each in MILESTONES},
    )


def count(session: Session, window: Window) -> list[RepCount]:
    """Run the expression in this session, so that a page sees one snapshot."""
    return [_rep_count(row) for row in fetched(session, counting(store_tables(), window))]


def fetched(session: Session, expression: Table, *, deep: bool = False) -> list[dict[str, Any]]:
    """The rows of an expression over our own store, as this session sees it.

    Args:
        deep: Whether it has many steps. SQLite's parser takes no more than some ten queries
            inside each other, so each becomes a named one, which costs some milliseconds.
    """
    connection = session.connection()
    dialect = _DIALECTS[connection.dialect.name]
    text = str(ibis.to_sql(expression, dialect=dialect))
    if deep:
        text = eliminate_subqueries(parse_one(text, read=dialect)).sql(dialect=dialect)
    return [dict(row) for row in connection.exec_driver_sql(text).mappings()]


def stage_entries(events: Table, stages: Table, as_of: int) -> Table:
    """Every entry into a stage that was known by then and is not voided.

    Returns:
        The entry's lead_id, stage_id, occurred_at and id, what else the events carry, and the
        stage's columns.
    """
    known = events.filter(_.recorded_at <= as_of)
    voided = known.filter(_.voids_id.notnull()).select(voided_id=_.voids_id)
    standing = known.filter(_.stage_id.notnull()).anti_join(voided, _.id == voided.voided_id)
    of = stages.rename(of_stage="id")
    joined = standing.join(of, standing.stage_id == of.of_stage)
    return joined.drop("of_stage", "recorded_at", "voids_id")


def store_tables() -> Tables:
    """Our own store's tables."""
    return Tables(
        enrolments=ibis.table(
            {
                "experiment_id": "int64",
                "lead_id": "int64",
                "rep_id": "int64",
                "variant_id": "int64",
                "enrolled_at": "int64",
                "recorded_at": "int64",
            },
            name="enrolments",
        ),
        events=ibis.table(
            {
                "id": "int64",
                "lead_id": "int64",
                "stage_id": "int64",
                "occurred_at": "int64",
                "recorded_at": "int64",
                "voids_id": "int64",
            },
            name="events",
        ),
        stages=ibis.table({"id": "int64", "kind": "string", "milestone": "string"}, name="stages"),
    )


def _outcomes(seen: Table) -> Table:
    # CRM dates are full of ties: of two entries on one day, the later-stored one is the state.
    latest = ibis.row_number().over(
        group_by="lead_id", order_by=[ibis.desc("occurred_at"), ibis.desc("id")]
    )
    turned = seen.mutate(turn=latest)
    reached = {
        each.value: _flag(turned.milestone == each.value).max()
        for each in MILESTONES
        if each is not Milestone.WON
    }
    state = turned.turn == 0
    return turned.group_by("lead_id").agg(
        **reached,
        won=_flag(state & (turned.kind == "won")).max(),
        closed=_flag(state & (turned.kind != "open")).max(),
    )


def _flag(condition: Any) -> Any:
    # Not a cast: PostgreSQL casts no boolean to a wide integer.
    return condition.ifelse(1, 0)


def _rep_count(row: dict[str, int]) -> RepCount:
    return RepCount(
        variant_id=row["variant_id"],
        rep_id=row["rep_id"],
        enrolled=int(row["enrolled"]),
        matured=int(row["matured"]),
        open=int(row["open"]),
        reached={each: int(row[each.value]) for each in MILESTONES},
    )
