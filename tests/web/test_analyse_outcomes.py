"""`stagelift analyse` with several outcomes, ratios, each rep's rate, and planned looks."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.web.conftest import Run, refusal, said
from web.commands.progress import waiting

ASKED = ("--rep", "rep", "--variant", "v")


@pytest.fixture
def leads(tmp_path: Path) -> str:
    path = tmp_path / "leads.csv"
    rows = [
        f"{rep},{'B' if at % 2 else 'A'},{1 + n // 4},{(at + n) % 2},{n * 5 * ((at + n) % 2)}"
        f",{(at * n) % 3},{n % 2}"
        for at, rep in enumerate("abcdef")
        for n in range(8 - at)
    ]
    path.write_text("\n".join(["rep,v,look,won,value,size,did", *rows]), encoding="utf-8")
    return str(path)


def test_several_outcomes_are_shown_one_after_the_other(run: Run, leads: str) -> None:
    asked = ("analyse", leads, *ASKED, "--outcome", "won", "--outcome", "value")
    shown = run(*asked).stdout
    assert "\nwon\n---\n" in shown
    assert "\nvalue\n-----\n" in shown
    assert shown.count("corrected for all 2 outcomes") == 2
    told = said(run(*asked, "--json"))
    assert [each["outcome"] for each in told["comparisons"]] == ["won", "value"]


def test_ratios_and_reps_are_shown(run: Run, leads: str) -> None:
    asked = ("analyse", leads, *ASKED, "--outcome", "value", "--per", "won", "--reps")
    shown = run(*asked).stdout
    assert "Per won, a description:" in shown
    assert "best guess" in shown
    assert run(*asked[:-1]).stdout.count("minus the control") == 2
    none = run("analyse", leads, *ASKED, "--outcome", "value", "--per", "value")
    assert "not estimable: no variation" in none.stdout


def test_a_look_says_which_of_them_it_is(run: Run, leads: str) -> None:
    looks = ("--look", "look", "--looks", "0.4,0.8,1", "--spending", "pocock")
    asked = ("analyse", leads, *ASKED, "--outcome", "won", *looks)
    shown = run(*asked).stdout
    assert "Look 2 of 3 planned; errors are held over all of them." in shown
    assert "group_sequential *" in shown
    assert said(run(*asked, "--json"))["look"] == 2


WON = ("--outcome", "won")
LOOKS = ("--look", "look", "--looks", "0.5,1")
TIME = ("--time", "value", "--event", "won", "--horizon", "9")


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ([*WON, *WON], "--outcome: won is named twice."),
        ([*WON, "--look", "look"], "--look and --looks go together"),
        ([*WON, "--looks", "1"], "--look and --looks go together"),
        ([*WON, "--look", "look", "--looks", "1,x"], "--looks: 1,x is not a list of numbers"),
        ([*WON, "--look", "look", "--looks", "1,0.5"], "--looks: "),
        ([*WON, *LOOKS, "--segment", "size"], "--segment: at a look nothing stands beside"),
        ([*WON, *LOOKS, "--followed", "did"], "--followed: at a look nothing stands beside"),
        (
            [*WON, *LOOKS, "--period", "did"],
            "--look: it goes with --outcome, and without --period",
        ),
        ([*WON, "--per", "size", "--period", "did"], "--per: it goes with --outcome, and without"),
        ([*WON, "--reps", "--period", "did"], "--reps: it goes with --outcome, and without"),
        ([*WON, "--per", "size", "--unit", "lead"], "--per: its interval is over reps"),
        ([*TIME, *LOOKS], "--look: it goes with --outcome, and without --time."),
        ([*TIME, "--per", "size"], "--per: it goes with --outcome, and without --time."),
        ([*TIME, "--reps"], "--reps: it goes with --outcome, and without --time."),
        ([], "Give --outcome, or all of --time, --event and --horizon."),
    ],
)
def test_options_that_do_not_go_together_are_named(
    run: Run, leads: str, options: list[str], expected: str
) -> None:
    code, line = refusal(run("analyse", leads, *ASKED, *options))
    assert (code, expected in line) == (2, True), line
    assert line.count("\n") == 1


def test_reps_need_their_column(run: Run, leads: str) -> None:
    code, line = refusal(run("analyse", leads, "--variant", "v", *WON, "--reps"))
    assert (code, "--reps: give the column of the rep" in line) == (2, True)


def test_a_look_at_reps_takes_account_of_a_value_from_before(run: Run, leads: str) -> None:
    looks = ("--look", "look", "--looks", "0.5,1")
    asked = ("analyse", leads, *ASKED, *WON, *looks, "--covariate", "size", "--json")
    adjusted, plain = said(run(*asked)), said(run(*asked[:-3], "--json"))
    effects = [
        each["comparisons"][0]["estimates"]["group_sequential"]["effect"]
        for each in (adjusted, plain)
    ]
    assert effects[0] != effects[1]


def test_a_large_table_that_takes_long_is_told(
    run: Run, leads: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("analyse", leads, *ASKED, *WON).stderr == ""
    monkeypatch.setattr("web.commands.analyse._LARGE_BYTES", 0)
    monkeypatch.setattr("web.commands.progress.waiting", lambda words: waiting(words, quiet=0.0))
    assert "Reading and comparing leads.csv (" in run("analyse", leads, *ASKED, *WON).stderr
