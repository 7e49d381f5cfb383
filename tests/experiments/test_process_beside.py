"""Two processes beside each other: what only one has, what differs, and in which order."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy.orm import Session

from experiments import process_draft
from experiments.process import ProcessVersion
from experiments.process_beside import StageBeside, Where, beside, in_another_order
from tests.experiments.conftest import PROCESS

Stages = list[dict[str, Any]]
Rival = Callable[[Callable[[Stages], object]], ProcessVersion]


@pytest.fixture
def rival(session: Session, version: ProcessVersion, now: datetime) -> Rival:
    """Makes another process of the first one's stages, changed by hand."""

    def make(change: Callable[[Stages], object]) -> ProcessVersion:
        written = deepcopy(PROCESS) | {"name": "Demo first"}
        change(written["stages"])
        return process_draft.create(session, process_draft.checked(written), now=now)

    return make


def differing(control: ProcessVersion, treatment: ProcessVersion) -> list[StageBeside]:
    return [each for each in beside(control, treatment) if not each.alike]


def test_two_processes_that_ask_for_the_same_differ_nowhere(
    version: ProcessVersion, rival: Rival
) -> None:
    other = rival(lambda stages: None)
    assert differing(version, other) == []
    assert [each.name for each in beside(version, other)] == [
        each["name"] for each in PROCESS["stages"]
    ]
    assert not in_another_order(version, other)


def test_a_stage_that_is_left_out_stands_where_it_stood(
    version: ProcessVersion, rival: Rival
) -> None:
    other = rival(lambda stages: stages.__setitem__(2, {"name": "Trial", "milestone": "demo"}))
    names = [(each.name, each.where) for each in beside(version, other)]
    assert names[1:4] == [
        ("Qualify", Where.BOTH),
        ("Demo", Where.CONTROL),
        ("Trial", Where.TREATMENT),
    ]


def test_the_first_stage_left_out_stands_first(version: ProcessVersion, rival: Rival) -> None:
    other = rival(lambda stages: stages.pop(0))
    assert [each.where for each in beside(version, other)][:2] == [Where.CONTROL, Where.BOTH]


def test_actions_and_criteria_that_only_one_has_are_told_apart(
    version: ProcessVersion, rival: Rival
) -> None:
    def change(stages: Stages) -> None:
        stages[1]["actions"] = [{"name": "Live demo", "kind": "demo"}]
        stages[1]["exit_criteria"] = ["They have seen it"]

    (stage,) = differing(version, rival(change))
    assert stage.name == "Qualify"
    assert stage.where is Where.BOTH
    assert [each.where for each in stage.actions] == [Where.TREATMENT, Where.CONTROL]
    assert [(each.text, each.where) for each in stage.criteria] == [
        ("They have seen it", Where.TREATMENT),
        ("The budget is named", Where.CONTROL),
    ]


def test_an_action_under_another_name_or_with_other_words_is_the_same_one_changed(
    version: ProcessVersion, rival: Rival
) -> None:
    renamed = rival(lambda stages: stages[1]["actions"][0].update(name="First call"))
    (stage,) = differing(version, renamed)
    (action,) = stage.actions
    assert action.where is Where.CHANGED
    assert action.control is not None
    assert action.control.name == "Discovery call"


def test_other_instructions_are_a_change(version: ProcessVersion, rival: Rival) -> None:
    other = rival(lambda stages: stages[1]["actions"][0].update(instructions="Why at all?"))
    (stage,) = differing(version, other)
    assert [each.where for each in stage.actions] == [Where.CHANGED]


def test_a_stage_for_another_purpose_is_changed(version: ProcessVersion, rival: Rival) -> None:
    other = rival(lambda stages: stages[1].update(purpose="Show it at once."))
    (stage,) = differing(version, other)
    assert stage.where is Where.CHANGED


def test_another_order_of_the_same_stages_is_told(version: ProcessVersion, rival: Rival) -> None:
    def change(stages: Stages) -> None:
        stages[1], stages[2] = stages[2], stages[1]

    other = rival(change)
    assert in_another_order(version, other)
    assert [each.name for each in beside(version, other)][1:3] == ["Demo", "Qualify"]
