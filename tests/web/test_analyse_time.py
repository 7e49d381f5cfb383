"""`stagelift analyse --time`: time to close from the command line."""

import csv
import json
import sqlite3
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner, Result

from web.cli import main

ROOT = Path(__file__).parent.parent.parent
REFERENCE = ROOT / "tests" / "reference"
MGUS2 = REFERENCE / "mgus2.csv"
TIME = ["--time", "etime", "--event", "event"]
SEXES = ["--variant", "sex", "--control", "F", *TIME]
TEAM = ["--variant", "process", *TIME, "--horizon", "30"]


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["analyse", *map(str, arguments)])


def events(rep: int, lead: int) -> int:
    """What a lead then was: open, won or lost, without a plain order."""
    return (lead + rep // 2) * (rep + 1) % 3


def team_file(folder: Path, *extra: str) -> Path:
    """Six reps with five leads each, of which three are won late or not at all."""
    path = folder / "leads.csv"
    lines = [
        f"r{rep},{'AB'[rep % 2]},t{rep // 2},{9 + rep + 7 * lead},{events(rep, lead)}"
        for rep in range(6)
        for lead in range(5)
    ]
    path.write_text("\n".join(["rep,process,pair,etime,event", *lines, *extra]) + "\n")
    return path


def test_the_incidence_by_sex_is_that_of_r_survival() -> None:
    with (REFERENCE / "aalen_johansen_mgus2.csv").open(encoding="utf-8") as file:
        expected = {
            (row["group"], row["time"], row["cause"]): (float(row["cif"]), float(row["se_IJ"]))
            for row in csv.DictReader(file)
        }
    for horizon in ("60", "120", "300"):
        found = run(MGUS2, *SEXES, "--horizon", horizon, "--json")
        assert found.exit_code == 0
        for each in json.loads(found.stdout)["incidence"]:
            group = f"sex={each['variant']}"
            for cause, name in (("pcm", "won"), ("death", "lost")):
                pair = each[name], each[f"{name}_se"]
                assert pair == pytest.approx(expected[group, horizon, cause], abs=1e-9)


def test_the_json_is_as_documented() -> None:
    answer = json.loads(run(MGUS2, *SEXES, "--horizon", "120", "--json").stdout)
    assert list(answer) == ["unit", "control", "level", "horizon", "incidence", "comparisons"]
    assert list(answer["incidence"][0])[:3] == ["variant", "reps", "leads"]
    outcomes = [(each["variant"], each["outcome"]) for each in answer["comparisons"]]
    assert outcomes == [("M", "won"), ("M", "lost"), ("M", "time_to_won")]
    documented = (ROOT / "docs" / "analyse.md").read_text(encoding="utf-8")
    names = set(answer) | set(answer["incidence"][0])
    names |= {name for each in answer["comparisons"] for name in each["estimates"]}
    assert {name for name in names if f"`{name}`" not in documented} == set()


def test_split_reps_are_compared_as_reps(tmp_path: Path) -> None:
    path = team_file(tmp_path)
    answer = json.loads(run(path, *TEAM, "--rep", "rep", "--json").stdout)
    assert (answer["unit"], answer["incidence"][0]["reps"]) == ("rep", 3)
    won = answer["comparisons"][0]
    assert (won["primary"], list(won["estimates"])) == (
        "randomization",
        ["randomization", "rep_t", "jackknife"],
    )
    assert won["estimates"]["randomization"]["draws"] == 20
    # In pairs there are 2³ ways to split, and 2 of them differ as the one that happened.
    paired = json.loads(run(path, *TEAM, "--rep", "rep", "--pair", "pair", "--json").stdout)
    again = paired["comparisons"][0]["estimates"]["randomization"]
    assert (again["draws"], again["smallest_p"]) == (8, 0.25)
    blocked = run(path, *TEAM, "--rep", "rep", "--stratum", "pair", "--json")
    assert json.loads(blocked.stdout) == paired


def test_leads_may_have_a_rep_without_reps_having_been_split(tmp_path: Path) -> None:
    path = team_file(tmp_path, "r0,B,t0,9,1")
    answer = json.loads(run(path, *TEAM, "--rep", "rep", "--unit", "lead", "--json").stdout)
    assert answer["incidence"][1]["reps"] == 4
    assert answer["comparisons"][0]["primary"] == "newcombe"


def test_the_terminal_shows_the_same() -> None:
    said = run(MGUS2, *SEXES, "--horizon", "120").stdout
    assert "0.07389 (se 0.01077)" in said
    assert "Lost: M minus the control" in said
    far = run(MGUS2, *SEXES, "--horizon", "999").stdout
    assert "not followed" in far
    assert "not estimable: not followed" in far
    answer = json.loads(run(MGUS2, *SEXES, "--horizon", "999", "--json").stdout)
    assert answer["incidence"][0]["not_estimable"] == "not_followed"


def test_no_wins_have_no_standard_error(tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    path.write_text("process,etime,event\n" + "A,40,0\nA,40,0\nB,3,1\nB,40,0\n")
    answer = json.loads(run(path, *TEAM, "--json").stdout)
    control = answer["incidence"][0]
    assert (control["won"], control["won_se"], control["time_to_won"]) == (0, None, 30)
    assert run(path, *TEAM).stdout.count("assumed: if reps were split") == 1


def test_parquet_and_database_tables_give_the_same_as_csv(tmp_path: Path) -> None:
    csv_answer = json.loads(run(MGUS2, *SEXES, "--horizon", "60", "--json").stdout)
    parquet, warehouse = tmp_path / "mgus2.parquet", tmp_path / "crm.duckdb"
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(f"CREATE TABLE deals AS SELECT * FROM read_csv('{MGUS2}')")
        connection.execute(f"COPY deals TO '{parquet}' (FORMAT parquet)")
        rows = connection.execute("SELECT * FROM deals").fetchall()
    sqlite = tmp_path / "crm.sqlite"
    crm = sqlite3.connect(sqlite)
    crm.execute("CREATE TABLE deals (sex TEXT, etime INTEGER, event INTEGER)")
    crm.executemany("INSERT INTO deals VALUES (?, ?, ?)", rows)
    crm.commit()
    crm.close()
    for source in (
        [parquet],
        ["--source", f"duckdb:///{warehouse}", "--table", "deals"],
        ["--source", f"sqlite:///{sqlite}", "--table", "deals"],
    ):
        found = run(*source, *SEXES, "--horizon", "60", "--json")
        assert json.loads(found.stdout) == csv_answer


def test_a_postgresql_table_gives_the_same_as_csv(postgresql_url: str) -> None:
    import psycopg

    with psycopg.connect(postgresql_url) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE survival (sex text, etime int, event int)")
        with cursor.copy("COPY survival FROM STDIN (FORMAT csv, HEADER)") as copy:
            copy.write(MGUS2.read_text(encoding="utf-8"))
    source = ["--source", postgresql_url, "--table", "survival"]
    found = run(*source, *SEXES, "--horizon", "60", "--json")
    assert json.loads(found.stdout) == json.loads(
        run(MGUS2, *SEXES, "--horizon", "60", "--json").stdout
    )


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("r9,A,t9,-3,1", "etime, line 32: -3 is not a time: that is a number, 0 or more."),
        ("r9,A,t9,soon,1", "etime, line 32: soon is not a time: that is a number, 0 or more."),
        ("r9,A,t9,nan,1", "etime, line 32: nan is not a time: that is a number, 0 or more."),
        ("r9,A,t9,,1", "etime, line 32: The cell is empty."),
        ("r9,A,t9,3,3", "event, line 32: 3 is not 0 (open), 1 (won) or 2 (lost)."),
        ("r9,A,t9,3,won", "event, line 32: won is not 0 (open), 1 (won) or 2 (lost)."),
        ("r9,A,t9,3,", "event, line 32: The cell is empty."),
        ("r9,,t9,3,1", "process, line 32: The cell is empty."),
        ("r0,B,t0,3,1", "rep, line 32: Rep r0 is in two variants, A and B."),
    ],
)
def test_a_fault_in_the_file_names_column_and_line(row: str, message: str, tmp_path: Path) -> None:
    found = run(team_file(tmp_path, row), *TEAM, "--rep", "rep")
    assert (found.exit_code, found.stdout) == (2, "")
    assert found.stderr == f"Error: {message}\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([*TIME, "--horizon", "0"], "--horizon: a horizon is above 0, not 0."),
        ([*TIME, "--horizon", "-5"], "--horizon: a horizon is above 0, not -5."),
        ([*TIME, "--horizon", "nan"], "--horizon: a horizon is above 0, not nan."),
        (TIME, "--time, --event and --horizon go together, without --outcome."),
        (
            [*TIME, "--horizon", "5", "--outcome", "event"],
            "--time, --event and --horizon go together, without --outcome.",
        ),
        ([], "Give --outcome, or all of --time, --event and --horizon."),
        (["--time", "t", "--event", "event", "--horizon", "5"], "t: There is no column t;"),
        (
            [*TIME, "--horizon", "5", "--stratum", "pair"],
            "--stratum: with --time, strata are of reps who were split; give --rep.",
        ),
        (
            [*TIME, "--horizon", "5", "--stratum", "pair", "--rep", "rep", "--unit", "lead"],
            "--stratum: with --time, strata are of reps who were split; give --rep.",
        ),
    ],
)
def test_options_that_do_not_fit_are_refused(
    arguments: list[str], message: str, tmp_path: Path
) -> None:
    found = run(team_file(tmp_path), "--variant", "process", *arguments)
    assert (found.exit_code, found.stdout) == (2, "")
    assert message in found.stderr
