"""One's own account, and those of others in the admin's hands."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from fastapi import FastAPI
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from experiments.access.sign_in_links import LINK_LIFE, SignInLink
from experiments.audit import entries
from experiments.people import add_rep, add_team, give_account
from experiments.users import Role, User, UserSession
from tests.conftest import count_rows
from tests.web.conftest import PASSWORD, Clock, SignIn
from tests.web.test_sign_in import csrf, sign_in_with
from web.app import create_app
from web.settings import Settings

NEW = "another battery staple"


@pytest.fixture
def admin(sign_in: SignIn) -> TestClient:
    """An admin's browser."""
    return sign_in(Role.ADMIN)


def link_on(page: str) -> str:
    """The path of the sign-in link that a page shows."""
    found = re.search(r"http://[^/]+(/welcome/[\w-]+)", page)
    assert found
    return found[1]


def test_a_person_changes_the_password_and_the_other_browser_is_signed_out(
    sign_in: SignIn, browser: TestClient, session: Session
) -> None:
    mine, other = sign_in(Role.REP), sign_in(Role.REP)
    form = {"present": PASSWORD, "password": NEW, "repeated": NEW}
    assert mine.post("/account/password", data=form).headers["location"] == "/account"
    assert "Your password is changed" in mine.get("/account").text
    assert other.get("/account").headers["location"].startswith("/sign-in")
    assert sign_in_with(browser, "rep@kestrel.example", PASSWORD)[0] == 422
    assert sign_in_with(browser, "rep@kestrel.example", NEW)[0] == 303
    assert [each.act for each in entries(session, "account rep@kestrel.example")] == [
        "change password"
    ]


@pytest.mark.parametrize(
    ("form", "where"),
    [
        ({"present": "wrong", "password": NEW, "repeated": NEW}, "present"),
        ({"present": PASSWORD, "password": "short", "repeated": "short"}, "password"),
        ({"present": PASSWORD, "password": NEW, "repeated": NEW + "x"}, "repeated"),
        ({}, "present"),
    ],
)
def test_a_wrong_change_is_said_at_its_field_and_nothing_changes(
    sign_in: SignIn, user: Callable[[Role], User], form: dict[str, str], where: str
) -> None:
    before = user(Role.VIEWER).password_hash
    answer = sign_in(Role.VIEWER).post("/account/password", data=form)
    assert answer.status_code == 422
    assert f'id="f-{where}-error"' in answer.text
    assert user(Role.VIEWER).password_hash == before


def test_sessions_are_listed_and_another_one_is_ended(sign_in: SignIn) -> None:
    mine, other = sign_in(Role.MANAGER), sign_in(Role.MANAGER)
    page = mine.get("/account").text
    assert page.count("this browser") == 1
    (end,) = re.findall(r'action="(/account/sessions/\w+/end)"', page)
    assert mine.post(end).headers["location"] == "/account"
    assert other.get("/account").status_code == 303
    assert mine.get("/account").status_code == 200


def test_nobody_ends_the_session_of_another_person(sign_in: SignIn, session: Session) -> None:
    mine, victim = sign_in(Role.VIEWER), sign_in(Role.ADMIN)
    theirs = session.scalars(select(UserSession).join(User).where(User.role == Role.ADMIN)).one()
    assert mine.post(f"/account/sessions/{theirs.token_hash[:16]}/end").status_code == 404
    assert victim.get("/account").status_code == 200


def test_an_invited_person_chooses_a_password_once(
    admin: TestClient, browser: TestClient, session: Session
) -> None:
    form = {"name": "Ines", "email": "ines@kestrel.example", "role": "viewer", "password": ""}
    page = admin.post("/team/users/new", data=form)
    assert page.status_code == 200
    link = link_on(page.text)
    shown = browser.get(link)
    assert "ines@kestrel.example" in shown.text
    choice = {"password": NEW, "repeated": NEW, "csrf_token": csrf(shown.text)}
    assert browser.post(link, data=choice).headers["location"] == "/"
    assert browser.get("/").headers["location"] == "/experiments"
    again = browser.get(link)
    assert again.status_code == 422
    assert "has been used, or has ended" in again.text
    assert count_rows(session, "sign_in_links") == 0


def test_a_link_ends_after_two_days(admin: TestClient, browser: TestClient, clock: Clock) -> None:
    link = _link(admin)
    clock.now += LINK_LIFE - timedelta(seconds=1)
    assert browser.get(link).status_code == 200
    clock.now += timedelta(seconds=1)
    assert browser.get(link).status_code == 422


def _link(admin: TestClient) -> str:
    form = {"name": "Ines", "email": "ines@kestrel.example", "role": "viewer", "password": ""}
    return link_on(admin.post("/team/users/new", data=form).text)


def test_a_new_link_ends_the_one_before(
    admin: TestClient, browser: TestClient, session: Session
) -> None:
    first = _link(admin)
    ines = session.scalars(select(User).where(User.name == "Ines")).one()
    second = link_on(admin.post(f"/team/users/{ines.id}/link").text)
    assert browser.get(first).status_code == 422
    assert browser.get(second).status_code == 200


