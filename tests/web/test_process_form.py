"""What is typed into the form of a process, and the way back."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import FormData, UploadFile

from experiments.demo.company import process_texts
from experiments.problem import Refused, problem
from experiments.process import ActionKind
from experiments.process_draft import ActionDraft, ProcessDraft, StageDraft, checked, read_yaml
from web import process_form
from web.rows import row_count


def typed(draft: ProcessDraft) -> FormData:
    return FormData(
        [(name, str(value)) for name, value in process_form.values_of_draft(draft).items()]
    )


def parsed(lines: str) -> list[ActionDraft]:
    form = FormData([("stages.1.name", "New"), ("stages.1.actions", lines)])
    stages = process_form.written(form, "")["stages"]
    return [ActionDraft(**each) for each in stages[0]["actions"]]


def test_an_action_is_a_line_with_its_kind_its_name_and_what_to_do() -> None:
    assert parsed("[call] Discovery call: Ask why now.\nSend the notes") == [
        ActionDraft(name="Discovery call", kind=ActionKind.CALL, instructions="Ask why now."),
        ActionDraft(name="Send the notes"),
    ]


def test_an_indented_line_goes_on_with_the_action_above_it() -> None:
    lines = "[Email] Notes: First this.\r\n  Then that.\r\n\r\n    - a list\r\n\r\nNext\r\n"
    first, second = parsed(lines)
    assert first.kind is ActionKind.EMAIL
    assert first.instructions == "First this.\nThen that.\n\n  - a list"
    assert second.name == "Next"


def test_only_the_first_colon_before_a_space_parts_name_and_instructions() -> None:
    assert parsed("Call at 10:30: say: hello") == [
        ActionDraft(name="Call at 10:30", instructions="say: hello")
    ]


def test_a_plus_in_the_brackets_is_a_delay() -> None:
    assert parsed("[call +2] Call\n[+0] Sum up\n[ email ] Write") == [
        ActionDraft(name="Call", kind=ActionKind.CALL, after_days=2),
        ActionDraft(name="Sum up", after_days=0),
        ActionDraft(name="Write", kind=ActionKind.EMAIL),
    ]


@pytest.mark.parametrize("delay", ["+soon", "+", "+-1", "+261", "+1.5"])
def test_a_delay_that_is_no_number_of_days_is_refused_at_its_line(delay: str) -> None:
    stages = {"name": "New", "milestone": "lead"}
    form = FormData([("stages.1.name", "New"), ("stages.1.actions", f"Rest\n[call {delay}] Call")])
    written = process_form.written(form, "p") | {"name": "P"}
    written["stages"][0] |= stages
    with pytest.raises(Refused) as refused:
        checked(written)
    places = [each.where for each in process_form.placed(refused.value.problems, form)]
    assert "stages.1.actions" in places


@pytest.mark.parametrize("text", process_texts())
def test_a_process_comes_back_from_the_form_as_it_was(text: str) -> None:
    draft = read_yaml(text)
    assert checked(process_form.written(typed(draft), draft.key)) == draft


WORDS = st.text(string.ascii_letters + ":[]+ -'", min_size=1, max_size=30)
ACTIONS = st.builds(
    ActionDraft,
    name=WORDS.filter(str.strip),
    kind=st.sampled_from(ActionKind),
    # Spaces at the end of a line are nobody's meaning.
    instructions=st.lists(WORDS.map(str.rstrip), max_size=3).map("\n".join),
    after_days=st.none() | st.integers(0, 260),
)


@given(st.lists(ACTIONS, max_size=4))
def test_whatever_actions_are_called_they_come_back_from_the_form(
    actions: list[ActionDraft],
) -> None:
    stages = [
        StageDraft(name="New", milestone="lead", actions=actions),
        StageDraft(name="Won", kind="won"),
        StageDraft(name="Lost", kind="lost"),
    ]
    draft = ProcessDraft(name="A process", stages=stages)
    assert checked(process_form.written(typed(draft), draft.key)) == draft


def test_a_fault_in_an_action_names_its_line() -> None:
    form = FormData([("stages.2.actions", "\nFirst: a\n  and b\n\n[shout] Second")])
    found = problem("stages.2.actions.2.kind", "{reason}", reason="no such kind")
    (placed,) = process_form.placed([found], form)
    assert (placed.where, placed.text) == ("stages.2.actions", "Line 5: no such kind")


@pytest.mark.parametrize(
    ("where", "place"),
    [
        ("key", "name"),
        ("stages.3.milestone", "stages.3.stands_for"),
        ("stages.3.kind", "stages.3.stands_for"),
        ("stages.3", "stages.3"),
        ("stages.3.name", "stages.3.name"),
        ("stages.3.exit_criteria", "stages.3.exit_criteria"),
    ],
)
def test_each_fault_has_a_place_in_the_form(where: str, place: str) -> None:
    (placed,) = process_form.placed([problem(where, "Wrong.")], FormData())
    assert placed.where == place


def rows(*names: str) -> FormData:
    pairs: list[tuple[str, str | UploadFile]] = [("name", "P")]
    for number, name in enumerate(names, start=1):
        ends = name.lower() if name in ("Won", "Lost") else "lead"
        pairs += [(f"stages.{number}.name", name), (f"stages.{number}.stands_for", ends)]
    return FormData(pairs)


@pytest.mark.parametrize(
    ("act", "names", "about"),
    [
        ("add", ["New", "Demo", "", "Won", "Lost"], 3),
        ("remove.2", ["New", "Won", "Lost"], 2),
        ("up.2", ["Demo", "New", "Won", "Lost"], 1),
        ("down.1", ["Demo", "New", "Won", "Lost"], 2),
        ("up.1", ["New", "Demo", "Won", "Lost"], 1),
        ("down.4", ["New", "Demo", "Won", "Lost"], 4),
        ("remove.9", ["New", "Demo", "Won", "Lost"], 1),
        ("nonsense", ["New", "Demo", "Won", "Lost"], 1),
    ],
)
def test_stages_are_added_before_the_end_removed_and_moved(
    act: str, names: list[str], about: int
) -> None:
    values, row = process_form.after(rows("New", "Demo", "Won", "Lost"), act)
    shown = [values[f"stages.{number}.name"] for number in range(1, len(names) + 1)]
    assert (shown, row) == (names, about)
    assert row_count(values, "stages", "name") == len(names)
    assert values["name"] == ["P"]
