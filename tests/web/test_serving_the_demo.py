"""The demo's password is no secret: with it, the site does not listen where others are."""

from __future__ import annotations

import socket
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from experiments import users
from experiments.access import accounts
from experiments.demo import company
from tests.web.conftest import Run
from web.commands import serve


class Listening:
    """A socket that says where it listens."""

    def __init__(self, host: str) -> None:
        self.host = host

    def getsockname(self) -> tuple[str, int]:
        return self.host, 8000


@pytest.mark.parametrize(
    ("host", "at_home"),
    [("127.0.0.1", True), ("::1", True), ("0.0.0.0", False), ("10.0.0.7", False), ("::", False)],
)
def test_loopback_alone_is_this_machine(host: str, at_home: bool) -> None:
    listener: socket.socket = Listening(host)  # type: ignore[assignment]  # all that is asked of it
    assert serve._is_this_machine(listener) is at_home


def test_accounts_with_the_known_password_are_named_until_it_is_changed(
    session: Session, now: datetime
) -> None:
    company.found(session, now=now)
    assert len(company.open_to_everybody(session)) == len(company.ACCOUNTS)
    first, second, *_ = (users.user_by_email(session, each.email) for each in company.ACCOUNTS)
    accounts.set_password(session, first, "another long secret")
    second.disabled_at = second.created_at
    session.flush()
    assert len(company.open_to_everybody(session)) == len(company.ACCOUNTS) - 2


def test_the_demo_is_not_served_where_others_are(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "demo"
    assert run("demo", "--no-serve", "--folder", str(folder), "--scale", "0.01").exit_code == 0
    found = next(folder.glob("*.sqlite"))
    monkeypatch.setenv("STAGELIFT_DATABASE_URL", f"sqlite:///{found}")
    monkeypatch.setattr(serve, "_is_this_machine", lambda _listener: False)
    refused = run("serve", "--port", "0")
    assert refused.exit_code == 1
    assert "its password is no secret" in refused.stderr
