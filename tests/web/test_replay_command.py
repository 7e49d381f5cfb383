"""`stagelift plan replay`, on the demo's company."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.web.conftest import Run, refusal, said
from web.cli import main

DOCUMENT = (Path(__file__).parent.parent.parent / "docs" / "plan.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small demo company."""
    folder = tmp_path_factory.mktemp("replay")
    made = CliRunner().invoke(
        main, ["demo", "--no-serve", "--scale", "0.3", "--folder", str(folder)]
    )
    assert made.exit_code == 0, made.output
    (file,) = folder.glob("*.sqlite")
    return file


@pytest.fixture
def url(demo: Path) -> str:
    """The address of the demo's database."""
    return f"sqlite:///{demo}"


def test_a_past_is_replayed(run: Run) -> None:
    found = said(run("plan", "replay", "--weeks", "8,26", "--runs", "200", "--json"))
    assert found["horizon_days"] == 60
    assert [each["weeks"] for each in found["detectable"]] == [8, 26]
    assert abs(found["false_positives"] - 0.05) < 4 * found["false_positives_se"]
    assert 0 < found["rate"] < 1


def test_the_page_says_weeks_leads_and_what_is_found(run: Run) -> None:
    lines = run(
        "plan", "replay", "--runs", "100", "--design", "by_team", "--weeks", "8"
    ).stdout.splitlines()
    assert lines[1].startswith("Random splits called significant: ")
    assert lines[3].startswith("weeks  + 60 days")
    assert lines[4].startswith("8      17 weeks")


def test_a_short_past_is_replayed_all_the_same(run: Run) -> None:
    found = run("plan", "replay", "--runs", "50", "--milestone", "demo", "--weeks", "2")
    assert found.exit_code == 0


@pytest.mark.parametrize(
    ("options", "where"),
    [
        (["--weeks", "8,soon"], "--weeks"),
        (["--weeks", "0"], "weeks"),
        (["--level", "1"], "--level"),
        (["--horizon", "0"], "--horizon"),
        (["--seed", "-1"], "--seed"),
        (["--team", "Nowhere"], "team"),
        (["--runs", "0"], "runs"),
        (["--horizon", "5000"], "horizon"),
        (["--milestone", "lead"], "--milestone"),
        (["--design", "leads", "--covariate"], "--covariate"),
    ],
)
def test_what_cannot_be_replayed_is_said_in_one_line(
    run: Run, options: list[str], where: str
) -> None:
    result = run("plan", "replay", *options)
    if "--milestone" not in options:
        code, line = refusal(result)
        assert (code, line.count("\n")) == (2, 1)
    assert result.exit_code == 2
    assert where in result.stderr


def test_advice_is_given_in_words_and_numbers(run: Run) -> None:
    asked = ("plan", "advise", "--effect", "0.2", "--runs", "60")
    lines = run(*asked).stdout.splitlines()
    assert lines[2].startswith(("Take “", "No way finds"))
    assert sum(line.startswith("Split reps") for line in lines) == 3
    (leads,) = (line for line in lines if line.startswith("Split each rep's leads"))
    assert leads[58:68].split() == ["-"]
    found = said(run(*asked, "--json"))
    assert len(found["ways"]) == 7
    names = {*found, *found["ways"][0]} - {"runs", "level", "effect"}
    assert all(f"`{name}`" in DOCUMENT for name in names)


@pytest.mark.parametrize(
    ("options", "where"),
    [
        (["--effect", "2"], "effect"),
        (["--effect", "0.1", "--runs", "0"], "runs"),
        (["--effect", "0.1", "--horizon", "0"], "--horizon"),
        (["--effect", "0.1", "--level", "2"], "level"),
        (["--effect", "0.1", "--horizon", "5000"], "horizon"),
    ],
)
def test_what_cannot_be_advised_on_is_said_in_one_line(
    run: Run, options: list[str], where: str
) -> None:
    code, line = refusal(run("plan", "advise", *options))
    assert (code, line.count("\n")) == (2, 1)
    assert where in line


@pytest.mark.parametrize("command", ["advise", "replay"])
def test_every_option_is_documented(run: Run, command: str) -> None:
    options = set(re.findall(r"--[a-z-]+", run("plan", command, "--help").stdout))
    assert {
        each for each in options - {"--help", "--json"} if f"`{each}`" not in DOCUMENT
    } == set()
