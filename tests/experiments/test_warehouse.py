"""One expression, the same counts on every machine."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import astuple
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import duckdb
import ibis
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlalchemy import BigInteger, Column, MetaData, String, Table
from sqlalchemy.orm import Session

from experiments.counting import RepCount, Window, count, store_tables
from experiments.problem import Refused
from experiments.store.bulk import add_rows
from experiments.store.columns import DAY_MICROS, to_micros
from experiments.store.engine import make_engine
from experiments.valuation import Valuation
from experiments.warehouse import connected, count_in, warehouse_tables
from tests.conftest import NOW

LEADS, EVENTS, REPS = 200_000, 800_000, 40
DAYS, HORIZON = 120, 30
NAMES = ("enrolments", "events", "stages")
STAGES = [
    ("open", "lead"),
    ("open", "qualified"),
    ("open", "demo"),
    ("open", "proposal"),
    ("won", "won"),
    ("lost", None),
]
VALUATION = Valuation("EUR", 900_000, {"USD": 0.8713}, 40_000.0)
WINDOW = Window(1, HORIZON, NOW - timedelta(days=20), NOW - timedelta(days=5), VALUATION)

# Ibis 12 reads DuckDB 2 by a name that DuckDB has given up.
pytestmark = pytest.mark.filterwarnings("ignore:fetch_arrow_table:DeprecationWarning")

World = dict[str, pa.Table]


def world(leads: int, events: int) -> World:
    """Leads of forty reps: whole days, so ties abound; late, voided and reopened ones too."""
    rng = np.random.default_rng(20261125)
    begin = to_micros(NOW) - DAYS * DAY_MICROS
    enrolled = begin + rng.integers(0, DAYS, leads) * DAY_MICROS
    reps = rng.integers(1, REPS + 1, leads)
    lead = rng.integers(0, leads, events)
    occurred = enrolled[lead] + rng.integers(0, HORIZON + 15, events) * DAY_MICROS
    # Some are told long after: what was not known by the window's moment does not count.
    recorded = occurred + rng.integers(0, 40, events) * DAY_MICROS * (rng.random(events) < 0.2)
    stage = rng.integers(1, len(STAGES) + 1, events)
    is_amount, is_void = rng.random(events) < 0.15, rng.random(events) < 0.05
    voids = np.where(np.arange(events) > 0, rng.integers(0, np.arange(1, events + 1)), 1)
    is_void &= voids > 0
    is_stage = ~is_amount & ~is_void
    amount, dear = rng.integers(100, 1_000_000, events), rng.choice(["EUR", "USD", "CHF"], events)
    enrolments = {
        "experiment_id": np.where(rng.random(leads) < 0.9, 1, 2),
        "lead_id": np.arange(leads),
        "rep_id": reps,
        "variant_id": 1 + reps % 2,
        "enrolled_at": enrolled,
        "recorded_at": enrolled,
    }
    told = {
        "id": np.arange(1, events + 1),
        "lead_id": lead,
        "stage_id": pa.array(stage, mask=~is_stage),
        "occurred_at": occurred,
        "recorded_at": recorded,
        "voids_id": pa.array(voids, mask=~is_void),
        "amount_minor": pa.array(amount, mask=~is_amount),
        "currency": pa.array(dear, pa.string(), mask=~is_amount),
    }
    kinds, milestones = zip(*STAGES, strict=True)
    stages = {
        "id": pa.array(range(1, len(STAGES) + 1)),
        "kind": pa.array(kinds),
        "milestone": pa.array(milestones, pa.string()),
    }
    made = (pa.table(each) for each in (enrolments, told, stages))
    return dict(zip(NAMES, made, strict=True))


def in_store(url: str, made: World) -> list[RepCount]:
    """Counted as our own store counts."""
    engine, tables = make_engine(url), MetaData()
    for name, rows in made.items():
        columns = [
            Column(
                each.name,
                BigInteger if pa.types.is_integer(each.type) else String,
                # As our own tables have them: without, SQLite looks at all events for each.
                index=each.name in ("id", "lead_id", "voids_id"),
            )
            for each in rows.schema
        ]
        Table(name, tables, *columns)
    tables.create_all(engine)
    with Session(engine) as session:
        for name, rows in made.items():
            add_rows(session, tables.tables[name], rows.to_pylist())
        counted = count(session, WINDOW)
    engine.dispose()
    return counted


def in_duckdb(made: World) -> list[RepCount]:
    warehouse = ibis.duckdb.connect()
    for name, rows in made.items():
        # Ibis 12 cannot make a table of one in memory on DuckDB 2; reading is what matters here.
        warehouse.con.register("made", rows)
        warehouse.con.execute(f"CREATE TABLE {name} AS SELECT * FROM made")
    return count_in(warehouse, WINDOW)


def in_order(counted: list[RepCount]) -> list[RepCount]:
    return sorted(counted, key=lambda each: (each.variant_id, each.rep_id))


def assert_same(one: list[RepCount], other: list[RepCount]) -> None:
    assert len(one) == len(other) == REPS
    for mine, theirs in zip(in_order(one), in_order(other), strict=True):
        assert (mine.rep_id, mine.enrolled, mine.matured, mine.open) == (
            theirs.rep_id,
            theirs.enrolled,
            theirs.matured,
            theirs.open,
        )
        assert mine.reached == theirs.reached
        assert mine.value is not None
        assert theirs.value is not None
        assert astuple(mine.value) == pytest.approx(astuple(theirs.value), rel=1e-12)


@pytest.fixture
def schema_url(postgresql_url: str) -> Iterator[str]:
    """A schema of its own on the tests' server."""
    engine = make_engine(postgresql_url)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE SCHEMA warehouse")
    mark = "&" if "?" in postgresql_url else "?"
    yield f"{postgresql_url}{mark}options=-csearch_path%3Dwarehouse"
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP SCHEMA warehouse CASCADE")
    engine.dispose()


