"""`stagelift experiment count`, from the store and from a warehouse."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner, Result

from experiments.counting import store_tables
from tests.web.test_report_command import database
from web.cli import main

__all__ = ["database"]

pytestmark = pytest.mark.filterwarnings("ignore:fetch_arrow_table:DeprecationWarning")


def run(*words: str) -> Result:
    return CliRunner().invoke(main, ["experiment", "count", *words])


def test_the_counts_are_told_by_variant_and_rep(database: None) -> None:
    shown = json.loads(run("past", "--json").stdout)

    assert {row["variant"] for row in shown["counts"]} == {"a", "b"}
    assert sum(row["enrolled"] for row in shown["counts"]) == 40
    assert "matured" in run("past").stdout.splitlines()[0]


def test_a_warehouse_counts_what_the_store_counts(
    database: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "warehouse.duckdb"
    with (
        sqlite3.connect(tmp_path / "report.sqlite") as store,
        duckdb.connect(str(path)) as warehouse,
    ):
        for table in store_tables().each:
            names, name = ", ".join(table.columns), table.get_name()
            kinds = ", ".join(
                f"{column} {'BIGINT' if kind.is_integer() else 'VARCHAR'}"
                for column, kind in table.schema().items()
            )
            warehouse.execute(f"CREATE TABLE {name} ({kinds})")
            rows = store.execute(f"SELECT {names} FROM {name}").fetchall()
            marks = ", ".join("?" * len(table.columns))
            warehouse.executemany(f"INSERT INTO {name} VALUES ({marks})", rows)
    here = json.loads(run("past", "--json").stdout)
    monkeypatch.setenv("STAGELIFT_WAREHOUSE_URL", f"duckdb://{path}")

    there = json.loads(run("past", "--json").stdout)

    assert there == here


def test_a_warehouse_that_cannot_be_opened_is_one_line(database: None) -> None:
    refused = run("past", "--warehouse", "nonsense://there")

    assert refused.exit_code == 2
    assert "The warehouse (nonsense) cannot be opened" in refused.stderr
