"""Processes by page: writing, revising, comparing, uploading, downloading."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import pytest
import yaml
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from experiments import process_draft
from experiments.experiment import Experiment
from experiments.process import Process, ProcessVersion, process, version_of
from experiments.users import Role
from tests.conftest import count_rows
from tests.experiments.conftest import PROCESS
from tests.web.conftest import SignIn

Form = dict[str, Any]
ONE = "/processes/discovery-first"
YAML = yaml.safe_dump(PROCESS).encode()


@pytest.fixture
def manager(sign_in: SignIn) -> TestClient:
    """A manager's browser."""
    return sign_in(Role.MANAGER)


def stage(number: int, name: str, stands_for: str, **more: str) -> Form:
    row = {"name": name, "stands_for": stands_for, "key": "", "purpose": ""}
    row |= {"actions": "", "exit_criteria": ""} | more
    return {f"stages.{number}.{field}": value for field, value in row.items()}


@pytest.fixture
def form() -> Form:
    """What a manager types."""
    return (
        {"act": "save", "name": "Demo first", "segment": "inbound", "description": "Show it."}
        | stage(1, "New", "lead")
        | stage(
            2,
            "Demo",
            "demo",
            purpose="Let them see.",
            actions="[demo] Show it: Twenty minutes.\n  Then stop.\nSend the recording",
            exit_criteria="They named one use\n\nThe buyer is known",
        )
        | stage(3, "Won", "won")
        | stage(4, "Lost", "lost")
    )


def upload(client: TestClient, content: bytes) -> Any:
    return client.post("/processes/upload", files={"file": ("process.yaml", content)})


def stages_of(page: str) -> list[str]:
    return re.findall(r'name="stages\.\d+\.name" type="text" value="([^"]*)"', page)


def test_an_empty_list_teaches_and_offers_ways_to_begin(manager: TestClient) -> None:
    page = manager.get("/processes").text
    assert "No process yet" in page
    assert 'href="/processes/new"' in page
    assert 'href="/processes/upload"' in page
    assert page.count("Begin from this") >= 4


def test_the_list_shows_each_process_with_its_use(
    manager: TestClient, running: Experiment
) -> None:
    page = manager.get("/processes").text
    assert f'href="{ONE}"' in page
    assert "in an experiment" in page


def test_a_manager_writes_a_process(manager: TestClient, form: Form, session: Session) -> None:
    assert "Qualification" in manager.get("/processes/new").text
    answer = manager.post("/processes/new", data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, "/processes/demo-first")

    version = version_of(session, "demo-first")
    assert [each.name for each in version.stages] == ["New", "Demo", "Won", "Lost"]
    demo = version.stages[1]
    assert [(each.name, each.kind) for each in demo.actions] == [
        ("Show it", "demo"),
        ("Send the recording", "task"),
    ]
    assert demo.actions[0].instructions == "Twenty minutes.\nThen stop."
    assert [each.text for each in demo.exit_criteria] == [
        "They named one use",
        "The buyer is known",
    ]
    page = manager.get("/processes/demo-first").text
    assert "The process is stored" in page
    assert "Twenty minutes." in page
    assert "The buyer is known" in page


def test_a_template_begins_the_form_with_the_company_s_own_name(manager: TestClient) -> None:
    page = manager.get("/processes/new?start=discovery-first").text
    assert 'value="Discovery first"' in page
    assert "asked about Kestrel this morning" in page
    assert len(stages_of(page)) > 4


def test_an_unknown_template_is_a_404(manager: TestClient) -> None:
    assert manager.get("/processes/new?start=nothing").status_code == 404


@pytest.mark.parametrize(
    ("act", "names"),
    [
        ("add", ["New", "Demo", "", "Won", "Lost"]),
        ("remove.2", ["New", "Won", "Lost"]),
        ("up.2", ["Demo", "New", "Won", "Lost"]),
        ("down.2", ["New", "Won", "Demo", "Lost"]),
    ],
)
def test_stages_are_rearranged_without_a_script(
    manager: TestClient, form: Form, session: Session, act: str, names: list[str]
) -> None:
    answer = manager.post("/processes/new", data=form | {"act": act})
    assert answer.status_code == 200
    assert stages_of(answer.text) == names
    assert ("Twenty minutes." in answer.text) == ("Demo" in names)
    assert count_rows(session, "processes") == 0


@pytest.mark.parametrize(
    ("change", "where", "said"),
    [
        ({"name": ""}, "name", ""),
        ({"stages.2.name": " "}, "stages.2.name", ""),
        ({"stages.2.stands_for": "everything"}, "stages.2.stands_for", ""),
        ({"stages.2.stands_for": ""}, "stages.2.stands_for", "Say which milestone"),
        ({"stages.2.name": "New"}, "stages.2.name", "Two stages are called New"),
        ({"stages.1.stands_for": "won"}, "stages.1.stands_for", "The first stage must be open"),
        (stage(3, "Offer", "proposal"), "stages", "No stage of kind won"),
        (stage(4, "Offer", "proposal"), "stages", "No stage of kind lost"),
        ({"stages.2.actions": "Good\n\n[shout] Bad"}, "stages.2.actions", "Line 3:"),
        ({"stages.2.actions": "[call] : no name"}, "stages.2.actions", "Line 1:"),
        ({"stages.2.exit_criteria": "a\n" * 51}, "stages.2.exit_criteria", ""),
        ({"stages.2.exit_criteria": "a" * 301}, "stages.2.exit_criteria", "Line 1: An exit"),
    ],
)
def test_what_is_wrong_is_said_at_its_stage(
    manager: TestClient, form: Form, session: Session, change: Form, where: str, said: str
) -> None:
    answer = manager.post("/processes/new", data=form | change)
    assert answer.status_code == 422
    assert re.search(rf'href="#f-{re.escape(where)}">[^<]*{said}', answer.text)
    assert f'id="f-{where}"' in answer.text
    assert "Show it." in answer.text
    assert count_rows(session, "processes") == 0


