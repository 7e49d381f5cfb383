"""`stagelift backup` and `restore`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.web.conftest import Run, refusal, said


def test_a_company_is_copied_and_restored(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_up = ("company", "set", "--name", "Kestrel", "--time-zone", "UTC", "--currency", "EUR")
    assert run(*set_up).exit_code == 0
    copied = said(run("backup", str(tmp_path / "copy"), "--json"))
    assert copied["tables"]["company"] == 1
    monkeypatch.setenv("STAGELIFT_DATABASE_URL", f"sqlite:///{tmp_path / 'other.sqlite'}")
    restored = run("restore", str(tmp_path / "copy"))
    assert (
        restored.stdout == f"{copied['rows']} rows are restored, read back and found the same.\n"
    )
    assert said(run("company", "show", "--json"))["name"] == "Kestrel"
    code, line = refusal(run("restore", str(tmp_path / "copy")))
    assert (code, "restore into an empty one" in line) == (2, True)


def test_a_copy_is_not_written_over(run: Run, tmp_path: Path) -> None:
    first = run("backup", str(tmp_path / "copy"))
    assert first.stdout.endswith("read back and found the same.\n")
    code, line = refusal(run("backup", str(tmp_path / "copy")))
    assert (code, line.count("\n")) == (2, 1)