def test_the_store_and_duckdb_count_alike(tmp_path: Path, schema_url: str) -> None:
    made = world(2_000, 8_000)

    here = in_store(f"sqlite:///{tmp_path / 'world.sqlite'}", made)

    assert_same(here, in_store(schema_url, made))
    assert_same(here, in_duckdb(made))
    assert any(each.value and each.value.missing for each in here)
    assert any(each.enrolled > each.matured for each in here)


# PySpark warns that it does not know pandas 3 yet; nothing here goes through pandas.
@pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning")
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")
@pytest.mark.slow
def test_every_machine_counts_alike_at_size(
    tmp_path: Path, schema_url: str, spark: Callable[[World], Any]
) -> None:
    made = world(LEADS, EVENTS)

    here = in_duckdb(made)

    assert_same(here, in_store(f"sqlite:///{tmp_path / 'world.sqlite'}", made))
    assert_same(here, in_store(schema_url, made))
    assert_same(here, count_in(spark(made), WINDOW))


@pytest.fixture
def spark(tmp_path: Path) -> Iterator[Callable[[World], Any]]:
    """Spark on this machine, two tasks at once; skipped where it or Java is missing."""
    if shutil.which("java") is None:
        pytest.skip("there is no Java on this machine, which Spark runs on")
    pytest.importorskip("pyspark", reason="PySpark is not installed: stagelift[spark]")
    from pyspark.sql import SparkSession

    address = "127.0.0.1"
    settings = {
        "spark.master": "local[2]",
        "spark.driver.host": address,
        "spark.driver.bindAddress": address,
        "spark.ui.enabled": "false",
        "spark.sql.shuffle.partitions": "4",
        "spark.sql.warehouse.dir": str(tmp_path / "spark"),
    }

    def hold(made: World) -> Any:
        for name, rows in made.items():
            pq.write_table(rows, tmp_path / f"{name}.parquet")
        return connected(f"pyspark://{tmp_path}?{urlencode(settings)}")

    yield hold
    running = SparkSession.getActiveSession()
    if running:
        running.stop()


def test_a_warehouse_says_what_it_lacks(tmp_path: Path) -> None:
    path = tmp_path / "half.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE stages (id BIGINT, kind VARCHAR)")
        columns = ", ".join(
            f"{name} {'TIMESTAMP' if name == 'enrolled_at' else 'BIGINT'}"
            for name in store_tables().enrolments.columns
        )
        connection.execute(f"CREATE TABLE enrolments ({columns})")

    with pytest.raises(Refused) as refusal:
        warehouse_tables(connected(f"duckdb://{path}"))

    assert [each.where for each in refusal.value.problems] == [
        "enrolments.enrolled_at",
        "warehouse",
        "stages.milestone",
    ]


@pytest.mark.parametrize("url", ["nonsense://there", "postgres://127.0.0.1:1/none"])
def test_a_warehouse_that_does_not_answer_is_refused(url: str) -> None:
    with pytest.raises(Refused, match="cannot be opened"):
        connected(url)
