"""What is no table of leads, or does not fit what is asked of it, is refused."""

import sqlite3
from pathlib import Path

import duckdb
import pytest

from experiments.lead_table.analysis import analyse
from experiments.lead_table.columns import Columns
from experiments.lead_table.source import database_table
from experiments.problem import Refused
from tests.experiments.lead_table.tables import (
    answer,
    csv_of,
    parquet_of,
    refusal,
    split_leads,
    split_reps,
)

GOOD = ["a,0,1", "b,0,0", "c,1,1", "d,1,0"]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["a,0,1", "b,1,0", "c,1,soon"], "won, line 4: soon is not a number."),
        (["a,0,1", "b,1,nan"], "won, line 3: nan is not a number."),
        (["a,0,1", "b,1,-inf"], "won, line 3: -inf is not a number."),
        (["a,0,1", "", "b,1,"], "won, line 4: The cell is empty."),
        (["a,0,1", '"two\nlines",1,1', "b,1,x"], "won, line 5: x is not a number."),
        (["a,0,1", "b, ,0"], "treat, line 3: The cell is empty."),
        (["a,0,1", ",1,0"], "rep_id, line 3: The cell is empty."),
        (["a,0,1", "b,1,0", "a,1,1"], "rep_id, line 4: Rep a is in two variants, 0 and 1."),
        (["a,0,1", "b,0,0"], "treat: There is one variant only, 0: nothing to compare."),
        (["a,0,1", "b,1"], "line 3: The row has 2 cells, the header 3."),
        (["a,0,1", "b,1,0,0"], "line 3: The row has 4 cells, the header 3."),
        (["a,0,1", 'b,1,"0'], "line 3: It cannot be read: is a quotation mark left"),
        (["a,x,1", "b,y,0"], "treat: Which of x, y is the control? Name it with --control."),
        ([f"r{n},v{n},1" for n in range(200)], "treat: There are 200 variants; at most 127"),
    ],
)
def test_a_fault_is_named_with_its_column_and_line(
    lines: list[str], message: str, tmp_path: Path
) -> None:
    assert refusal(csv_of(tmp_path, *lines), split_reps()).startswith(message)


def test_a_fault_in_a_parquet_file_is_named_with_its_row(tmp_path: Path) -> None:
    wrong = parquet_of(csv_of(tmp_path, *GOOD, "e,1,soon"))
    assert refusal(wrong, split_reps()) == "won, row 5: soon is not a number."
    twice = parquet_of(csv_of(tmp_path, *GOOD, "a,1,1"))
    assert refusal(twice, split_reps()) == "rep_id, row 5: Rep a is in two variants, 0 and 1."
    empty = parquet_of(csv_of(tmp_path, *GOOD[:2], "c,,1"))
    assert refusal(empty, split_reps()) == "treat, row 3: The cell is empty."


def test_a_missing_column_is_named_beside_those_that_are_there(tmp_path: Path) -> None:
    question = split_reps(Columns("treat", ("win",), rep="rep_id"))
    expected = "win: There is no column win; there are rep_id, treat, won."
    assert refusal(csv_of(tmp_path, *GOOD), question) == expected


def test_a_control_that_is_not_there_is_refused(tmp_path: Path) -> None:
    expected = "treat: No variant is called B; there are 0, 1."
    assert refusal(csv_of(tmp_path, *GOOD), split_reps(control="B")) == expected


def test_split_reps_need_the_column_of_the_rep(tmp_path: Path) -> None:
    question = split_reps(Columns("treat", ("won",)))
    expected = "rep: Reps were split: name their column with --rep."
    assert refusal(csv_of(tmp_path, *GOOD), question) == expected


def test_a_stratum_of_one_variant_is_refused(tmp_path: Path) -> None:
    question = split_leads(Columns("treat", ("won",), stratum="rep_id"))
    path = csv_of(tmp_path, "n,0,1", "n,1,0", "s,1,1", "s,1,0")
    assert refusal(path, question) == "rep_id, line 4: Stratum s has one variant only, 1."


def test_a_rep_in_two_strata_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "teams.csv"
    path.write_text("rep,team,v,y\na,n,0,1\na,s,0,1\nb,n,1,0\nb,s,1,0\n", encoding="utf-8")
    question = split_reps(Columns("v", ("y",), rep="rep", stratum="team"))
    assert refusal(path, question) == "team, line 3: Rep a is in two strata, n and s."


