"""Events into counts: one Ibis expression, run where the data is.

Only a row per variant and rep comes back, however many leads there are. The expression
knows integer times and plain columns only, so that it means the same on every backend.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import ibis
from ibis import _
from ibis.common.deferred import Deferred
from ibis.expr.types import Table
from sqlalchemy.orm import Session
from sqlglot import parse_one
from sqlglot.optimizer.eliminate_subqueries import eliminate_subqueries

from experiments.metric import MILESTONES
from experiments.process import Milestone
from experiments.store.columns import DAY_MICROS, to_micros
from experiments.valuation import Valuation
from experiments.won_value import RepValue, rep_value, value_sums, with_values

# Our names of dialects → Ibis's.
_DIALECTS = {"sqlite": "sqlite", "postgresql": "postgres"}


@dataclass(frozen=True, slots=True)
class Tables:
    """The three tables that counting reads, wherever they are."""

    enrolments: Table
    events: Table
    stages: Table

    @property
    def each(self) -> tuple[Table, Table, Table]:
        """All three, in the order above."""
        return self.enrolments, self.events, self.stages


@dataclass(frozen=True, slots=True)
class Window:
    """Which leads and events count.

    A lead is matured when its horizon ended by `complete_through`. Only what was recorded
    by `as_of` is seen, so that a past look can be counted again. With a `valuation` the won
    value is counted too. Of a test that was changed, only leads that enrolled in one phase count:
    from `enrolled_from` on, before `enrolled_until`.
    """

    experiment_id: int
    horizon_days: int
    complete_through: datetime
    as_of: datetime
    valuation: Valuation | None = None
    enrolled_from: datetime | None = None
    enrolled_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class RepCount:
    """The leads of one rep in one variant; or of one account, where those were asked for.

    `open` of the enrolled are neither won nor lost yet; `reached` counts matured leads only.
    """

    variant_id: int
    rep_id: int
    enrolled: int
    matured: int
    open: int
    reached: dict[Milestone, int]
    value: RepValue | None = None


def counting(tables: Tables, window: Window) -> Table:
    """The expression: a row per variant and rep.

    A milestone is reached when a stage that stands for it was ever entered by the end of
    the horizon; a win counts when it is the lead's state on that day.
    """
    sums = value_sums() if window.valuation else {}
    return (
        each_lead(tables, window)
        .group_by("variant_id", "rep_id")
        .agg(
            enrolled=_.count(),
            matured=_.matured.sum(),
            open=(1 - _.closed.fill_null(0)).sum(),
            **{each.value: (_[each.value].fill_null(0) * _.matured).sum() for each in MILESTONES},
            **sums,
        )
    )


def each_lead(tables: Tables, window: Window) -> Table:
    """The expression before it is summed: a row per enrolled lead.

    `matured`, `closed` and each milestone are 1 or 0, or null for a lead that no event is known
    of; where wins are valued, `value` is in minor units and `is_missing` says that it is unknown.
    """
    leads = _leads(tables, window)
    return _valued(leads, tables, window) if window.valuation else leads


def count(session: Session, window: Window, *, by_account: bool = False) -> list[RepCount]:
    """Run the expression in this session, so that a page sees one snapshot.

    Args:
        by_account: Whether a row is an account's instead of a rep's.
    """
    tables = account_tables() if by_account else store_tables()
    rows = fetched(session, counting(tables, window))
    return [counted_row(row, window.valuation) for row in rows]


def wins_without_value(session: Session, window: Window, *, most: int) -> list[int]:
    """The ids of some matured leads that are won and have no value, in the order of ids."""
    tables = store_tables()
    leads = _valued(_leads(tables, window), tables, window)
    wanted = leads.filter(_.is_missing == 1).select("lead_id").order_by("lead_id").limit(most)
    return [int(row["lead_id"]) for row in fetched(session, wanted)]


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


def standing(events: Table, as_of: int, chosen: Deferred) -> Table:
    """The chosen events that were known by then and are not voided."""
    known = events.filter(_.recorded_at <= as_of)
    voided = known.filter(_.voids_id.notnull()).select(voided_id=_.voids_id)
    return known.filter(chosen).anti_join(voided, _.id == voided.voided_id)


def stage_entries(events: Table, stages: Table, as_of: int) -> Table:
    """Every entry into a stage that was known by then and is not voided.

    Returns:
        The entry's lead_id, stage_id, occurred_at and id, what else the events carry, and the
        stage's columns.
    """
    entries = standing(events, as_of, _.stage_id.notnull())
    of = stages.rename(of_stage="id")
    joined = entries.join(of, entries.stage_id == of.of_stage)
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
                "amount_minor": "int64",
                "currency": "string",
            },
            name="events",
        ),
        stages=ibis.table({"id": "int64", "kind": "string", "milestone": "string"}, name="stages"),
    )


def account_tables() -> Tables:
    """Our own store's tables, with a lead's account in the place of its rep.

    A lead without an account is one of its own, whose number is below 0.
    """
    ours = store_tables()
    leads = ibis.table({"id": "int64", "account_id": "int64"}, name="leads")
    accounts = leads.select(of_lead="id", account=ibis.coalesce(_.account_id, -_.id))
    enrolled = ours.enrolments.drop("rep_id").join(accounts, _.lead_id == accounts.of_lead)
    return replace(ours, enrolments=enrolled.drop("of_lead").rename(rep_id="account"))


def enrolled_leads(tables: Tables, window: Window) -> Table:
    """The enrolments that count, as they were known, each with the end of its horizon."""
    found = tables.enrolments.filter(
        _.experiment_id == window.experiment_id, _.recorded_at <= to_micros(window.as_of)
    )
    if window.enrolled_from:
        found = found.filter(_.enrolled_at >= to_micros(window.enrolled_from))
    if window.enrolled_until:
        found = found.filter(_.enrolled_at < to_micros(window.enrolled_until))
    return found.mutate(ends_at=_.enrolled_at + window.horizon_days * DAY_MICROS)


def _leads(tables: Tables, window: Window) -> Table:
    """The enrolled leads, each with what it reached and whether it matured."""
    as_of, enrolled = to_micros(window.as_of), enrolled_leads(tables, window)
    entries = stage_entries(tables.events, tables.stages, as_of)
    seen = enrolled.select("lead_id", "ends_at").join(entries, "lead_id")
    seen = seen.filter(_.occurred_at <= _.ends_at)
    outcomes = _outcomes(seen).rename(seen_lead="lead_id")
    return enrolled.left_join(outcomes, _.lead_id == outcomes.seen_lead).mutate(
        matured=_flag(_.ends_at <= to_micros(window.complete_through)),
    )


def _valued(leads: Table, tables: Tables, window: Window) -> Table:
    assert window.valuation  # noqa: S101 - asked where there is one
    amounts = standing(tables.events, to_micros(window.as_of), _.amount_minor.notnull())
    columns = ("lead_id", "occurred_at", "id", "amount_minor", "currency")
    return with_values(leads, amounts.select(*columns), window.valuation)


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


def counted_row(row: dict[str, Any], valuation: Valuation | None) -> RepCount:
    """What a row of the expression says."""
    return RepCount(
        variant_id=row["variant_id"],
        rep_id=row["rep_id"],
        enrolled=int(row["enrolled"]),
        matured=int(row["matured"]),
        open=int(row["open"]),
        reached={each: int(row[each.value]) for each in MILESTONES},
        value=rep_value(row, valuation.centre) if valuation else None,
    )
