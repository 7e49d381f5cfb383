"""docs/walkthrough.md, run as it stands on the real files, where they are."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from starlette.testclient import TestClient

from web.app import create_app
from web.cli import main
from web.settings import Settings

DOCUMENT = Path(__file__).parent.parent.parent / "docs" / "walkthrough.md"
FILES = ("crm_sales_pipeline.csv", "crm_sales_teams.csv")
CONSOLE = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
YAML = re.compile(r"Save this as `([\w.]+)`:\n\n```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def examples(text: str) -> Iterator[tuple[str, str]]:
    """Every line after `$`, with what it prints."""
    for block in CONSOLE.findall(text):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            line, _, printed = part.partition("\n")
            yield line, printed


def pattern(printed: str) -> str:
    """What a command may print: a line "…" stands for any lines, "…" in a line for anything."""
    lines = re.escape(printed)
    lines = re.sub(r"^…\\\n", r"(?:.*\\n)*", lines, flags=re.MULTILINE)
    return lines.replace("…", ".*")


def run(line: str) -> str:
    typed, _, command = line.rpartition(" | ")
    given = shlex.split(typed)[1] + "\n" if typed else None
    program, *arguments = shlex.split(command)
    assert program == "stagelift"
    done = CliRunner().invoke(main, arguments, input=given)
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.fixture
def folder(shared_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder with the two files, as the document asks for it."""
    for name in FILES:
        if not (shared_data / name).is_file():
            pytest.skip(f"{name} is not beside the repository")
        shutil.copy(shared_data / name, tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("STAGELIFT_DATABASE_URL", raising=False)
    return tmp_path


def test_every_command_of_the_walk_through_prints_what_it_says(folder: Path) -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    for name, content in YAML.findall(text):
        (folder / name).write_text(content, encoding="utf-8")
    found = list(examples(text))
    assert len(found) >= 8

    for line, printed in found:
        said = run(line)
        assert re.fullmatch(pattern(printed), said), f"{line}\n{said}"

    with (folder / "refused.csv").open(encoding="utf-8-sig") as refused:
        assert len(refused.readlines()) == 501  # the header and the 500 rows without a date
    report = _page(folder, "/experiments/placebo")
    assert "Placebo" in report
    assert "rehearsal" in report
    assert "crm_sales" in _page(folder, "/data")


def _page(folder: Path, path: str) -> str:
    """A page of the site on the database that the commands made."""
    settings = Settings(database_url=f"sqlite:///{folder / 'stagelift.sqlite'}")
    with TestClient(create_app(settings), follow_redirects=True) as client:
        form = client.get("/sign-in").text
        token = re.search(r'name="csrf_token" value="([^"]+)"', form)
        assert token is not None
        person = {"email": "mina@trial.example", "password": "a long secret"}
        client.post("/sign-in", data=person | {"csrf_token": token[1]})
        page = client.get(path)
        assert page.status_code == 200
        return page.text


def test_a_wrong_figure_in_the_document_would_be_noticed() -> None:
    assert re.fullmatch(pattern("a 1\n…\nz\n"), "a 1\nb\nc\nz\n")
    assert re.fullmatch(pattern("a …, 2\n"), "a 17, 2\n")
    assert not re.fullmatch(pattern("a 1\n…\nz\n"), "a 2\nb\nz\n")
    assert not re.fullmatch(pattern("a 1\n"), "a 1\nb\n")
