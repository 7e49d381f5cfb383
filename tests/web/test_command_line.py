"""Serving, migrating, settings and help: what every command rests on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from socket import socket
from urllib.request import urlopen

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from experiments.store.engine import make_engine
from tests.web.conftest import Run, refusal, said
from web.cli import COMMANDS, main


def test_a_file_is_migrated_once(run: Run) -> None:
    assert said(run("migrate", "--json")) == {"migrated": True}
    assert said(run("migrate", "--json")) == {"migrated": False}


def test_a_server_is_migrated_by_command_only(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = make_engine(postgresql_url)
    with server.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT")
        connection.execute(text("DROP DATABASE IF EXISTS by_command"))
        connection.execute(text("CREATE DATABASE by_command"))
    server.dispose()
    address = server.url.set(database="by_command").render_as_string(hide_password=False)
    monkeypatch.setenv("STAGELIFT_DATABASE_URL", address)
    runner = CliRunner()
    expected = "Error: The database is not at the present schema: run `stagelift migrate`.\n"
    assert refusal(runner.invoke(main, ["user", "list"])) == (1, expected)
    assert runner.invoke(main, ["migrate"]).stdout == "Migrated.\n"
    assert said(runner.invoke(main, ["user", "list", "--json"])) == {"users": []}


@pytest.mark.parametrize(
    ("name", "value", "code", "expected"),
    [
        ("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none", 1, "Connection refused"),
        ("DATABASE_URL", "sqlite:////none/such/folder/x.sqlite", 1, "unable to open"),
        ("DATABASE_URL", "what is this", 2, "STAGELIFT_DATABASE_URL"),
        ("DATABASE_URL", "oracle://x", 2, "STAGELIFT_DATABASE_URL"),
        ("MAX_BODY_MB", "many", 2, "STAGELIFT_MAX_BODY_MB"),
    ],
)
def test_a_wrong_setting_is_named(
    run: Run, monkeypatch: pytest.MonkeyPatch, name: str, value: str, code: int, expected: str
) -> None:
    monkeypatch.setenv(f"STAGELIFT_{name}", value)
    done = run("user", "list")
    assert done.exit_code == code
    assert expected in done.stderr
    assert "Traceback" not in done.stderr


def test_the_site_is_served_until_ctrl_c(tmp_path: Path) -> None:
    serving = subprocess.Popen(
        [sys.executable, "-m", "web.cli", "serve", "--port", "0", "--json"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A shell's background job ignores Ctrl-C, and its children with it.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    try:
        _watch(serving, tmp_path)
    finally:
        serving.kill()
        serving.communicate()


def _watch(serving: subprocess.Popen[str], folder: Path) -> None:
    assert serving.stdout is not None
    address = json.loads("".join(serving.stdout.readline() for _ in range(3)))["url"]
    with urlopen(f"{address}/health") as answer:
        assert json.load(answer) == {"status": "ok"}
    assert (folder / "stagelift.sqlite").exists()
    serving.send_signal(signal.SIGINT)
    _out, errors = serving.communicate(timeout=20)
    assert (serving.returncode, errors) == (0, "Stopped.\n")


def test_ctrl_c_while_the_site_is_loaded_stops_it_cleanly(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def impatient(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("web.app.create_app", impatient)
    result = run("serve", "--port", "0")
    assert (result.exit_code, result.stderr) == (0, "Stopped.\n")


def test_a_port_that_is_taken_is_said(run: Run) -> None:
    with socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        code, line = refusal(run("serve", "--port", str(port)))
    assert code == 1
    assert line == f"Error: Cannot listen on 127.0.0.1:{port}: Address already in use.\n"


WALK = """
import sys, click
from web.cli import main

def walk(command, context):
    command.get_help(context)
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            walk(found, click.Context(found, info_name=name, parent=context))

walk(main, click.Context(main, info_name="stagelift"))
heavy = {"numpy", "pandas", "ibis", "sqlalchemy", "fastapi", "pydantic", "scipy", "duckdb"}
print(sorted(heavy & set(sys.modules)))
"""


def test_no_help_loads_a_heavy_library() -> None:
    # Each would cost more than the 0.4 s that help may take.
    done = subprocess.run([sys.executable, "-c", WALK], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_every_command_is_found() -> None:
    done = CliRunner().invoke(main, ["--help"])
    assert done.exit_code == 0
    for name in COMMANDS:
        assert f"\n  {name} " in done.stdout
    unknown = CliRunner().invoke(main, ["unheard-of"])
    assert (unknown.exit_code, "unheard-of" in unknown.stderr) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["analyse"], "Error: Missing option '--variant'. See main"),
        (["analyse", "--nothing"], "Error: No such option '--nothing'."),
        (
            ["analyse", "no.csv", "--variant", "v"],
            "Error: Invalid value for '[FILE]': File 'no.csv'",
        ),
        (
            ["analyse", "--level", "x"],
            "Error: Invalid value for '--level': 'x' is not a valid float",
        ),
        (["user", "add", "--email", "a@b.c", "--name", "A"], "Error: Missing option '--role'."),
        (["user", "ad"], "Error: No such command 'ad'"),
        (["plan", "power", "--icc"], "Error: Option '--icc' requires an argument."),
        (["unheard-of"], "Error: No such command 'unheard-of'."),
        (["--unheard-of"], "Error: No such option '--unheard-of'."),
    ],
)
def test_wrong_options_are_one_line(arguments: list[str], expected: str) -> None:
    done = CliRunner().invoke(main, arguments)
    assert (done.exit_code, done.stdout, len(done.stderr.splitlines())) == (2, "", 1)
    assert done.stderr.startswith(expected)


def test_a_group_without_a_command_shows_its_help() -> None:
    for group in ([], ["user"], ["plan"]):
        done = CliRunner().invoke(main, group)
        assert "Commands:" in done.stderr + done.stdout
