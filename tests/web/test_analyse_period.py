"""`stagelift analyse --period`: reps who followed both variants in turn."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.web.conftest import Run, refusal, said

ASKED = ("--rep", "rep", "--variant", "v", "--control", "A", "--outcome", "won", "--period", "p")


def team(folder: Path, *rows: str, reps: int = 8) -> str:
    """Reps with two leads a period; the even ones begin with A."""
    path = folder / "leads.csv"
    lines = ["rep,v,p,won"]
    for rep in range(reps):
        for period in (9, 10):
            variant = "AB"[(rep + period) % 2 == 0]
            lines += [f"r{rep},{variant},{period},{int(variant == 'B')}"]
            lines += [f"r{rep},{variant},{period},{int(rep % 3 == 0)}"]
    path.write_text("\n".join([*lines, *rows]) + "\n", "utf-8")
    return str(path)


def test_the_order_is_drawn_again(run: Run, tmp_path: Path) -> None:
    found = said(run("analyse", team(tmp_path), *ASKED, "--json"))
    (comparison,) = found["comparisons"]
    assert comparison["variant"] == "B"
    assert comparison["primary"] == "randomization"
    estimates = comparison["estimates"]
    assert list(estimates) == ["randomization", "rep_t", "paired_t"]
    # Every rep wins one lead of two more under B, in whichever period: nothing varies.
    assert estimates["rep_t"] == {"not_estimable": "no_variation"}
    assert [each["reps"] for each in found["groups"]] == [8, 8]
    assert found["icc"] is None


def test_a_rep_who_differs_makes_it_a_test(run: Run, tmp_path: Path) -> None:
    extra = [f"r{rep},{'AB'[rep % 2 == 0]},10,{rep % 3 == 1}" for rep in (1, 2, 4)]
    found = said(run("analyse", team(tmp_path, *extra), *ASKED, "--json"))
    estimates = found["comparisons"][0]["estimates"]
    test = estimates["randomization"]
    # Ten is after nine, though not in the alphabet: 4 of 8 reps have B second, in 70 ways.
    assert (test["draws"], test["exact"]) == (70, True)
    assert test["effect"] == pytest.approx(estimates["rep_t"]["effect"])
    assert "randomization *" in run("analyse", team(tmp_path, *extra), *ASKED).stdout


@pytest.mark.parametrize(
    ("row", "line"),
    [
        ("r0,C,9,1", "v: A crossover has two of them; here are 3: A, B, C."),
        ("r0,A,11,1", "p: A crossover has two of them; here are 3: 10, 11, 9."),
        ("r0,B,9,1", "rep, line 34: Rep r0 is in two variants in period 9."),
        ("r9,A,9,1", "rep, line 34: Rep r9 did not follow both variants, one in each period."),
        ("r0,A,,1", "p, line 34: The cell is empty."),
    ],
)
def test_what_is_no_crossover_is_named(run: Run, tmp_path: Path, row: str, line: str) -> None:
    code, message = refusal(run("analyse", team(tmp_path, row), *ASKED))
    assert code == 2
    assert line in message


def test_both_variants_in_one_period_are_no_crossover(run: Run, tmp_path: Path) -> None:
    rows = ["r9,A,9,1", "r9,A,10,1"]
    code, message = refusal(run("analyse", team(tmp_path, *rows), *ASKED))
    assert code == 2
    assert "Rep r9 did not follow both variants" in message


@pytest.mark.parametrize("more", [("--stratum", "rep"), ("--pair", "rep"), ("--unit", "lead")])
def test_a_period_goes_with_the_rep_alone(run: Run, tmp_path: Path, more: tuple[str, ...]) -> None:
    code, message = refusal(run("analyse", team(tmp_path), *ASKED, *more))
    assert code == 2
    assert "--period" in message or "--pair" in message


def test_periods_may_be_words(run: Run, tmp_path: Path) -> None:
    path = Path(team(tmp_path))
    words = path.read_text("utf-8").replace(",9,", ",first,").replace(",10,", ",second,")
    path.write_text(words, "utf-8")
    assert said(run("analyse", str(path), *ASKED, "--json"))["comparisons"]