def test_a_name_that_is_taken_is_said_at_the_name(
    manager: TestClient, form: Form, version: ProcessVersion
) -> None:
    page = manager.post("/processes/new", data=form | {"name": "Discovery first"})
    assert page.status_code == 422
    assert 'id="f-name-error">There is a process discovery-first already.' in page.text


def test_a_change_makes_the_next_version_and_leaves_the_first_alone(
    manager: TestClient, running: Experiment, session: Session
) -> None:
    page = manager.get(f"{ONE}/edit").text
    assert "This makes version 2; leads and experiments on version 1 keep it." in page
    form = dict(re.findall(r'name="(stages\.\d+\.(?:name|key))"[^>]*value="([^"]*)"', page))
    ends = ["lead", "qualified", "demo", "proposal", "won", "lost"]
    form |= {f"stages.{number}.stands_for": each for number, each in enumerate(ends, start=1)}
    form |= {"name": "Discovery first", "segment": "inbound", "stages.2.name": "Qualification"}
    answer = manager.post(f"{ONE}/edit", data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, ONE)

    first, second = (version_of(session, f"discovery-first@{number}") for number in (1, 2))
    assert (first.stages[1].name, second.stages[1].name) == ("Qualify", "Qualification")
    # The stage is the same one, so what a source calls it still finds it.
    assert first.stages[1].key == second.stages[1].key
    assert [variant.version_id for variant in running.variants] == [first.id, first.id]

    versions = manager.get(f"{ONE}/versions").text
    assert "The stage “Qualify” is now called “Qualification”." in versions
    assert "the action “Discovery call” is gone" in versions
    assert "Demo before discovery" in versions
    assert "This is an older version." in manager.get(f"{ONE}?version=1").text


def test_a_refused_revision_stores_no_version(
    manager: TestClient, version: ProcessVersion, form: Form, session: Session
) -> None:
    answer = manager.post(f"{ONE}/edit", data=form | {"stages.3.stands_for": "lost"})
    assert answer.status_code == 422
    assert "version 2" in answer.text
    assert count_rows(session, "process_versions") == 1


def test_rearranging_a_revision_stores_nothing(
    manager: TestClient, version: ProcessVersion, form: Form, session: Session
) -> None:
    answer = manager.post(f"{ONE}/edit", data=form | {"act": "add"})
    assert stages_of(answer.text) == ["New", "Demo", "", "Won", "Lost"]
    assert count_rows(session, "process_versions") == 1


def test_a_version_is_downloaded_and_uploaded_again(
    manager: TestClient, version: ProcessVersion, session: Session, now: datetime
) -> None:
    answer = manager.get(f"{ONE}/file?version=1")
    assert answer.headers["content-disposition"].endswith("discovery-first-1.yaml")
    assert process_draft.read_yaml(answer.text) == process_draft.draft_of(version)

    again = upload(manager, answer.content)
    assert (again.status_code, again.headers["location"]) == (303, ONE)
    assert count_rows(session, "process_versions") == 1
    assert "says what the newest version says" in manager.get(ONE).text

    changed = upload(manager, answer.content.replace(b"name: Offer", b"name: Proposal"))
    assert changed.status_code == 303
    assert count_rows(session, "process_versions") == 2


def test_a_new_process_comes_from_a_file(manager: TestClient, session: Session) -> None:
    assert manager.get("/processes/upload").status_code == 200
    assert upload(manager, YAML).headers["location"] == ONE
    assert isinstance(process(session, "discovery-first"), Process)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"name: [", "line 1"),
        (b"- a\n- b\n", "Expected a process"),
        (YAML.replace(b"milestone: qualified", b"milestone: nothing"), "stages.2.milestone"),
        (YAML.replace(b"kind: won", b"kind: lost"), "No stage of kind won"),
        ("name: Größe".encode("latin-1"), "UTF-8"),
        (b"#" * 1_000_001, "at most 1 MB"),
        (b"", "Expected a process"),
    ],
)
def test_a_file_that_is_wrong_is_refused_whole(
    manager: TestClient, session: Session, content: bytes, said: str
) -> None:
    answer = upload(manager, content)
    assert answer.status_code == 422
    assert said in answer.text
    assert count_rows(session, "processes") == 0


def test_no_file_at_all_is_said_at_the_field(manager: TestClient) -> None:
    answer = manager.post("/processes/upload")
    assert answer.status_code == 422
    assert 'id="f-file-error">Choose a file.' in answer.text


def test_an_analyst_writes_processes_too(sign_in: SignIn, form: Form) -> None:
    assert sign_in(Role.ANALYST).post("/processes/new", data=form).status_code == 303


@pytest.mark.parametrize("role", [Role.REP, Role.VIEWER])
@pytest.mark.parametrize("ending", ["", "/new", "/upload", "/any", "/any/versions", "/any/edit"])
def test_reps_and_viewers_do_not_see_them(sign_in: SignIn, role: Role, ending: str) -> None:
    assert sign_in(role).get(f"/processes{ending}").status_code == 403


@pytest.mark.parametrize("ending", ["", "/versions", "/edit", "/file", "?version=9"])
def test_an_unknown_process_or_version_is_a_404(
    manager: TestClient, version: ProcessVersion, ending: str
) -> None:
    address = ONE if ending == "?version=9" else "/processes/nothing"
    assert manager.get(f"{address}{ending}").status_code == 404
