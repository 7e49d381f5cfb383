"""Exports of the CRMs that we know, with the headers that CRM vendors give them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy.orm import Session

from experiments import process_draft
from experiments.crm import DEALS
from experiments.crm.header import fold
from experiments.crm.preset import Preset
from experiments.leads import lead
from experiments.process import ProcessVersion
from tests.experiments.importing.conftest import Bring, course, refusals

HUBSPOT = (
    "Record ID,Deal Name,Pipeline,Deal Stage,Deal owner,Amount,Create Date,Close Date,"
    'Closed Lost Reason,"Date entered ""Presentation Scheduled (Sales Pipeline)""",'
    '"Date entered ""Closed Won (Sales Pipeline)"""\n'
)
PIPEDRIVE = (
    "Deal - ID,Deal - Title,Deal - Value,Deal - Currency (of value),Deal - Pipeline,Deal - Stage,"
    "Deal - Status,Deal - Owner,Deal - Deal created,Deal - Won time,Deal - Lost time,"
    "Deal - Lost reason,Deal - Expected close date,Deal - Organization\n"
)
SALESFORCE = (
    "Opportunity ID,Opportunity Name,Stage,Opportunity Owner,Amount,Close Date,Created Date,"
    "Closed,Won,Account Name\n"
)


def test_hubspot_tells_stages_by_columns_of_their_own(session: Session, bring: Bring) -> None:
    rows = (
        "11,Nord GmbH,Sales Pipeline,Closed Won,Anna,900.00,2026-01-05 09:15,2026-02-03 23:59,"
        "(No value),2026-01-20 10:00,2026-02-03 16:30\n"
        "12,Sued AG,Sales Pipeline,Contract Sent,Omar,,2026-01-06 09:15,2026-06-30 12:00,,,\n"
        "13,West KG,Sales Pipeline,Closed Lost,Omar,50,2026-01-07 09:15,2026-01-30 12:00,Price,,\n"
    )

    imported = bring(HUBSPOT + rows)

    assert (imported.source, imported.made_process) == ("hubspot", "hubspot-sales")
    assert (imported.refused, imported.kept) == ((), ())
    assert course(session, "11") == [
        ("Presentation Scheduled", "2026-01-20"),
        ("Closed Won", "2026-02-03"),
    ]
    assert course(session, "12") == [("Contract Sent", "2026-02-03")]
    assert course(session, "13") == [("Closed Lost", "2026-01-30")]
    assert imported.complete_through == date(2026, 2, 3)
    assert not imported.present_only
    won = lead(session, "11")
    assert (won.name, won.amount_minor) == ("Nord GmbH", 90_000)
    # Its own column knows the hour; the close date would say midnight.
    assert won.stage_entered_at == datetime(2026, 2, 3, 15, 30, tzinfo=UTC)


def test_a_record_id_with_a_closing_date_is_not_hubspot(
    version: ProcessVersion, bring: Bring
) -> None:
    head = "Record Id,Deal Name,Deal Owner,Stage,Closing Date,Created Date\n"

    imported = bring(
        head + "1,A,Anna,Won,2026-01-09,2026-01-05\n", columns={"closed_at": "Closing Date"}
    )

    assert (imported.deals.preset, imported.refused) == ("plain", ())


def test_pipedrive_tells_the_end_by_a_status_beside_the_stage(
    session: Session, bring: Bring
) -> None:
    rows = (
        "1,Nord,900,EUR,Pipeline,Proposal Made,Won,Anna,2026-01-05 09:15:00,2026-02-03 10:00:00,"
        ",,2026-03-31,Nord GmbH\n"
        "2,Sued,50,USD,Pipeline,Contact Made,Lost,Anna,2026-01-06 09:15:00,,2026-01-30 10:00:00,"
        "Price,,\n"
        "3,West,0,EUR,Pipeline,Demo Scheduled,Open,Omar,2026-01-07 09:15:00,,,,2026-05-01,\n"
        "4,Ost,0,EUR,Pipeline,Demo Scheduled,Deleted,Omar,2026-01-07 09:15:00,,,,,\n"
    )

    imported = bring(PIPEDRIVE + rows)

    assert (imported.source, imported.process) == ("pipedrive", "Pipedrive pipeline")
    # In which stage a deal was won is told, but not since when it stood there.
    assert course(session, "1") == [("Proposal Made", "2026-02-03"), ("Won", "2026-02-03")]
    assert course(session, "2") == [("Contact Made", "2026-01-30"), ("Lost", "2026-01-30")]
    assert course(session, "3") == [("Demo Scheduled", "2026-02-03")]
    assert refusals(imported) == {5: "deleted is no status that we know: open, won or lost."}
    won = lead(session, "1")
    assert won.account is not None
    assert won.account.external_id == "Nord GmbH"
    assert lead(session, "2").currency == "USD"


def test_salesforce_tells_by_flags_whether_a_close_date_is_a_hope(
    session: Session, bring: Bring
) -> None:
    rows = (
        "006A,Nord,Closed Won,Anna,900,1/25/2026,1/5/2026,1,1,Nord GmbH\n"
        "006B,Sued,Closed Lost,Anna,50,1/30/2026,1/6/2026,1,0,\n"
        "006C,West,Needs Analysis,Omar,50,2/20/2026,1/7/2026,0,0,\n"
    )

    imported = bring(SALESFORCE + rows)

    assert (imported.source, imported.kept) == ("salesforce", ())
    assert course(session, "006A") == [("Closed Won", "2026-01-25")]
    assert course(session, "006C") == [("Needs Analysis", "2026-01-30")]
    assert imported.complete_through == date(2026, 1, 30)


def test_a_status_may_stand_beside_stages_that_a_company_made(
    session: Session, version: ProcessVersion, bring: Bring
) -> None:
    row = "1,Nord,900,EUR,X,Demo,Won,Anna,2026-01-05 09:15:00,2026-02-03 10:00:00,,,,\n"

    bring(PIPEDRIVE + row, process="discovery-first")

    assert course(session, "1") == [("Demo", "2026-02-03"), ("Won", "2026-02-03")]


@pytest.mark.parametrize("preset", DEALS, ids=lambda preset: preset.key)
def test_the_process_of_a_preset_is_a_process(preset: Preset) -> None:
    if preset.process:
        draft = process_draft.checked(dict(preset.process))
        assert {stage.kind for stage in draft.stages} == {"open", "won", "lost"}
    assert all(word == fold(word) for words in preset.columns.values() for word in words)
