"""The commands and calls in docs/commands.md and docs/api.md, run as they stand there."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from experiments.company import Company
from experiments.people import add_rep, add_team
from experiments.users import Role
from tests.web.conftest import Clock, SignIn
from web.cli import main

DOCS = Path(__file__).parent.parent.parent / "docs"
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ANYTHING = "…"


@dataclass(frozen=True)
class Example:
    """A line after `$`, and what it prints."""

    line: str
    printed: str


def examples(name: str) -> Iterator[Example]:
    text = (DOCS / name).read_text(encoding="utf-8")
    for block in BLOCK.findall(text):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            line, _, printed = part.partition("\n")
            yield Example(line, printed)


def run(line: str) -> str:
    typed, _, command = line.rpartition(" | ")
    given = shlex.split(typed)[1] + "\n" if typed else None
    program, *arguments = shlex.split(command)
    assert program == "stagelift"
    done = CliRunner().invoke(main, arguments, input=given)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_the_documented_commands_print_what_is_documented(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("STAGELIFT_DATABASE_URL", raising=False)
    found = list(examples("commands.md"))
    assert len(found) >= 10
    for example in found:
        pattern = re.escape(example.printed).replace(ANYTHING, ".*")
        assert re.fullmatch(pattern, run(example.line)), example.line


def call(client: TestClient, line: str) -> Any:
    words = shlex.split(line.replace("$SITE", "").replace("$AUTH", "a").replace("$JSON", "b"))
    assert words[:2] == ["curl", "-s"]
    body = words[words.index("-d") + 1] if "-d" in words else None
    posts = body is not None or "POST" in words
    path = next(word for word in words if word.startswith("/"))
    headers = {"Content-Type": "application/json"} if body else {}
    return client.request("POST" if posts else "GET", path, content=body, headers=headers).json()


def matches(said: Any, documented: Any) -> bool:
    """Whether an answer is the documented one; "…" stands for any value, and for more fields."""
    if documented == ANYTHING:
        return True
    if isinstance(documented, dict) and isinstance(said, dict):
        named = {name: value for name, value in documented.items() if name != ANYTHING}
        whole = ANYTHING in documented or said.keys() == named.keys()
        return whole and all(matches(said.get(name), value) for name, value in named.items())
    if isinstance(documented, list) and isinstance(said, list):
        return len(said) == len(documented) and all(map(matches, said, documented))
    return bool(said == documented)


def test_the_documented_calls_answer_what_is_documented(
    program: SignIn, session: Session, company: Company, clock: Clock
) -> None:
    team = add_team(session, "Berlin", segment="inbound")
    add_rep(session, "Omar", external_id="omar", team=team, now=clock.now)
    client = program(Role.MANAGER)
    found = list(examples("api.md"))
    assert len(found) >= 10
    for example in found:
        said = call(client, example.line)
        assert matches(said, json.loads(example.printed)), (example.line, said)


def test_a_wrong_document_is_noticed() -> None:
    assert matches({"a": 1, "b": [2]}, {"a": 1, "…": "…"})
    assert not matches({"a": 1, "b": [2]}, {"a": 1})
    assert not matches({"a": 1}, {"a": 2, "…": "…"})
    assert not matches({"a": [1]}, {"a": [1, 2]})


@pytest.mark.parametrize("name", ["api.md", "roles.md"])
def test_every_call_of_the_api_is_documented(name: str, app: Any) -> None:
    text = (DOCS / name).read_text(encoding="utf-8")
    for path in app.openapi()["paths"]:
        last = path.rsplit("/", 1)[-1]
        assert (last in text) or (last == "{key}"), path
