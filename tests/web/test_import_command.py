"""`stagelift import` and `stagelift experiment`: what they print, store and refuse."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from web.cli import main
from web.commands.progress import Progress

Run = Callable[..., Result]

DEALS = """Lead ID,Owner,Stage,Created at,Closed at,Value
D1,Anna,Won,2026-01-05,2026-02-01,1200.50
D2,Omar,Demo,2026-01-06,,
D3,Omar,Demo,,,
D4,"=cmd|'/c calc'!A1",Demo,soon,,
"""
PROCESS = """name: Trial
stages:
  - {name: New, milestone: lead}
  - {name: Demo, milestone: demo}
  - {name: Won, kind: won}
  - {name: Lost, kind: lost}
"""
PLAN = """name: Twice the same
hypothesis: Both variants follow one process, so nothing differs.
variants:
  - {name: A, process: trial, control: true}
  - {name: B, process: trial}
reps: [Anna, Omar]
horizon_days: 10
enrol_from: 2026-01-01
enrol_until: 2026-01-20
rehearsal: true
"""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command in an empty folder, on a company in Berlin."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("STAGELIFT_DATABASE_URL", raising=False)

    def runs(*arguments: str) -> Result:
        return CliRunner().invoke(main, arguments)

    words = ["--name", "Kestrel", "--time-zone", "Europe/Berlin", "--currency", "EUR"]
    assert runs("company", "set", *words).exit_code == 0
    (tmp_path / "process.yaml").write_text(PROCESS, encoding="utf-8")
    (tmp_path / "deals.csv").write_text(DEALS, encoding="utf-8")
    (tmp_path / "plan.yaml").write_text(PLAN, encoding="utf-8")
    return runs


def said(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def refusal(result: Result) -> str:
    assert (result.exit_code, result.stdout) == (2, ""), result.output
    return result.stderr


def test_a_dry_run_shows_the_mapping_and_stores_nothing(run: Run) -> None:
    run("import", "process", "process.yaml")

    shown = run("import", "deals", "deals.csv", "--dry-run")

    assert shown.exit_code == 0
    lines = [" ".join(line.split()) for line in shown.stdout.splitlines()]
    assert lines[0] == "deals.csv: 4 rows, read as plain table (utf-8, comma)"
    for line in (
        "lead_id Lead ID",
        "dates Created at as year-month-day",
        "time zone Europe/Berlin, as the file names none",
        "process Trial",
        "currency EUR where the file names none",
        "complete through 2026-02-01, the latest date in the file",
        "2 rows taken: 2 new leads, 4 new events, 0 told before.",
        "2 rows refused:",
        "deals.csv, line 4: No date says when this deal began, so it has no place in time.",
        "This was a dry run: nothing was stored.",
    ):
        assert line in lines
    assert said(run("import", "deals", "deals.csv", "--json"))["leads"] == 2


def test_refused_rows_are_written_out_without_formulas(run: Run) -> None:
    run("import", "process", "process.yaml")

    found = said(run("import", "deals", "deals.csv", "--refused", "bad.csv", "--json"))

    assert [(row["line"], row["field"]) for row in found["refused"]] == [
        (4, "created_at"), (5, "Created at"),
    ]  # fmt: skip
    written = Path("bad.csv").read_text(encoding="utf-8-sig").splitlines()
    assert written[0] == "line,reason,Lead ID,Owner,Stage,Created at,Closed at,Value"
    assert ",D4,'=cmd|'/c calc'!A1,Demo,soon,," in written[2]


def test_the_second_import_adds_nothing(run: Run) -> None:
    run("import", "process", "process.yaml")
    run("import", "deals", "deals.csv")

    again = run("import", "deals", "deals.csv")

    assert "2 rows taken: 0 new leads, 0 new events, 3 told before." in again.stdout


def test_history_columns_teams_source_and_dates_are_said_by_options(run: Run) -> None:
    run("import", "process", "process.yaml")
    Path("moves.csv").write_text("deal;phase;since\nD2;Demo;09.01.2026\nD2;Hm;10.01.2026\n")
    Path("teams.csv").write_text("rep,office\nAnna,North\nOmar,South\nNobody,North\n")

    shown = run(
        "import", "deals", "deals.csv", "--teams", "teams.csv", "--history", "moves.csv",
        "--map", "history.lead_id=deal", "--map", "history.stage=phase",
        "--map", "history.stage_entered_at=since", "--source", "crm", "--currency", "usd",
        "--complete-through", "2026-02-20", "--process", "trial",
    )  # fmt: skip

    assert shown.exit_code == 0, shown.output
    lines = [" ".join(line.split()) for line in shown.stdout.splitlines()]
    for line in (
        "moves.csv: 2 rows, read as stage moves (utf-8, semicolon)",
        "source crm",
        "complete through 2026-02-20, as you say",
        "currency USD where the file names none",
        "2 reps added, 0 known before.",
        "Teams added: North, South.",
        "Without a deal here, so not added: Nobody.",
        "1 events wait for you on the page Data:",
        "1 × There is no stage Hm in the lead's process.",
    ):
        assert line in lines
    assert not any("A deals file alone" in line for line in lines)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "Error: file: The file is empty.\n"),
        (b"Lead ID,Owner,Stage,Created at\n", "Error: file: The file has a header and no row"),
        (b"colour,size\nred,4\n", "Error: header: No column was found for lead_id, owner_id,"),
        (b"\x00\x01\x02\xff" * 300, "Error: file: This is not a text file"),
        (b"Lead ID,Owner,Stage,Created at\n1,A,Pitch,2026-01-01\n", "has the stages Pitch"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_whole(
    run: Run, content: bytes, expected: str
) -> None:
    Path("bad.csv").write_bytes(content)

    assert expected in refusal(run("import", "deals", "bad.csv"))


def test_wrong_options_are_named(run: Run) -> None:
    for words, expected in (
        (["absent.csv"], "absent.csv"),
        (["deals.csv", "--map", "stage"], "stage is not FIELD=HEADER"),
        (["deals.csv", "--map", "stage=Phase"], "The file has no column Phase"),
        (["deals.csv", "--process", "nonsense"], "There is no process nonsense"),
        (["deals.csv", "--encoding", "klingon"], "No encoding is called klingon"),
        (["deals.csv", "--complete-through", "soon"], "soon"),
    ):
        assert expected in refusal(run("import", "deals", *words))


def test_without_a_company_one_begins_and_a_dry_run_leaves_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("STAGELIFT_DATABASE_URL", raising=False)
    head = "opportunity_id,sales_agent,deal_stage,engage_date,close_date,close_value\n"
    Path("deals.csv").write_text(head + "1,Anna,Won,20-10-16,01-03-17,5\n")

    def run(*words: str) -> Result:
        return CliRunner().invoke(main, words)

    assert said(run("import", "deals", "deals.csv", "--dry-run", "--json"))["leads"] == 1
    assert run("company", "show").exit_code == 2
    first = run("import", "deals", "deals.csv")
    assert first.exit_code == 0
    assert "My company" in first.stderr
    assert "My company" in run("company", "show").stdout


def test_a_process_file_is_imported_and_named(run: Run) -> None:
    first = run("import", "process", "process.yaml")
    again = said(run("import", "process", "process.yaml", "--json"))
    Path("process.yaml").write_text("name: Trial\nstages: []\n")

    assert first.stdout == "Trial (trial): version 1, 4 stages, created.\n"
    assert again == {
        "key": "trial", "name": "Trial", "version": 1,
        "stages": ["new", "demo", "won", "lost"], "result": "unchanged",
    }  # fmt: skip
    assert "stages" in refusal(run("import", "process", "process.yaml"))


def test_people_are_imported_and_a_dry_run_adds_nobody(run: Run) -> None:
    Path("team.csv").write_bytes("name;team\nAnna;Süd\nOmar;Süd\n;Süd\n".encode("cp1252"))

    dry = run("import", "team", "team.csv", "--dry-run")
    wet = said(run("import", "team", "team.csv", "--json"))

    assert dry.stdout.splitlines() == [
        "2 reps would be added, 0 known before.",
        "Teams would be added: Süd.",
        "1 rows refused:",
        "  team.csv, line 4: The row names nobody.",
    ]
    assert (wet["added"], wet["teams_added"], wet["dry_run"]) == (["Anna", "Omar"], ["Süd"], False)


def test_an_experiment_is_created_launched_and_listed(run: Run) -> None:
    run("import", "process", "process.yaml")
    run("import", "deals", "deals.csv")

    made = run("experiment", "create", "plan.yaml")
    launched = said(run("experiment", "launch", "twice-the-same", "--seed", "5", "--json"))
    listed = said(run("experiment", "list", "--json"))["experiments"]

    assert made.stdout == "twice-the-same: a draft with A and B, 2 reps.\n"
    assert launched["seed"] == 5
    assert len(launched["plan_hash"]) == 64
    assert listed == [
        {
            "key": "twice-the-same",
            "name": "Twice the same",
            "status": "measured",
            "rehearsal": True,
            "exclusion_group": None,
        }
    ]
    assert "twice-the-same" in run("experiment", "list").stdout


def test_an_experiment_that_cannot_be_is_refused(run: Run) -> None:
    for content, expected in (
        (b"name: [", "line 1: This is not YAML"),
        ("name: Büro".encode("cp1252"), "a plan is written in UTF-8"),
        (b"- 1", "valid dictionary"),
        (PLAN.encode(), "variants.1.process: There is no process trial."),
    ):
        Path("plan.yaml").write_bytes(content)
        assert expected in refusal(run("experiment", "create", "plan.yaml"))
    assert "There is no experiment x" in refusal(run("experiment", "launch", "x"))


def test_progress_is_told_on_standard_error_after_a_second(
    capsys: pytest.CaptureFixture[str],
) -> None:
    seconds = iter([0.0, 0.4, 1.2, 1.3, 2.0])

    with Progress(clock=lambda: next(seconds)) as told:
        for done in (2000, 4000, 6000, 8000):
            told(done, 9000)

    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == "4,000 of 9,000 rows read\n8,000 of 9,000 rows read\n"


def test_on_a_terminal_a_bar_grows(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = iter([0.0, 2.0, 4.0])
    with Progress(clock=lambda: next(seconds)) as progress:
        monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
        progress(3_000, 12_000)
        progress(12_000, 12_000)

    first, last, end = capsys.readouterr().err.split("\r")
    assert first == "[#####---------------] 3,000 of 12,000 rows read"
    assert last == "[####################] 12,000 of 12,000 rows read"
    assert end == "\n"