def test_choosing_two_passwords_that_differ_keeps_the_link(
    admin: TestClient, browser: TestClient, session: Session
) -> None:
    link = _link(admin)
    form = {"password": NEW, "repeated": NEW + "x", "csrf_token": csrf(browser.get(link).text)}
    answer = browser.post(link, data=form)
    assert answer.status_code == 422
    assert 'id="f-repeated-error"' in answer.text
    assert session.scalars(select(SignInLink)).one()


def test_the_link_rests_as_a_hash_only(admin: TestClient, session: Session) -> None:
    token = _link(admin).rpartition("/")[2]
    assert token not in session.scalars(select(SignInLink.token_hash)).one()


def test_a_link_names_the_public_address(
    app: FastAPI, sign_in: SignIn, user: Callable[[Role], User]
) -> None:
    signed_in = sign_in(Role.ADMIN)
    settings = Settings.model_construct(public_url="http://stagelift.example/")
    public = create_app(settings, database=app.state.site.database, clock=app.state.site.clock)
    with TestClient(public, cookies=signed_in.cookies, headers=dict(signed_in.headers)) as admin:
        page = admin.post(f"/team/users/{user(Role.ADMIN).id}/link").text
    assert "http://stagelift.example/welcome/" in page


def test_an_admin_changes_name_and_role(
    admin: TestClient, user: Callable[[Role], User], session: Session
) -> None:
    viewer = user(Role.VIEWER)
    form = {"name": "Vera", "role": "analyst"}
    assert admin.post(f"/team/users/{viewer.id}", data=form).headers["location"] == "/team"
    assert (viewer.name, viewer.role) == ("Vera", Role.ANALYST)
    (act,) = entries(session, f"account {viewer.email}")
    assert (act.act, act.detail) == ("change role", "viewer to analyst")
    assert "viewer to analyst" in admin.get(f"/team/users/{viewer.id}").text


@pytest.mark.parametrize(
    ("form", "where"),
    [
        ({"name": " ", "role": "viewer"}, "name"),
        ({"name": "V", "role": "king"}, "role"),
        ({"name": "V", "role": "rep"}, "role"),
    ],
)
def test_a_wrong_account_is_said_at_its_field(
    admin: TestClient, user: Callable[[Role], User], form: dict[str, str], where: str
) -> None:
    viewer = user(Role.VIEWER)
    answer = admin.post(f"/team/users/{viewer.id}", data=form)
    assert answer.status_code == 422
    assert f"f-{where}" in answer.text
    assert (viewer.name, viewer.role) == ("The viewer", Role.VIEWER)


def test_a_rep_who_became_an_analyst_can_become_a_rep_again(
    admin: TestClient, user: Callable[[Role], User], session: Session, clock: Clock
) -> None:
    mia = user(Role.REP)
    team = add_team(session, "North", segment="inbound")
    rep = add_rep(session, "Mia", external_id="mia", team=team, now=clock())
    give_account(session, rep, mia)
    for role in (Role.ANALYST, Role.REP):
        form = {"name": "Mia", "role": str(role)}
        assert admin.post(f"/team/users/{mia.id}", data=form).status_code == 303
        assert mia.role is role


def test_a_closed_account_is_signed_out_and_opened_again(
    admin: TestClient, sign_in: SignIn, user: Callable[[Role], User], browser: TestClient
) -> None:
    viewer, theirs = user(Role.VIEWER), sign_in(Role.VIEWER)
    for _ in range(2):
        assert admin.post(f"/team/users/{viewer.id}/close").status_code == 303
    assert theirs.get("/account").status_code == 303
    assert sign_in_with(browser, viewer.email)[0] == 422
    assert "Closed since" in admin.get(f"/team/users/{viewer.id}").text
    assert admin.post(f"/team/users/{viewer.id}/reopen").status_code == 303
    assert sign_in_with(browser, viewer.email)[0] == 303


def test_a_link_of_a_closed_account_opens_nothing(
    admin: TestClient, browser: TestClient, session: Session
) -> None:
    link = _link(admin)
    ines = session.scalars(select(User).where(User.name == "Ines")).one()
    admin.post(f"/team/users/{ines.id}/close")
    assert browser.get(link).status_code == 422


def test_the_last_admin_stays(
    admin: TestClient, user: Callable[[Role], User], session: Session
) -> None:
    me = user(Role.ADMIN)
    closed = admin.post(f"/team/users/{me.id}/close")
    demoted = admin.post(f"/team/users/{me.id}", data={"name": "Me", "role": "viewer"})
    assert (closed.status_code, demoted.status_code) == (422, 422)
    assert "the only admin" in closed.text
    assert 'id="f-role-error"' in demoted.text
    assert (me.role, me.disabled_at) == (Role.ADMIN, None)


def test_an_unknown_account_is_not_found(admin: TestClient) -> None:
    assert admin.get("/team/users/4711").status_code == 404