def test_files_that_are_no_table_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    path.write_bytes("rep_id,treat,won\na,0,1\nJosé,1,0\n".encode("latin-1"))
    expected = "line 3: This is not UTF-8 but seems to be cp1252: save the file as CSV in UTF-8."
    assert refusal(path, split_reps()) == expected
    path.write_bytes("rep_id,treat,won\na,0,1\n".encode("utf-16-le"))
    assert refusal(path, split_reps()).startswith("line 1: This is not UTF-8")
    path.write_text("rep_id,treat,won\n", encoding="utf-8")
    assert refusal(path, split_reps()) == "file: The file has a header and no row under it."
    path.write_text("rep_id,won,won\na,0,1\n", encoding="utf-8")
    assert refusal(path, split_reps()) == "header: Two columns are called won."
    path.write_bytes(b"PAR1 and then nothing of the kind")
    assert refusal(path, split_reps()).startswith("file: It cannot be read: ")
    empty = csv_of(tmp_path, *GOOD)
    with duckdb.connect() as connection:
        target = tmp_path / "empty.parquet"
        connection.execute(f"COPY (FROM '{empty}' LIMIT 0) TO '{target}' (FORMAT parquet)")
    assert refusal(target, split_reps()) == "rows: There are none: nothing to compare."


def test_a_file_is_read_by_its_own_name_and_delimiter(tmp_path: Path) -> None:
    path = tmp_path / "leads [2026]*?.csv"
    path.write_text("\ufeffrep_id;treat;won\na;0;1\nb;1;0\n", encoding="utf-8")
    (tmp_path / "leads [2026]*?x.csv").write_text("other;file\n", encoding="utf-8")
    assert [group.leads for group in answer(path, split_leads()).first.groups] == [1, 1]


@pytest.mark.parametrize(
    ("url", "table", "message"),
    [
        ("sqlite:///missing.db", "deals", "source: There is no file missing.db."),
        ("nowhere://x", "deals", "source: It cannot be read: Don't know how to connect"),
        ("postgresql+psycopg://x@127.0.0.1:1/y", "deals", "source: It cannot be read: connection"),
        ("sqlite:///{file}", "leads", "table: There is no table leads."),
        ("sqlite:///{file}", "deals", "won: The column does not hold numbers."),
        ("sqlite:///{file}", "broken", "source: It cannot be read: "),
    ],
)
def test_a_database_that_cannot_be_read_is_refused(
    url: str, table: str, message: str, tmp_path: Path
) -> None:
    file = tmp_path / "crm.db"
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE deals (rep_id text, treat text, won text)")
        connection.execute("CREATE TABLE gone (rep_id text, treat text, won integer)")
        connection.execute("CREATE VIEW broken AS SELECT * FROM gone")
        connection.execute("DROP TABLE gone")
    connection.close()
    with (
        pytest.raises(Refused) as caught,
        database_table(url.format(file=file), table) as leads,
    ):
        analyse(leads, split_reps())
    assert str(caught.value).startswith(message)


def test_a_fault_in_a_database_has_no_row(tmp_path: Path) -> None:
    file = tmp_path / "crm.db"
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE deals (rep_id text, treat text, won real)")
        connection.execute("INSERT INTO deals VALUES ('a', '0', 1), ('a', '1', 1)")
    connection.close()
    with pytest.raises(Refused) as caught, database_table(f"sqlite:///{file}", "deals") as leads:
        analyse(leads, split_reps())
    assert str(caught.value) == "rep_id: Rep a is in two variants, 0 and 1."


@pytest.mark.parametrize("kind", ["INTEGER", "REAL", "BOOLEAN"])
def test_text_among_the_numbers_of_a_database_is_refused(kind: str, tmp_path: Path) -> None:
    file = tmp_path / "deals.sqlite"
    with sqlite3.connect(file) as connection:
        connection.execute(f"CREATE TABLE deals (rep_id TEXT, treat TEXT, won {kind})")
        rows = [("a", "0", 1), ("b", "1", 0), ("c", "1", "soon")]
        connection.executemany("INSERT INTO deals VALUES (?, ?, ?)", rows)
    connection.close()
    with (
        pytest.raises(Refused, match=r"won: (soon is not a number|The cell is empty)\."),
        database_table(f"sqlite:///{file}", "deals") as leads,
    ):
        analyse(leads, split_reps())
