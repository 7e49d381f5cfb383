"""Signing in with a code, setting an app up, losing the phone."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pyotp
import pytest
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from experiments.access import second_factor
from experiments.users import Role, User
from tests.web.conftest import PASSWORD, Clock, SignIn
from tests.web.test_sign_in import csrf, sign_in_with


@pytest.fixture
def manager(user: Callable[[Role], User]) -> User:
    """A manager with an account."""
    return user(Role.MANAGER)


def connected(session: Session, user: User, clock: Clock) -> list[str]:
    """Let the person have an app already."""
    secret = second_factor.offer(session, user).secret
    code = pyotp.TOTP(secret).at(clock.now)
    codes = second_factor.confirm(session, user, code, now=clock.now)
    clock.now += timedelta(minutes=2)
    return codes


def code_of(session: Session, user: User, clock: Clock) -> str:
    found = second_factor.factor_of(session, user)
    assert found
    return pyotp.TOTP(found.secret).at(clock.now)


def send(browser: TestClient, code: str, wanted: str = "/") -> tuple[int, str]:
    page = browser.get(f"/sign-in/code?next={wanted}")
    form = {"code": code, "csrf_token": csrf(page.text), "next": wanted}
    answer = browser.post("/sign-in/code", data=form)
    return answer.status_code, answer.headers.get("location", answer.text)


def test_a_password_alone_opens_nothing_where_a_code_is_asked_for(
    browser: TestClient, manager: User, session: Session, clock: Clock
) -> None:
    connected(session, manager, clock)
    status, where = sign_in_with(browser, manager.email, next="/team")
    assert (status, where) == (303, "/sign-in/code?next=/team")
    assert "stagelift_session" not in browser.cookies
    assert browser.get("/experiments").headers["location"].startswith("/sign-in")
    assert send(browser, "000000")[0] == 422
    assert send(browser, code_of(session, manager, clock), "/team") == (303, "/team")
    assert browser.get("/team").status_code == 200
    assert "stagelift_begun" not in browser.cookies


def test_a_recovery_code_will_do(
    browser: TestClient, manager: User, session: Session, clock: Clock
) -> None:
    codes = connected(session, manager, clock)
    sign_in_with(browser, manager.email)
    assert send(browser, codes[3]) == (303, "/")


def test_the_form_for_a_code_is_for_those_who_gave_a_password(
    browser: TestClient, manager: User, session: Session, clock: Clock
) -> None:
    assert browser.get("/sign-in/code").headers["location"] == "/sign-in"
    connected(session, manager, clock)
    sign_in_with(browser, manager.email)
    clock.now += timedelta(minutes=6)
    assert browser.get("/sign-in/code").headers["location"] == "/sign-in"


def test_codes_cannot_be_guessed_for_long(
    browser: TestClient, manager: User, session: Session, clock: Clock
) -> None:
    connected(session, manager, clock)
    sign_in_with(browser, manager.email)
    said = [send(browser, "111111")[0] for _ in range(11)]
    assert said == [422] * 10 + [429]
    assert send(browser, code_of(session, manager, clock))[0] == 429


def test_the_next_address_stays_on_this_site(
    browser: TestClient, manager: User, session: Session, clock: Clock
) -> None:
    connected(session, manager, clock)
    sign_in_with(browser, manager.email)
    code = code_of(session, manager, clock)
    assert send(browser, code, "//elsewhere.example") == (303, "/")


def test_an_app_is_set_up_by_picture_and_shows_recovery_codes_once(
    sign_in: SignIn, session: Session, clock: Clock
) -> None:
    person = sign_in(Role.REP)
    assert "Set it up" in person.get("/account/second-factor").text
    person.post("/account/second-factor")
    page = person.get("/account/second-factor").text
    assert "<svg" in page
    found = re.search(r'<p class="code">(\w+)</p>', page)
    assert found
    wrong = person.post("/account/second-factor/confirm", data={"code": "1"})
    assert wrong.status_code == 422
    assert "not the code" in wrong.text
    code = pyotp.TOTP(found[1]).at(clock.now)
    done = person.post("/account/second-factor/confirm", data={"code": code}).text
    codes = re.findall(r"<li><code>(\w{10})</code>", done)
    assert len(codes) == second_factor.RECOVERY_CODES
    again = person.get("/account/second-factor").text
    assert "It is asked for" in again
    assert codes[0] not in again


def test_doing_without_it_needs_the_password(
    sign_in: SignIn, session: Session, clock: Clock
) -> None:
    person = sign_in(Role.VIEWER)
    person.post("/account/second-factor")
    secret = re.findall(r'<p class="code">(\w+)</p>', person.get("/account/second-factor").text)[0]
    code = pyotp.TOTP(secret).at(clock.now)
    person.post("/account/second-factor/confirm", data={"code": code})
    assert person.post("/account/second-factor/end", data={"password": "no"}).status_code == 422
    done = person.post("/account/second-factor/end", data={"password": PASSWORD})
    assert done.headers["location"] == "/account"
    assert "Set it up" in person.get("/account/second-factor").text


def test_an_admin_helps_somebody_who_lost_the_phone(
    sign_in: SignIn, manager: User, session: Session, clock: Clock
) -> None:
    connected(session, manager, clock)
    admin = sign_in(Role.ADMIN)
    assert "End the second factor" in admin.get(f"/team/users/{manager.id}").text
    admin.post(f"/team/users/{manager.id}/second-factor/end")
    page = admin.get(f"/team/users/{manager.id}").text
    assert "End the second factor" not in page
    assert "Second factor dropped" in page
