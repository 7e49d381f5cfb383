"""A table with times and events, counted where it is."""

from pathlib import Path
from typing import Any

import duckdb
import pytest
from ibis.expr.types import Table

from analysis.endings import Ending
from experiments.lead_table.columns import Columns
from experiments.lead_table.endings import count_endings, groups_of
from experiments.lead_table.source import LeadTable, file_table
from experiments.problem import Refused

COLUMNS = Columns(variant="process", outcomes=("event",), rep="rep")


def test_a_hundred_thousand_leads_are_one_grouped_query(tmp_path: Path) -> None:
    path = tmp_path / "leads.parquet"
    with duckdb.connect() as connection:
        connection.execute(
            "COPY (SELECT 'r' || i % 40 AS rep, 'AB'[1 + i % 2] AS process,"
            " i % 91 AS etime, i % 3 AS event FROM range(100000) AS leads(i))"
            f" TO '{path}' (FORMAT parquet)"
        )
    asked: list[Table] = []
    rows: list[dict[str, Any]] = []
    with file_table(path) as leads:

        def fetch(expression: Table) -> list[dict[str, Any]]:
            asked.append(expression)
            rows.extend(leads.fetch(expression))
            return rows

        spied = LeadTable(leads.table, fetch, leads.place_of, leads.reads_text)
        ended = count_endings(spied, COLUMNS, "etime")
    assert len(asked) == 1
    # 40 reps, each of one variant, 91 days and 3 events.
    assert len(rows) == len(ended) == 40 * 91 * 3
    assert sum(each.n for each in ended) == 100_000


def test_leads_are_counted_by_rep_day_and_event_in_order(tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    path.write_text("rep,process,etime,event\nb,B,2,1\na,A,3,0\na,A,1.5,2\na,A,3.0,0\n")
    with file_table(path) as leads:
        ended = count_endings(leads, COLUMNS, "etime")
    assert [(each.rep, each.time, each.event, each.n) for each in ended] == [
        ("a", 1.5, Ending.LOST, 1),
        ("a", 3.0, Ending.OPEN, 2),
        ("b", 2.0, Ending.WON, 1),
    ]
    assert [(group.rep, group.n, group.mean) for group in groups_of(ended)] == [
        ("a", 3, 0.0),
        ("b", 1, 1.0),
    ]


def test_a_table_without_rows_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "leads.parquet"
    with duckdb.connect() as connection:
        connection.execute(
            "COPY (SELECT 'a' AS rep, 'A' AS process, 1 AS etime, 1 AS event WHERE false)"
            f" TO '{path}' (FORMAT parquet)"
        )
    with file_table(path) as leads, pytest.raises(Refused, match="nothing to compare"):
        count_endings(leads, COLUMNS, "etime")
