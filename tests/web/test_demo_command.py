"""`stagelift demo`: made once, served at once, stopped cleanly."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text
from starlette.testclient import TestClient

from experiments.store.engine import make_engine
from web.app import create_app
from web.cli import main
from web.settings import Settings

SMALL = "0.02"
Run = Callable[..., Result]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small demo, made once."""
    folder = tmp_path_factory.mktemp("demo") / "whole"
    result = CliRunner().invoke(
        main, ["demo", "--no-serve", "--scale", SMALL, "--folder", str(folder)]
    )
    assert result.exit_code == 0, result.output
    return folder


@pytest.fixture
def folder(whole: Path, tmp_path: Path) -> Path:
    """A copy of the small demo, for one test to do with as it likes."""
    return Path(shutil.copytree(whole, tmp_path / ".demo"))


@pytest.fixture
def run(folder: Path) -> Run:
    """Runs the command on the copy, without serving."""

    def ran(*arguments: str) -> Result:
        command = ["demo", "--no-serve", "--scale", SMALL, "--folder", str(folder), *arguments]
        return CliRunner().invoke(main, command)

    return ran


@pytest.fixture
def taken() -> Iterator[int]:
    """A port on which somebody listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield int(listener.getsockname()[1])


def test_a_second_start_makes_nothing_anew(folder: Path, run: Run) -> None:
    before = (folder / "stagelift.sqlite").read_bytes()
    result = run("--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["made"] is False
    assert (folder / "stagelift.sqlite").read_bytes() == before


def test_fresh_makes_another_one_and_leaves_nothing_beside_it(folder: Path, run: Run) -> None:
    with (folder / "stagelift.sqlite").open("ab") as database:
        database.truncate(0)
    result = run("--fresh", "--json")
    assert result.exit_code == 0
    document = json.loads(result.stdout)
    assert document["made"] is True
    assert datetime.now(UTC) - datetime.fromisoformat(document["until"]) < timedelta(minutes=10)
    assert [each.name for each in folder.iterdir()] == ["stagelift.sqlite"]
    assert "its leads since" in result.stderr


def test_the_accounts_that_it_prints_can_sign_in(folder: Path, run: Run) -> None:
    accounts = json.loads(run("--json").stdout)["accounts"]
    assert {each["role"] for each in accounts} == {"manager", "rep", "analyst", "admin", "viewer"}
    app = create_app(Settings(database_url=f"sqlite:///{folder / 'stagelift.sqlite'}"))
    for account in accounts:
        browser = TestClient(app, base_url="http://127.0.0.1")
        form = {key: account[key] for key in ("email", "password")} | {
            "csrf_token": _csrf(browser)
        }
        answer = browser.post("/sign-in", data=form)
        assert answer.status_code == 200
        assert account["name"] in answer.text


def test_the_terminal_says_who_may_sign_in_and_when_the_demo_ends(run: Run) -> None:
    result = run()
    assert "ends on" in result.stdout
    assert "katrin.vogel@kestrel.example" in result.stdout
    assert "walk-the-funnel" in result.stdout
    assert "--fresh" not in result.stdout


def test_an_old_demo_advises_a_fresh_one(folder: Path, run: Run) -> None:
    _execute(folder, "UPDATE sources SET complete_through_at = 1700000000000000")
    result = run()
    assert "ends on 14 November 2023" in result.stdout
    assert "--fresh makes one that ends today" in result.stdout


def test_another_database_is_not_taken_for_a_demo(folder: Path, run: Run) -> None:
    _execute(folder, "UPDATE sources SET complete_through_at = NULL")
    result = run()
    assert result.exit_code == 2
    assert "is not a demo's database" in result.stderr


def test_a_port_in_use_is_said_before_any_work(tmp_path: Path, taken: int) -> None:
    command = ["demo", "--port", str(taken), "--folder", str(tmp_path / "new")]
    result = CliRunner().invoke(main, command)
    assert result.exit_code == 2
    assert f"127.0.0.1:{taken}" in result.stderr
    assert "--port" in result.stderr
    assert not (tmp_path / "new").exists()


def test_a_folder_that_cannot_be_made_is_said_clearly(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    result = CliRunner().invoke(main, ["demo", "--no-serve", "--folder", str(tmp_path / "file/x")])
    assert result.exit_code == 2
    assert "Cannot make" in result.stderr


def test_a_start_that_breaks_off_leaves_no_half_a_company(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("experiments.demo.making.make", broken)
    result = CliRunner().invoke(main, ["demo", "--no-serve", "--folder", str(tmp_path)])
    assert result.exit_code == 1
    assert list(tmp_path.iterdir()) == []


def test_it_serves_and_ctrl_c_stops_it_cleanly(folder: Path) -> None:
    command = [sys.executable, "-m", "web.cli", "demo", "--json", "--port", "0"]
    with subprocess.Popen(
        [*command, "--folder", str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    ) as serving:
        document = _first_document(serving)
        with urllib.request.urlopen(f"{document['url']}/sign-in", timeout=30) as answer:
            assert answer.status == 200
        serving.send_signal(signal.SIGINT)
        _, errors = serving.communicate(timeout=30)
    assert serving.returncode == 0
    assert "Traceback" not in errors


def _first_document(serving: subprocess.Popen[str]) -> dict[str, Any]:
    assert serving.stdout is not None
    lines = []
    for line in serving.stdout:
        lines.append(line)
        if line == "}\n":
            break
    document: dict[str, Any] = json.loads("".join(lines))
    return document


def _execute(folder: Path, statement: str) -> None:
    engine = make_engine(f"sqlite:///{folder / 'stagelift.sqlite'}")
    with engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()


def _csrf(browser: TestClient) -> str:
    page = browser.get("/sign-in").text
    return page.split('name="csrf_token" value="')[1].split('"')[0]
