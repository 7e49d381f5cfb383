"""`stagelift analyse --account`: leads that were split company by company."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.web.conftest import Run, refusal, said

CRT10 = Path(__file__).parent.parent / "reference" / "crt10.csv"
ASKED = ["analyse", str(CRT10), "--variant", "treat", "--outcome", "won", "--account", "rep_id"]


def test_the_reference_trial_by_accounts_is_club_sandwich_s(run: Run) -> None:
    answer = said(run(*ASKED, "--json"))

    (comparison,) = answer["comparisons"]
    (estimate,) = comparison["estimates"].values()
    assert (answer["unit"], comparison["primary"]) == ("lead", "account_cr2")
    # R 4.2.2, clubSandwich 0.5.8: coef_test(lm(won ~ treat), vcov = "CR2", cluster = rep_id).
    assert estimate["effect"] == pytest.approx(0.15980818, abs=5e-9)
    assert estimate["se"] == pytest.approx(0.04261637, abs=5e-9)
    assert estimate["df"] == pytest.approx(3.6053669, abs=5e-8)
    assert estimate["p"] == pytest.approx(0.02401843, abs=5e-9)
    assert [each["accounts"] for each in answer["groups"]] == [5, 5]
    assert "accounts" in run(*ASKED).stdout


def test_an_account_in_two_variants_is_named_with_its_row(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    path.write_text("company,variant,won\nAcme,A,1\nBolt,B,0\nAcme,B,1\n", encoding="utf-8")
    asked = ["analyse", str(path), "--variant", "variant", "--outcome", "won"]
    told = refusal(run(*asked, "--account", "company"))
    assert told == (2, "Error: company, line 4: Account Acme is in two variants, A and B.\n")


@pytest.mark.parametrize(
    ("more", "named"),
    [
        (["--rep", "rep_id"], "--rep:"),
        (["--look", "rep_id", "--looks", "0.5,1"], "--look:"),
        (["--unit", "rep"], "--unit:"),
    ],
)
def test_what_does_not_go_with_accounts_is_named(more: list[str], named: str, run: Run) -> None:
    code, told = refusal(run(*ASKED, *more))
    assert code == 2
    assert told.startswith(f"Error: {named}")
