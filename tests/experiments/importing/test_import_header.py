"""Headers as people and CRMs write them."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from experiments.problem import Refused
from experiments.process import ProcessVersion
from tests.experiments.importing.conftest import HEAD, Bring, refusals


def test_the_header_is_found_whatever_its_dress(
    session: Session, version: ProcessVersion, bring: Bring
) -> None:
    imported = bring(
        "\ufeff* LEAD_ID ;OWNER*; Stage ;CREATED  AT;Colour\nD1;Anna;Demo;05.01.2026;red\n",
        process="discovery-first",
    )

    assert imported.leads == 1
    assert dict(imported.deals.columns) == {
        "lead_id": "* LEAD_ID",
        "owner_id": "OWNER*",
        "stage": "Stage",
        "created_at": "CREATED  AT",
    }
    assert imported.deals.unused == ("Colour",)


def test_columns_can_be_named_by_a_person(
    session: Session, version: ProcessVersion, bring: Bring
) -> None:
    text = "Nr,Verkäufer,Phase,Angelegt,Status\nD1,Anna,Demo,2026-01-05,aktiv\n"
    told = {"lead_id": "nr", "owner_id": "Verkäufer", "stage": "Phase", "created_at": "Angelegt"}

    refused = bring(text, process="discovery-first", columns=told, dry_run=True)
    taken = bring(text, process="discovery-first", columns=told | {"status": ""})

    assert refusals(refused) == {2: "aktiv is no status that we know: open, won or lost."}
    assert taken.leads == 1


def test_a_header_that_lacks_needed_columns_names_them_and_what_was_found(bring: Bring) -> None:
    with pytest.raises(Refused, match="No column was found for") as caught:
        bring("Record ID,Deal Stage,Close Date\n1,Won,2026-01-01\n")

    said = str(caught.value)
    assert "No column was found for owner_id, created_at or stage_entered_at." in said
    assert "lead_id (Record ID), stage (Deal Stage), closed_at (Close Date)" in said


@pytest.mark.parametrize(
    ("head", "told", "said"),
    [
        ("Lead ID,Owner,Stage,Stage,Created", {}, "Two columns are called Stage"),
        ("Lead ID,Owner,Stage,B,Created", {"stage": "Phase"}, "The file has no column Phase"),
        ("Lead ID,Owner,Stage,B,Created", {"colour": "B"}, "There is no field colour"),
    ],
)
def test_a_header_that_can_be_misread_is_refused(
    bring: Bring, head: str, told: dict[str, str], said: str
) -> None:
    with pytest.raises(Refused, match=said):
        bring(f"{head}\n1,Anna,Demo,x,2026-01-01\n", columns=told)


def test_a_column_of_ids_is_not_taken_for_stages(bring: Bring) -> None:
    rows = "".join(f"D{n},Anna,stage {n},2026-01-05,,\n" for n in range(301))

    with pytest.raises(Refused, match="Stage holds over 300 different words: is it the stage"):
        bring(HEAD + rows)
