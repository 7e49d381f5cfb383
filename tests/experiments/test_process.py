"""Processes: what a draft must hold, versions, YAML, and the standing process of a segment."""

from __future__ import annotations

import copy
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy.orm import Session

from experiments import process, process_draft
from experiments.problem import NotFound, Refused
from experiments.process import Milestone, ProcessVersion
from tests.conftest import count_rows
from tests.experiments.conftest import PROCESS


def changed(**fields: Any) -> dict[str, Any]:
    return copy.deepcopy(PROCESS) | fields


def with_stage(at: int, **fields: Any) -> dict[str, Any]:
    written = copy.deepcopy(PROCESS)
    written["stages"][at] |= fields
    return written


def test_a_process_keeps_stages_actions_and_criteria_in_order(
    session: Session, version: ProcessVersion
) -> None:
    found = process.version_of(session, "discovery-first")

    assert [stage.name for stage in found.stages] == [
        "New", "Qualify", "Demo", "Offer", "Won", "Lost",
    ]  # fmt: skip
    qualify = found.stages[1]
    assert qualify.milestone is Milestone.QUALIFIED
    assert qualify.actions[0].key == "qualify.discovery-call"
    assert qualify.exit_criteria[0].text == "The budget is named"
    assert found.stages[4].milestone is Milestone.WON
    assert found.title == "Discovery first · v1"


def test_stages_and_actions_are_found_by_key_or_name(version: ProcessVersion) -> None:
    assert version.stage("OFFER ") is version.stages[3]
    assert version.stage("offer") is version.stages[3]
    assert version.stage("Closing") is None
    assert version.action("discovery CALL") is version.stages[1].actions[0]
    assert version.action("dance") is None


def test_a_change_is_a_new_version_and_the_old_one_stays(
    session: Session, version: ProcessVersion, now: datetime
) -> None:
    draft = process_draft.checked(with_stage(3, name="Proposal"))

    second = process_draft.revise(session, version.process, draft, now=now)

    assert (second.number, version.process.latest) == (2, second)
    assert process.version_of(session, "discovery-first") is second
    assert process.version_of(session, "discovery-first@1").stages[3].name == "Offer"
    with pytest.raises(NotFound):
        process.version_of(session, "discovery-first@3")


def test_yaml_written_is_yaml_read(session: Session, version: ProcessVersion) -> None:
    text = process_draft.write_yaml(version)

    assert process_draft.read_yaml(text) == process_draft.draft_of(version)


@pytest.mark.parametrize(
    ("written", "word"),
    [
        (changed(name=" "), "name"),
        (changed(stages=[]), "stages"),
        (changed(colour="red"), "colour"),
        (changed(key="Not A Key"), "key: The key Not A Key may hold small letters"),
        (changed(key="upload"), "key: upload is a word of the site"),
        (changed(name="?!"), "name: A name needs a letter"),
        (with_stage(1, name="?!"), "stages.2.name: A name needs a letter"),
        (with_stage(1, kind="maybe"), "stages.2.kind"),
        (with_stage(1, milestone="lunch"), "stages.2.milestone"),
        (with_stage(1, milestone=None), "stages.2.milestone: Say which"),
        (with_stage(1, milestone="won"), "stages.2.milestone: The milestone won"),
        (
            with_stage(5, milestone="demo"),
            "stages.6.milestone: A stage of kind lost has no milestone",
        ),
        (with_stage(2, name="qualify"), "stages.3.name: Two stages are called qualify"),
        (
            with_stage(1, exit_criteria=[""]),
            "stages.2.exit_criteria.1: An exit criterion has 1 to 300 characters",
        ),
        (with_stage(1, actions=[{"name": "Call", "kind": "dance"}]), "stages.2.actions.1.kind"),
        (changed(stages=PROCESS["stages"][:5]), "stages: No stage of kind lost"),
        (changed(stages=PROCESS["stages"][::-1]), "stages.1.kind: The first stage must be open"),
    ],
)
def test_a_wrong_process_is_refused_and_names_the_field(
    written: dict[str, Any], word: str
) -> None:
    with pytest.raises(Refused) as refusal:
        process_draft.checked(written)

    assert word in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("name: [", "line 1"),
        ("just words", "Expected a process"),
        ("a: b\n- c", "line 2"),
        ("name: X\nstages: 3", "stages"),
    ],
)
def test_a_wrong_file_is_refused_and_names_the_line_or_field(text: str, word: str) -> None:
    with pytest.raises(Refused) as refusal:
        process_draft.read_yaml(text)

    assert word in str(refusal.value)


def test_a_taken_key_is_refused(session: Session, version: ProcessVersion, now: datetime) -> None:
    with pytest.raises(Refused, match="discovery-first already"):
        process_draft.create(session, process_draft.checked(PROCESS), now=now)

    assert count_rows(session, "process_versions") == 1


def test_a_segment_follows_what_was_adopted_else_the_only_process_there_is(
    session: Session, version: ProcessVersion, now: datetime
) -> None:
    assert process.standing_version_id(session, "inbound") == version.id
    other = process_draft.create(
        session, process_draft.checked(changed(name="Other", segment="outbound")), now=now
    )
    assert process.standing_version_id(session, "inbound") is None

    process.adopt(session, "inbound", other, now=now)
    process.adopt(session, "inbound", version, now=now)

    assert process.standing_version_id(session, "inbound") == version.id
    assert process.segments(session) == ["inbound", "outbound"]
    assert [each.key for each in process.processes(session)] == ["discovery-first", "other"]
    assert [each.id for each in process.versions(session)] == [version.id, other.id]


def test_what_is_not_there_is_not_found(session: Session) -> None:
    with pytest.raises(NotFound, match="no process nothing"):
        process.process(session, "nothing")
    with pytest.raises(NotFound):
        process.version(session, 99)


def test_a_name_in_any_script_makes_a_key() -> None:
    assert process_draft.slug("Démo first!  (v2)") == "démo-first-v2"
    assert process_draft.slug("فروش") == "فروش"
