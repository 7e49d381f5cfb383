"""Which process the deals of a file follow."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from sqlalchemy.orm import Session

from experiments import process_draft
from experiments.events import StageWord
from experiments.leads import lead
from experiments.problem import Refused
from experiments.process import ProcessVersion, processes
from tests.experiments.importing.conftest import HEAD, Bring, course, refusals

CRM_HEAD = "opportunity_id,sales_agent,account,deal_stage,engage_date,close_date,close_value\n"


def test_the_preset_makes_the_process_whose_words_it_knows_once(
    session: Session, bring: Bring
) -> None:
    text = CRM_HEAD + "A1,Anna,Acme,Won,20-10-16,01-03-17,1054\nA2,Omar,,Engaging,25-10-16,,\n"
    text += "A3,Omar,,Prospecting,,,\n"

    first = bring(text)
    second = bring(text)

    assert (first.deals.preset, first.made_process, second.made_process) == (
        "crm_sales",
        "crm-sales",
        "",
    )
    assert [each.key for each in processes(session)] == ["crm-sales"]
    assert course(session, "A1") == [("Engaging", "2016-10-20"), ("Won", "2017-03-01")]
    assert course(session, "A2") == [("Engaging", "2016-10-25")]
    assert first.present_only
    assert list(refusals(first)) == [4]
    assert first.complete_through == date(2017, 3, 1)
    won = lead(session, "A1")
    assert won.account is not None
    assert (won.account.external_id, won.currency, won.amount_minor) == ("Acme", "USD", 105_400)
    assert (second.leads, second.accepted, second.repeated) == (0, 0, 5)


def test_stages_that_nobody_knows_need_a_process(session: Session, bring: Bring) -> None:
    text = HEAD + "D1,Anna,Pitch,2026-01-05,,\n"
    with pytest.raises(Refused, match="No process has the stages Pitch: add one first"):
        bring(text)


def test_stages_that_one_process_knows_are_taken_as_its_own(
    session: Session, version: ProcessVersion, bring: Bring
) -> None:
    known = bring(HEAD + "D1,Anna,demo,2026-01-05,,\n")
    assert (known.process, known.made_process) == ("Discovery first", "")
    assert lead(session, "D1").version_id == version.id

    with pytest.raises(
        Refused, match=r"process whose stages these are: Pitch\. .* discovery-first"
    ):
        bring(HEAD + "D2,Anna,Pitch,2026-01-05,,\n")
    with pytest.raises(
        Refused, match=r"There is no process nonsense\. There are: discovery-first"
    ):
        bring(HEAD + "D2,Anna,Demo,2026-01-05,,\n", process="nonsense")


def test_a_pipeline_of_the_file_names_the_process(
    session: Session, version: ProcessVersion, bring: Bring, now: datetime
) -> None:
    other = {"name": "Outbound", "stages": [{"name": "Cold", "milestone": "lead"},
             {"name": "Won", "kind": "won"}, {"name": "Lost", "kind": "lost"}]}  # fmt: skip
    process_draft.create(session, process_draft.checked(other), now=now)
    head = HEAD.replace("Value", "Pipeline")

    imported = bring(
        head + "D1,A,Demo,2026-01-05,,discovery FIRST\nD2,A,Cold,2026-01-05,,outbound\n"
    )

    assert imported.process == "Discovery first, Outbound"
    assert imported.kept == ()
    assert lead(session, "D1").version_id == version.id


def test_words_that_a_person_mapped_are_known(
    session: Session, version: ProcessVersion, bring: Bring
) -> None:
    session.add(StageWord(version_id=version.id, word="Gewonnen", stage=version.stages[4]))
    session.flush()

    bring(HEAD + "D1,Anna,gewonnen,2026-01-05,2026-01-09,\n")

    assert course(session, "D1") == [("Won", "2026-01-09")]
