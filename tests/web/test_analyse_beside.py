"""`stagelift analyse` with a value from before, and with who followed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.web.conftest import Run, refusal, said

CRT10 = Path(__file__).parent.parent / "reference" / "crt10.csv"
SPLIT = ("--rep", "rep_id", "--variant", "treat", "--control", "0", "--outcome", "won")


def followed(rep: int, lead: int) -> int:
    """All of the treatment's leads, and one of the control's."""
    return int(rep % 2 == 1 or rep == lead)


def table(folder: Path, *rows: str) -> str:
    """A file of six reps, two leads each, with a value from before and who followed."""
    path = folder / "leads.csv"
    lines = [
        f"r{rep},{rep % 2},{rep / 10},{int((3 * rep + 5 * lead) % 4 < 2)},{followed(rep, lead)}"
        for rep in range(6)
        for lead in range(2)
    ]
    path.write_text("\n".join(["rep,v,before,won,did", *lines, *rows]) + "\n", "utf-8")
    return str(path)


def test_a_value_from_before_makes_the_adjusted_test_decide(run: Run) -> None:
    found = said(run("analyse", str(CRT10), *SPLIT, "--covariate", "prior", "--json"))
    (comparison,) = found["comparisons"]
    assert comparison["primary"] == "randomization_ancova"
    estimates = comparison["estimates"]
    # rep_level_tests.json: R 4.2.2's lm(rate ~ treat + prior).
    assert estimates["rep_ancova"]["effect"] == pytest.approx(0.1329045204563)
    assert estimates["rep_ancova"]["p"] == pytest.approx(0.004477263639355)
    assert estimates["randomization_ancova"]["effect"] == estimates["rep_ancova"]["effect"]
    assert estimates["randomization_ancova"]["draws"] == 252
    # The plain test stands beside it, unchanged.
    assert estimates["randomization"]["p"] == pytest.approx(0.00793651, abs=1e-8)


def test_without_one_the_analysis_of_covariance_says_so(run: Run) -> None:
    found = said(run("analyse", str(CRT10), *SPLIT, "--json"))
    (comparison,) = found["comparisons"]
    assert comparison["primary"] == "randomization"
    assert comparison["estimates"]["rep_ancova"] == {"not_estimable": "no_covariate"}
    assert "cace" not in comparison["estimates"]


def test_who_followed_gives_shares_and_the_effect_of_following(run: Run, tmp_path: Path) -> None:
    options = ("--rep", "rep", "--variant", "v", "--outcome", "won", "--followed", "did")
    found = said(run("analyse", table(tmp_path), *options, "--json"))
    assert [each["followed"] for each in found["groups"]] == pytest.approx([1 / 6, 1])
    (comparison,) = found["comparisons"]
    assigned, following = (comparison["estimates"][each] for each in ("randomization", "cace"))
    assert following["effect"] == pytest.approx(assigned["effect"] / (1 - 1 / 6))
    # Six reps cannot be split in enough ways for a set with ends.
    assert following["ci"] == [None, None]
    assert "followed" in run("analyse", table(tmp_path), *options).stdout


@pytest.mark.parametrize(
    ("row", "options", "line"),
    [
        ("r0,0,,1,1", ["--covariate", "before"], "before, line 14: The cell is empty."),
        ("r0,0,x,1,1", ["--covariate", "before"], "before, line 14: x is not a number."),
        ("r0,0,nan,1,1", ["--covariate", "before"], "before, line 14: nan is not a number."),
        ("r0,0,inf,1,1", ["--covariate", "before"], "before, line 14: inf is not a number."),
        ("r0,0,1,1,2", ["--followed", "did"], "did, line 14: 2 is neither 0 nor 1."),
        ("r0,0,1,1,", ["--followed", "did"], "did, line 14: The cell is empty."),
        ("r0,0,1,1,1", ["--covariate", "age"], "There is no column age;"),
    ],
)
def test_a_wrong_cell_is_named(
    run: Run, tmp_path: Path, row: str, options: list[str], line: str
) -> None:
    asked = ("--rep", "rep", "--variant", "v", "--outcome", "won", *options)
    code, message = refusal(run("analyse", table(tmp_path, row), *asked))
    assert code == 2
    assert line in message


def test_who_followed_is_asked_of_reps_who_were_split(run: Run, tmp_path: Path) -> None:
    asked = ("--variant", "v", "--outcome", "won", "--followed", "did")
    code, message = refusal(run("analyse", table(tmp_path), *asked))
    assert code == 2
    assert "--followed: it is of reps who were split" in message


def leads_with_size(tmp_path: Path) -> str:
    """Leads whose outcome follows a size from before, which chance gave unevenly."""
    rng = np.random.default_rng(3)
    sizes = rng.integers(1, 50, 80)
    lines = [
        f"{'B' if at % 2 else 'A'},{size},{size * 3 + int(noise)},{at % 3}"
        for at, (size, noise) in enumerate(zip(sizes, rng.normal(0, 9, 80), strict=True))
    ]
    path = tmp_path / "sized.csv"
    path.write_text("\n".join(["v,size,y,block", *lines]), encoding="utf-8")
    return str(path)


def test_split_leads_are_compared_among_those_alike_before(run: Run, tmp_path: Path) -> None:
    path = leads_with_size(tmp_path)
    asked = ("analyse", path, "--variant", "v", "--outcome", "y", "--covariate", "size", "--json")
    (found,) = said(run(*asked))["comparisons"]
    assert found["primary"] == "lead_ancova"
    estimates = found["estimates"]
    rows = np.loadtxt(path, delimiter=",", skiprows=1, usecols=(1, 2))
    treated = np.arange(80) % 2
    centred = rows[:, 0] - rows[:, 0].mean()
    columns = np.column_stack([np.ones(80), treated, centred, treated * centred])
    expected = np.linalg.lstsq(columns, rows[:, 1])[0][1]
    assert estimates["lead_ancova"]["effect"] == pytest.approx(expected, rel=1e-9)
    assert estimates["lead_ancova"]["se"] < estimates["welch"]["se"] / 2


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--stratum", "block"], "within strata or by a value from before, not both"),
        (["--time", "y", "--event", "block", "--horizon", "3"], "--covariate: it goes with"),
    ],
)
def test_a_value_from_before_goes_with_neither_strata_of_leads_nor_time(
    run: Run, tmp_path: Path, options: list[str], expected: str
) -> None:
    asked = ["analyse", leads_with_size(tmp_path), "--variant", "v", "--covariate", "size"]
    outcome = [] if "--time" in options else ["--outcome", "y"]
    code, message = refusal(run(*asked, *outcome, *options))
    assert (code, expected in message) == (2, True)


def test_segments_and_the_largest_amount_stand_beside(tmp_path: Path, run: Run) -> None:
    leads = tmp_path / "leads.csv"
    rows = [
        f"{rep},{'B' if at % 2 else 'A'},{'north' if at < 4 else 'south'},{(at * 7 + n) % 5 * n}"
        for at, rep in enumerate("abcdefgh")
        for n in range(6)
    ]
    leads.write_text("\n".join(["rep,v,team,y", *rows]), encoding="utf-8")
    asked = ["analyse", str(leads), "--variant", "v", "--outcome", "y", "--rep", "rep"]
    found = run(*asked, "--segment", "team", "--cap", "12")
    assert "Over segments: p " in found.stdout
    assert "  without the largest  " in found.stdout
    lone = run(*asked, "--segment", "v")
    assert "Over segments: not estimable: too few reps" in lone.stdout


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--segment", "team", "--period", "p"], "--segment: it goes with --outcome"),
        (["--cap", "inf"], "--cap: it is a number above 0"),
    ],
)
def test_options_that_do_not_fit_are_refused(
    tmp_path: Path, run: Run, options: list[str], expected: str
) -> None:
    leads = tmp_path / "leads.csv"
    leads.write_text("rep,v,team,y\na,A,n,1\n", encoding="utf-8")
    asked = ["analyse", str(leads), "--variant", "v", "--outcome", "y", "--rep", "rep"]
    code, text = refusal(run(*asked, *options))
    assert (code, expected in text) == (2, True)
