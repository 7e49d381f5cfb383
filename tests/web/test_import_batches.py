"""Taking an import back, by page and by command."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

from experiments.company import Company
from experiments.importing import batches
from experiments.importing.deals import Request, import_deals
from experiments.process import ProcessVersion
from experiments.tables.table_file import open_bytes
from experiments.users import Role
from tests.web.conftest import Run, SignIn, said

DEALS = "Lead ID,Owner,Stage,Created at\nD1,Anna,Demo,2026-01-05\n"


def test_an_import_is_listed_and_taken_back_once(
    session: Session, company: Company, version: ProcessVersion, sign_in: SignIn, now: datetime
) -> None:
    analyst = sign_in(Role.ANALYST)
    assert "No import yet" in analyst.get("/data/imports").text
    import_deals(session, Request(open_bytes(DEALS.encode(), "march.csv")), now=now)
    [made] = batches.batches(session)

    assert "march.csv" in analyst.get("/data/imports").text
    assert analyst.post(f"/data/imports/{made.id}/undo").status_code == 303
    assert "taken back" in analyst.get("/data/imports").text
    again = analyst.post(f"/data/imports/{made.id}/undo")
    assert again.status_code == 422
    assert "This import was taken back already." in again.text
    assert analyst.post("/data/imports/99/undo").status_code == 404


def test_an_import_is_listed_and_taken_back_by_command(run: Run, tmp_path: Path) -> None:
    deals = tmp_path / "march.csv"
    # The CRM's own stages become a process.
    deals.write_text(
        "Record ID,Deal owner,Deal Stage,Create Date\n1,Anna,Contract Sent,2026-01-05\n"
    )
    assert run("import", "deals", str(deals)).exit_code == 0

    [made] = said(run("import", "list", "--json"))
    assert (made["file"], made["leads"], made["undone"]) == ("march.csv", 1, False)
    assert "march.csv, 1 leads" in run("import", "list").output
    assert said(run("import", "undo", str(made["id"]), "--json")) == {
        "id": made["id"],
        "voided": made["events"],
    }
    assert "(taken back)" in run("import", "list").output
    refused = run("import", "undo", str(made["id"]))
    assert (refused.exit_code, "already" in refused.output) == (2, True)
    assert run("import", "deals", str(deals)).exit_code == 0
    again = said(run("import", "list", "--json"))[0]
    assert "back: " in run("import", "undo", str(again["id"])).output
