"""`stagelift analyse` as a person and a program meet it."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner, Result

from web.cli import main

ROOT = Path(__file__).parent.parent.parent
CRT10 = ROOT / "tests" / "reference" / "crt10.csv"
REPS = ["--variant", "treat", "--outcome", "won", "--rep", "rep_id"]


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["analyse", *map(str, arguments)])


@pytest.fixture
def leads(tmp_path: Path) -> Path:
    path = tmp_path / "leads.csv"
    lines = ["rep_id,treat,won", "a,A,1", "a,A,0", "b,A,0", "c,B,1", "d,B,1", "e,C,0", "f,C,1"]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_prints_the_reference_trial_as_documented_json() -> None:
    found = run(CRT10, *REPS, "--unit", "rep", "--control", "0", "--json")
    assert found.exit_code == 0
    answer = json.loads(found.stdout)
    assert list(answer) == [
        "unit",
        "control",
        "level",
        "measure",
        "icc",
        "icc_ci",
        "design_effect",
        "groups",
        "comparisons",
    ]
    assert (answer["unit"], answer["control"], answer["level"]) == ("rep", "0", 0.95)
    assert list(answer["groups"][0]) == [
        "variant",
        "reps",
        "leads",
        "average_rep",
        "average_lead",
    ]
    comparison = answer["comparisons"][0]
    assert list(comparison) == ["variant", "outcome", "primary", "estimates"]
    assert (comparison["variant"], comparison["outcome"]) == ("1", "won")
    # R 4.2.2: all 252 assignments listed; t.test(rate ~ treat, var.equal = TRUE).
    randomization = comparison["estimates"][comparison["primary"]]
    assert round(randomization["p"], 8) == 0.00793651
    assert [round(end, 8) for end in randomization["ci"]] == [0.05785357, 0.26670719]
    assert round(comparison["estimates"]["rep_t"]["p"], 8) == 0.00700647


def test_every_field_of_the_json_is_documented(leads: Path) -> None:
    documented = (ROOT / "docs" / "analyse.md").read_text(encoding="utf-8")

    def names(value: object) -> set[str]:
        if isinstance(value, dict):
            return set(value).union(*map(names, value.values()))
        return set().union(*map(names, value)) if isinstance(value, list) else set()

    said = json.loads(run(leads, *REPS, "--json").stdout)
    by_lead = json.loads(run(leads, *REPS, "--unit", "lead", "--json").stdout)
    trial = json.loads(run(CRT10, *REPS, "--json").stdout)
    missing = {
        name
        for name in names(said) | names(by_lead) | names(trial)
        if f"`{name}`" not in documented
    }
    assert not missing


def test_the_documented_example_prints_what_the_document_shows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = (ROOT / "docs" / "analyse.md").read_text(encoding="utf-8")
    examples = re.findall(r"    \$ stagelift analyse ([^\n]*)\n\n```\n(.*?)```", text, re.DOTALL)
    assert len(examples) >= 2
    monkeypatch.chdir(ROOT)
    for arguments, shown in examples:
        assert run(*shlex.split(arguments)).stdout == shown


def test_every_option_is_documented() -> None:
    documented = (ROOT / "docs" / "analyse.md").read_text(encoding="utf-8")
    options = set(re.findall(r"--[a-z]+", run("--help").stdout)) - {"--help"}
    assert {each for each in options if f"`{each}`" not in documented} == set()


def test_several_treatments_are_shown_with_holms_correction(leads: Path) -> None:
    found = run(leads, "--variant", "treat", "--outcome", "won", "--unit", "lead")
    assert "A (control)" in found.stdout
    assert "B minus the control" in found.stdout
    assert found.stdout.count("Holm") == 2
    assert "assumed" not in found.stdout


def test_a_stray_2_among_0_and_1_is_told(leads: Path) -> None:
    leads.write_text(leads.read_text().replace("b,A,0", "b,A,2"), encoding="utf-8")
    asked = [*REPS, "--control", "A"]
    assert "Amounts: not every won is 0 or 1." in run(leads, *asked).stdout
    assert json.loads(run(leads, *asked, "--json").stdout)["measure"] == "amount"


def test_thin_data_says_why_there_is_no_number(leads: Path) -> None:
    found = run(leads, *REPS)
    assert "[no end, no end]" in found.stdout
    assert "p cannot be below 0.3333 with so few reps" in found.stdout
    leads.write_text("rep_id,treat,won\na,A,0\nb,A,0\nc,B,0\nd,B,0\n", encoding="utf-8")
    assert "not estimable: no variation" in run(leads, *REPS).stdout


def test_a_large_team_is_told_that_its_splits_are_a_sample(tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    rows = [
        f"{rep},{rep % 2},{int((rep * lead) % 7 < 3)}" for rep in range(30) for lead in range(9)
    ]
    path.write_text("\n".join(["rep_id,treat,won", *rows]), encoding="utf-8")
    assert "a sample of 20000 splits" in run(path, *REPS).stdout


def test_leads_are_assumed_where_nothing_says_what_was_split(leads: Path) -> None:
    found = run(leads, "--variant", "treat", "--outcome", "won")
    assert "assumed: if reps were split, name their column with --rep" in found.stdout
    assert json.loads(run(leads, "--variant", "treat", "--outcome", "won", "--json").stdout)


def test_a_database_is_read_like_a_file(tmp_path: Path) -> None:
    file = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(file)) as connection:
        connection.execute(f"CREATE TABLE deals AS SELECT * FROM read_csv('{CRT10}')")
    source = run("--source", f"duckdb:///{file}", "--table", "deals", *REPS, "--json")
    assert json.loads(source.stdout) == json.loads(run(CRT10, *REPS, "--json").stdout)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--level", "95"], "--level: a confidence level is between 0 and 1, not 95"),
        (["--level", "nan"], "--level: a confidence level is between 0 and 1, not nan"),
        (["--seed", "-1"], "--seed: a seed is 0 or more, not -1"),
        (["--control", "D"], "treat: No variant is called D; there are A, B, C."),
        (["--stratum", "team"], "team: There is no column team; there are"),
        (["--pair", "rep_id", "--stratum", "won"], "--pair: pairs are of reps, so it needs --rep"),
        (["--pair", "rep_id", "--unit", "lead"], "--pair: pairs are of reps, so it needs --rep"),
        (["--source", "sqlite:///x.db"], "Give a FILE, or both --source and --table."),
    ],
)
def test_bad_input_is_one_line_on_stderr_and_exit_code_2(
    arguments: list[str], message: str, leads: Path
) -> None:
    found = run(leads, *REPS, *arguments)
    assert (found.exit_code, found.stdout) == (2, "")
    assert len(found.stderr.splitlines()) == 1
    assert message in found.stderr


def test_a_fault_in_the_file_is_one_line_that_names_column_and_line(leads: Path) -> None:
    leads.write_text(leads.read_text(encoding="utf-8") + "\na,B,1\n", encoding="utf-8")
    found = run(leads, *REPS, "--json")
    assert (found.exit_code, found.stdout) == (2, "")
    assert found.stderr == "Error: rep_id, line 9: Rep a is in two variants, A and B.\n"


def test_neither_file_nor_source_is_refused() -> None:
    for arguments in ([], ["--source", "sqlite:///x.db"], ["--table", "deals"]):
        found = run(*REPS, *arguments)
        assert found.exit_code == 2
        assert "Give a FILE, or both --source and --table." in found.stderr
    assert run("missing.csv", *REPS).exit_code == 2


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from click.testing import CliRunner; from web.cli import main;"
        "r = CliRunner().invoke(main, ['analyse', '--help']); assert r.exit_code == 0;"
        "heavy = {'numpy', 'scipy', 'ibis', 'duckdb', 'pandas', 'statsmodels', 'sqlalchemy'};"
        "print(*(heavy & set(sys.modules)), end='')"
    )
    command = [sys.executable, "-c", code]
    found = subprocess.run(command, capture_output=True, text=True, check=True)
    assert found.stdout == ""
