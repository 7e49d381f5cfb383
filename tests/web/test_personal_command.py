"""`stagelift personal`: what is stored of one person."""

from __future__ import annotations

from tests.web.conftest import Run, refusal, said


def test_a_rep_is_handed_over_as_json(run: Run) -> None:
    said(run("team", "add", "Berlin", "--segment", "inbound", "--json"))
    said(run("rep", "add", "Ana Weiss", "--team", "Berlin", "--external-id", "ana", "--json"))
    known = said(run("personal", "export", "rep", "ana"))
    assert (known["name"], known["team"], known["account"]) == ("Ana Weiss", "Berlin", None)


def test_nobody_of_that_id_is_a_clear_refusal(run: Run) -> None:
    lead = refusal(run("personal", "export", "lead", "L9"))
    rep = refusal(run("personal", "export", "rep", "r9"))
    assert lead == (2, "Error: There is no lead L9.\n")
    assert rep == (2, "Error: rep: There is no rep r9.\n")


def test_a_lead_is_erased_by_command_only_with_yes(run: Run) -> None:
    code, told = refusal(run("personal", "erase", "lead", "L9"))
    assert (code, "repeat it with --yes" in told) == (2, True)
    assert refusal(run("personal", "erase", "lead", "L9", "--yes")) == (
        2,
        "Error: There is no lead L9.\n",
    )
