"""The processes to begin from are whole: nobody has to finish them before use."""

from __future__ import annotations

import pytest

from experiments.problem import NotFound
from experiments.process import Milestone, StageKind
from experiments.process_draft import ProcessDraft
from experiments.process_templates import template, templates


@pytest.mark.parametrize("draft", templates(), ids=lambda draft: str(draft.key))
def test_every_stage_says_why_what_and_when_it_is_over(draft: ProcessDraft) -> None:
    reached = {stage.milestone for stage in draft.stages}
    assert reached >= set(Milestone)
    assert draft.description
    for stage in draft.stages:
        if stage.kind is StageKind.OPEN:
            assert stage.purpose, stage.name
            assert stage.exit_criteria, stage.name
            assert stage.actions, stage.name
            assert all(action.instructions for action in stage.actions), stage.name


def test_the_common_ways_of_selling_are_there() -> None:
    keys = {draft.key for draft in templates()}
    assert keys >= {"spin-outreach", "meddicc", "demo-first", "inbound-quick-call"}


def test_a_template_speaks_in_the_name_of_its_reader() -> None:
    texts = [
        action.instructions
        for draft in templates()
        for stage in template(str(draft.key), company="Northwind").stages
        for action in stage.actions
    ]
    assert not any("Kestrel" in text for text in texts)
    assert any("Northwind" in text for text in texts)
    with pytest.raises(NotFound):
        template("nothing", company="Northwind")
