"""An experiment counted where its events are: any database that Ibis speaks to, Spark included.

The plan stays in our own store, and the expression is the one that counts there. The tables are
ours by name and columns, times as whole microseconds since 1970 in UTC.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import ibis
from ibis.common.exceptions import IbisError, TableNotFound
from ibis.expr.types import Table
from sqlalchemy.orm import Session

from experiments import spark
from experiments.counting import RepCount, Tables, Window, counted_row, counting, store_tables
from experiments.experiment import Experiment
from experiments.freshness import complete_through
from experiments.plan import frozen_plan
from experiments.problem import Problem, Refused, problem, refuse_if
from experiments.window import window_of


def connected(url: str) -> Any:
    """A connection of Ibis: `duckdb://FILE`, `postgres://…`, `bigquery://…`, `pyspark://…`.

    Raises:
        Refused: where the address is of no kind that is installed, or nothing answers there.
    """
    try:
        if url.startswith(f"{spark.KIND}://"):
            return spark.opened(url, [each.get_name() for each in store_tables().each])
        return ibis.connect(url)
    # Each of two dozen drivers has errors of its own.
    except Exception as error:
        kind = url.split("://", 1)[0]
        text = "The warehouse ({kind}) cannot be opened: {why}"
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise Refused(problem("warehouse", text, kind=kind, why=lines[0])) from None


def warehouse_tables(warehouse: Any) -> Tables:
    """The warehouse's own tables. Raises Refused naming each that lacks something."""
    ours = store_tables()
    found = {each.get_name(): _found(warehouse, each) for each in ours.each}
    problems = [each for table in ours.each for each in _problems(table, found[table.get_name()])]
    refuse_if(problems)
    kept = {table.get_name(): _columns(found[table.get_name()], table) for table in ours.each}
    return Tables(kept["enrolments"], kept["events"], kept["stages"])


def count_in(warehouse: Any, window: Window) -> list[RepCount]:
    """The counts of a window; only a row per variant and rep leaves the warehouse."""
    expression = counting(warehouse_tables(warehouse), window)
    rows = warehouse.to_pyarrow(expression).to_pylist()
    return [counted_row(row, window.valuation) for row in rows]


def present_window(session: Session, found: Experiment, *, now: datetime) -> Window:
    """What counts of a launched experiment by now, by its frozen plan.

    Raises:
        Refused: for a draft.
    """
    if found.plan is None:
        text = "{key} has not been launched: nothing of it counts yet."
        raise Refused(problem("key", text, key=found.key))
    plan = frozen_plan(found)
    through = complete_through(session, found.id, now=now)
    return window_of(found.id, plan, through=through, as_of=now)


def _found(warehouse: Any, ours: Table) -> Table | None:
    try:
        return warehouse.table(ours.get_name())
    except (TableNotFound, IbisError):
        return None


def _problems(ours: Table, found: Table | None) -> list[Problem]:
    name = ours.get_name()
    if found is None:
        return [problem("warehouse", "The warehouse has no table {name}.", name=name)]
    kinds = dict(found.schema())
    problems = []
    for column, wanted in ours.schema().items():
        where = f"{name}.{column}"
        if column not in kinds:
            problems.append(problem(where, "The warehouse has no column {name}.", name=where))
        elif wanted.is_integer() != kinds[column].is_integer():
            text = "{name} is {kind} in the warehouse; it must be {wanted}."
            said = "a whole number" if wanted.is_integer() else "text"
            problems.append(problem(where, text, name=where, kind=str(kinds[column]), wanted=said))
    return problems


def _columns(found: Table | None, ours: Table) -> Table:
    assert found is not None  # noqa: S101 - refused before
    # Narrow whole numbers would overflow where microseconds are added.
    return found.select(**{name: found[name].cast(kind) for name, kind in ours.schema().items()})
