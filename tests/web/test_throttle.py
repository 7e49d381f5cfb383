"""Failing to sign in, again and again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from starlette.testclient import TestClient

from experiments.users import Role, User
from tests.web.conftest import PASSWORD, Clock
from tests.web.test_sign_in import sign_in_with
from web import throttle
from web.throttle import MOST_AN_ACCOUNT, MOST_AN_ADDRESS, WITHIN, Throttle

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture
def email(user: Callable[[Role], User]) -> str:
    """The address of a manager with an account."""
    return user(Role.MANAGER).email


def fail(browser: TestClient, email: str, times: int) -> None:
    for _ in range(times):
        assert sign_in_with(browser, email, "wrong")[0] == 422


def test_after_ten_failures_even_the_right_password_waits(
    browser: TestClient, email: str, clock: Clock
) -> None:
    fail(browser, email, MOST_AN_ACCOUNT)
    status, page = sign_in_with(browser, email.upper())
    assert status == 429
    assert "Wait 15 minutes" in page
    clock.now += WITHIN
    assert sign_in_with(browser, email)[0] == 303


@pytest.mark.usefixtures("email")
def test_an_unknown_account_waits_like_a_known_one(browser: TestClient) -> None:
    fail(browser, "nobody@kestrel.example", MOST_AN_ACCOUNT)
    assert sign_in_with(browser, "nobody@kestrel.example")[0] == 429


def test_others_go_on(browser: TestClient, email: str) -> None:
    fail(browser, "nobody@kestrel.example", MOST_AN_ACCOUNT)
    assert sign_in_with(browser, email)[0] == 303


def test_signing_in_forgets_the_failures_before(browser: TestClient, email: str) -> None:
    fail(browser, email, MOST_AN_ACCOUNT - 1)
    assert sign_in_with(browser, email)[0] == 303
    browser.cookies.clear()
    fail(browser, email, MOST_AN_ACCOUNT - 1)
    assert sign_in_with(browser, email, PASSWORD)[0] == 303


def test_spraying_one_password_over_many_accounts_is_stopped_by_its_address() -> None:
    found = Throttle()
    for number in range(MOST_AN_ADDRESS):
        assert found.wait(f"rep{number}@x.example", "192.0.2.1", now=NOW) is None
        found.failed(f"rep{number}@x.example", "192.0.2.1", now=NOW)
    assert found.wait("another@x.example", "192.0.2.1", now=NOW) == WITHIN
    assert found.wait("another@x.example", "192.0.2.2", now=NOW) is None


def test_only_the_last_quarter_of_an_hour_counts() -> None:
    found = Throttle()
    for minute in range(MOST_AN_ACCOUNT):
        found.failed("a@x.example", "192.0.2.1", now=NOW + timedelta(minutes=minute))
    after = NOW + timedelta(minutes=MOST_AN_ACCOUNT)
    assert found.wait("a@x.example", "", now=after) == timedelta(minutes=5)
    assert found.wait("a@x.example", "", now=after + timedelta(minutes=5)) is None


def test_strangers_cannot_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "MOST_NAMES", 10)
    found = Throttle()
    for number in range(100):
        found.failed("x" * 10_000 + str(number), f"192.0.2.{number}", now=NOW)
    assert len(found._failures) <= 10
    assert max(map(len, found._failures)) < 300
