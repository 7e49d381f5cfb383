"""What differs between two versions of a process, and who works by each."""

from __future__ import annotations

from copy import deepcopy
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy.orm import Session

from experiments import process_draft
from experiments.experiment import Experiment
from experiments.process import ProcessVersion, adopt
from experiments.process_changes import Change, ChangeKind, changes
from experiments.process_use import standing, uses
from tests.experiments.conftest import PROCESS

QUALIFY = PROCESS["stages"][1]


@pytest.fixture
def revised(session: Session, version: ProcessVersion, now: datetime) -> Any:
    """Makes the next version, its stages changed by hand; and says what changed."""

    def make(change: Any) -> list[Change]:
        written = deepcopy(process_draft.draft_of(version).model_dump(mode="json"))
        change(written["stages"])
        draft = process_draft.checked(written)
        return changes(version, process_draft.revise(session, version.process, draft, now=now))

    return make


def test_the_same_again_is_no_change(revised: Any) -> None:
    assert revised(lambda stages: None) == []


def test_a_stage_keeps_its_key_when_it_is_renamed(revised: Any) -> None:
    told = revised(lambda stages: stages[1].update(name="Qualification"))
    assert told == [Change(ChangeKind.STAGE_RENAMED, "Qualification", was="Qualify")]


def test_stages_come_and_go(revised: Any) -> None:
    def change(stages: list[dict[str, Any]]) -> None:
        stages[2] = {"name": "Trial", "milestone": "demo"}

    assert revised(change) == [
        Change(ChangeKind.STAGE_ADDED, "Trial"),
        Change(ChangeKind.STAGE_REMOVED, "Demo"),
    ]


def test_another_order_is_said_once(revised: Any) -> None:
    def change(stages: list[dict[str, Any]]) -> None:
        stages[1], stages[2] = stages[2], stages[1]

    assert revised(change) == [Change(ChangeKind.STAGES_MOVED)]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"milestone": "demo"}, Change(ChangeKind.MILESTONE, "Qualify")),
        ({"purpose": "Waste no time."}, Change(ChangeKind.PURPOSE, "Qualify")),
        (
            {"exit_criteria": ["The budget is named", "They want it"]},
            Change(ChangeKind.CRITERION_ADDED, "Qualify", "They want it"),
        ),
        (
            {"exit_criteria": []},
            Change(ChangeKind.CRITERION_REMOVED, "Qualify", "The budget is named"),
        ),
        (
            {"actions": [*QUALIFY["actions"], {"name": "Notes"}]},
            Change(ChangeKind.ACTION_ADDED, "Qualify", "Notes"),
        ),
        ({"actions": []}, Change(ChangeKind.ACTION_REMOVED, "Qualify", "Discovery call")),
        (
            {"actions": [QUALIFY["actions"][0] | {"name": "First call"}]},
            Change(ChangeKind.ACTION_RENAMED, "Qualify", "First call", "Discovery call"),
        ),
        (
            {"actions": [QUALIFY["actions"][0] | {"instructions": "Why at all?"}]},
            Change(ChangeKind.ACTION_CHANGED, "Qualify", "Discovery call"),
        ),
        (
            {"actions": [QUALIFY["actions"][0] | {"kind": "meeting"}]},
            Change(ChangeKind.ACTION_CHANGED, "Qualify", "Discovery call"),
        ),
    ],
)
def test_what_changed_inside_a_stage_is_said(
    revised: Any, change: dict[str, Any], told: Change
) -> None:
    assert revised(lambda stages: stages[1].update(change)) == [told]


def test_another_action_with_other_instructions_is_not_a_renamed_one(revised: Any) -> None:
    mail = {"name": "Mail", "kind": "call", "instructions": "Something else."}
    assert revised(lambda stages: stages[1].update(actions=[mail])) == [
        Change(ChangeKind.ACTION_ADDED, "Qualify", "Mail"),
        Change(ChangeKind.ACTION_REMOVED, "Qualify", "Discovery call"),
    ]


def test_each_version_knows_who_works_by_it(
    session: Session, running: Experiment, version: ProcessVersion, now: datetime
) -> None:
    adopt(session, "inbound", version, now=now)
    second = process_draft.revise(
        session, version.process, process_draft.draft_of(version), now=now
    )
    told = uses(session, version.process)
    # Both variants of the experiment follow this version; it is named once.
    assert told[version.id].experiments == (running,)
    assert told[version.id].segments == ("inbound",)
    assert (told[second.id].experiments, told[second.id].segments) == ((), ())
    assert standing(session) == {"inbound": version}
