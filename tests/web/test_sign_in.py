"""Signing in and out, and what the cookies and forms promise."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from fastapi import FastAPI
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from experiments.users import ApiToken, Role, User, UserSession, digest
from tests.conftest import count_rows
from tests.web.conftest import PASSWORD, Clock, SignIn
from web.app import create_app
from web.security import local_path
from web.settings import Settings


def csrf(page: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found
    return found[1]


def sign_in_with(
    browser: TestClient, email: str, password: str = PASSWORD, **more: str
) -> tuple[int, str]:
    """Open the form, fill it in, send it: the status and where it leads."""
    token = csrf(browser.get("/sign-in").text)
    form = {"email": email, "password": password, "csrf_token": token} | more
    answer = browser.post("/sign-in", data=form)
    return answer.status_code, answer.headers.get("location", answer.text)


@pytest.fixture
def manager(user: Callable[[Role], User]) -> User:
    """A manager with an account."""
    return user(Role.MANAGER)


def test_a_person_signs_in_and_out(
    browser: TestClient, manager: User, session: Session, app: FastAPI
) -> None:
    assert sign_in_with(browser, manager.email) == (303, "/")
    assert browser.get("/").headers["location"] == "/experiments"
    opened = session.scalars(select(UserSession)).one()
    answer = browser.post("/sign-out", data={"csrf_token": opened.csrf})
    assert answer.headers["location"] == "/sign-in"
    assert browser.get("/").headers["location"] == "/sign-in"


def test_signing_out_ends_the_session_for_every_copy_of_its_cookie(
    browser: TestClient, manager: User, session: Session, app: FastAPI
) -> None:
    sign_in_with(browser, manager.email)
    stolen = browser.cookies["stagelift_session"]
    opened = session.scalars(select(UserSession)).one()
    browser.post("/sign-out", data={"csrf_token": opened.csrf})
    assert "stagelift_session" not in browser.cookies
    thief = TestClient(app, follow_redirects=False, cookies={"stagelift_session": stolen})
    assert thief.get("/").headers["location"] == "/sign-in"
    assert count_rows(session, "user_sessions") == 0


def test_the_session_cookie_is_kept_from_scripts_and_other_sites(
    browser: TestClient, manager: User
) -> None:
    form = {"email": manager.email, "password": PASSWORD}
    form["csrf_token"] = csrf(browser.get("/sign-in").text)
    cookie = browser.post("/sign-in", data=form).headers["set-cookie"]
    assert cookie.startswith("stagelift_session=")
    assert {"HttpOnly", "SameSite=lax", "Path=/", "Max-Age=1209600"} <= set(cookie.split("; "))
    assert "Secure" not in cookie
    assert "Domain" not in cookie


def test_behind_https_the_cookies_are_secure_and_bound_to_the_host(
    app: FastAPI, manager: User
) -> None:
    settings = Settings.model_construct(public_url="https://sales.kestrel.example")
    secure = create_app(settings, database=app.state.site.database)
    with TestClient(secure, base_url="https://sales.kestrel.example") as browser:
        answer = browser.get("/sign-in")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-stagelift_form=")
    assert {"Secure", "HttpOnly", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))


def test_only_hashes_of_tokens_rest_in_the_database(
    sign_in: SignIn, program: SignIn, session: Session
) -> None:
    cookie = sign_in(Role.MANAGER).cookies["stagelift_session"]
    token = program(Role.MANAGER).headers["Authorization"].removeprefix("Bearer ")
    assert session.scalars(select(UserSession.token_hash)).all() == [digest(cookie)]
    assert session.scalars(select(ApiToken.token_hash)).all() == [digest(token)]


def test_a_session_that_someone_planted_is_not_the_one_that_is_opened(
    browser: TestClient, manager: User
) -> None:
    browser.cookies.set("stagelift_session", "planted")
    sign_in_with(browser, manager.email)
    given = [each.value for each in browser.cookies.jar if each.name == "stagelift_session"]
    assert len(given[-1] or "") >= 43  # 32 random bytes
    assert digest(given[-1] or "") != digest("planted")


def test_signing_in_again_closes_the_session_before(
    browser: TestClient, manager: User, session: Session, user: Callable[[Role], User]
) -> None:
    form = {"email": manager.email, "password": PASSWORD}
    form["csrf_token"] = csrf(browser.get("/sign-in").text)
    browser.post("/sign-in", data=form)
    before = session.scalars(select(UserSession.token_hash)).one()
    browser.post("/sign-in", data=form | {"email": user(Role.VIEWER).email})
    after = session.scalars(select(UserSession.token_hash)).one()
    assert after != before


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("manager@kestrel.example", "wrong"),
        ("nobody@kestrel.example", PASSWORD),
        ("", ""),
        ("manager@kestrel.example", PASSWORD + "x" * 300),
        ("x" * 5000, "\x00"),
    ],
)
def test_a_wrong_password_and_an_unknown_address_are_told_alike(
    browser: TestClient, manager: User, session: Session, email: str, password: str
) -> None:
    status, page = sign_in_with(browser, email, password)
    assert status == 422
    assert "No account has this e-mail address and password." in page
    assert count_rows(session, "user_sessions") == 0


def test_the_form_keeps_the_address_but_never_the_password(
    browser: TestClient, manager: User
) -> None:
    _status, page = sign_in_with(browser, manager.email, "my wrong secret", next="/leads")
    assert f'value="{manager.email}"' in page
    assert "my wrong secret" not in page
    assert 'name="next" value="/leads"' in page


def test_a_disabled_account_cannot_sign_in_nor_go_on(
    browser: TestClient, manager: User, session: Session, clock: Clock
) -> None:
    sign_in_with(browser, manager.email)
    manager.disabled_at = clock.now
    session.flush()
    assert browser.get("/").headers["location"] == "/sign-in"
    assert sign_in_with(browser, manager.email)[0] == 422


def test_a_session_ends_after_two_weeks(browser: TestClient, manager: User, clock: Clock) -> None:
    sign_in_with(browser, manager.email)
    clock.now += timedelta(days=13, hours=23)
    assert browser.get("/").headers["location"] == "/experiments"
    clock.now += timedelta(hours=1)
    assert browser.get("/").headers["location"] == "/sign-in"


def test_someone_signed_in_goes_on_from_the_sign_in_page(sign_in: SignIn) -> None:
    browser = sign_in(Role.MANAGER)
    assert browser.get("/sign-in?next=/leads").headers["location"] == "/leads"


def test_after_signing_in_a_person_gets_the_page_first_asked_for(
    browser: TestClient, manager: User
) -> None:
    asked = browser.get("/sign-in?next=/leads%3Fpage%3D2").text
    assert 'name="next" value="/leads?page=2"' in asked
    assert sign_in_with(browser, manager.email, next="/leads?page=2") == (303, "/leads?page=2")


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        "/ok\r\nSet-Cookie: a=b",
        "evil.example",
        "",
    ],
)
def test_signing_in_never_leads_to_another_site(
    browser: TestClient, manager: User, elsewhere: str
) -> None:
    assert local_path(elsewhere) == "/"
    assert sign_in_with(browser, manager.email, next=elsewhere) == (303, "/")


@pytest.mark.parametrize("path", ["/", "/leads", "/leads?page=2&search=a%20b", "/experiments/x-y"])
def test_a_path_of_this_site_is_kept(path: str) -> None:
    assert local_path(path) == path


@pytest.mark.parametrize("token", ["", "x", "the form's own"])
def test_a_post_of_a_session_needs_that_sessions_token(
    sign_in: SignIn, session: Session, token: str
) -> None:
    browser = sign_in(Role.MANAGER)
    del browser.headers["X-CSRF-Token"]
    answer = browser.post("/sign-out", data={"csrf_token": token})
    assert answer.status_code == 403
    assert "This form is too old" in answer.text
    assert count_rows(session, "user_sessions") == 1


def test_another_sessions_token_does_not_serve(sign_in: SignIn, session: Session) -> None:
    mine, theirs = sign_in(Role.MANAGER), sign_in(Role.VIEWER)
    del mine.headers["X-CSRF-Token"]
    token = theirs.headers["X-CSRF-Token"]
    assert mine.post("/sign-out", data={"csrf_token": token}).status_code == 403


@pytest.mark.parametrize("way", ["no cookie", "no token", "another token"])
def test_the_sign_in_form_must_have_been_opened_here(
    browser: TestClient, manager: User, session: Session, way: str
) -> None:
    form = {"email": manager.email, "password": PASSWORD}
    form["csrf_token"] = csrf(browser.get("/sign-in").text)
    if way == "no cookie":
        browser.cookies.clear()
    else:
        form["csrf_token"] = "" if way == "no token" else "x" * 43
    assert browser.post("/sign-in", data=form).status_code == 403
    assert count_rows(session, "user_sessions") == 0


def test_the_form_keeps_its_token_from_one_opening_to_the_next(
    browser: TestClient, manager: User
) -> None:
    # Two tabs with the form must both work.
    assert csrf(browser.get("/sign-in").text) == csrf(browser.get("/sign-in").text)


def test_signing_in_has_no_side_door_by_get(browser: TestClient, manager: User) -> None:
    answer = browser.get(f"/sign-in?email={manager.email}&password={PASSWORD}")
    assert "stagelift_session" not in answer.headers.get("set-cookie", "")
