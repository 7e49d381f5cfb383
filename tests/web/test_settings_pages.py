"""The company's settings and the tokens of programs, by page."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from experiments.access.api_tokens import tokens
from experiments.company import Company, the_company
from experiments.users import ApiToken, Role, digest, user_of_token
from tests.web.conftest import SignIn


@pytest.fixture
def admin(sign_in: SignIn) -> TestClient:
    """An admin's browser."""
    return sign_in(Role.ADMIN)


def test_the_settings_show_what_is_stored(admin: TestClient, company: Company) -> None:
    page = admin.get("/settings").text
    assert 'value="Kestrel"' in page
    assert '<option value="Europe/Berlin" selected>' in page
    assert "No token yet." in page


def test_an_admin_changes_the_company(admin: TestClient, session: Session) -> None:
    form = {"company": "Falcon", "time_zone": "Asia/Tehran", "currency": "irr"}
    answer = admin.post("/settings", data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, "/settings")
    found = the_company(session)
    assert (found.name, found.time_zone, found.currency) == ("Falcon", "Asia/Tehran", "IRR")
    assert "The settings are saved." in admin.get("/settings").text


def test_wrong_settings_are_said_beside_their_fields_and_nothing_changes(
    admin: TestClient, session: Session
) -> None:
    form = {"company": " ", "time_zone": "Moon/Base", "currency": "XYZW"}
    answer = admin.post("/settings", data=form)
    assert answer.status_code == 422
    for where in ("company", "time_zone", "currency"):
        assert f'id="f-{where}-error"' in answer.text
    assert 'value="XYZW"' in answer.text
    assert the_company(session).name == "Kestrel"


def test_a_token_is_shown_once_and_works(admin: TestClient, session: Session) -> None:
    form = {"name": "CRM", "email": "admin@kestrel.example"}
    page = admin.post("/settings/tokens", data=form)
    assert page.status_code == 200
    found = re.search(r"sl_[\w-]{20,}", page.text)
    assert found
    owner = user_of_token(session, found[0])
    assert owner is not None
    assert owner.role is Role.ADMIN
    # Only its hash rests in the store, so no later page can show it.
    stored = session.scalar(select(ApiToken))
    assert stored is not None
    assert stored.token_hash == digest(found[0])
    later = admin.get("/settings").text
    assert "CRM" in later
    assert found[0] not in later


def test_a_token_acts_as_the_account_that_was_chosen(
    admin: TestClient, sign_in: SignIn, session: Session
) -> None:
    sign_in(Role.ANALYST)
    admin.post("/settings/tokens", data={"name": "BI", "email": "analyst@kestrel.example"})
    (made,) = tokens(session)
    assert made.user.role is Role.ANALYST


@pytest.mark.parametrize(
    ("form", "where"),
    [
        ({"name": " ", "email": "admin@kestrel.example"}, "name"),
        ({"name": "CRM", "email": "nobody@kestrel.example"}, "email"),
    ],
)
def test_a_token_needs_a_purpose_and_an_account(
    admin: TestClient, session: Session, form: dict[str, str], where: str
) -> None:
    answer = admin.post("/settings/tokens", data=form)
    assert answer.status_code == 422
    assert f'id="t-{where}-error"' in answer.text
    assert tokens(session) == []


def test_a_revoked_token_opens_nothing(admin: TestClient, session: Session) -> None:
    form = {"name": "CRM", "email": "admin@kestrel.example"}
    page = admin.post("/settings/tokens", data=form).text
    token = re.search(r"sl_[\w-]{20,}", page)
    assert token
    (made,) = tokens(session)
    answer = admin.post(f"/settings/tokens/{made.id}/revoke")
    assert (answer.status_code, answer.headers["location"]) == (303, "/settings")
    assert user_of_token(session, token[0]) is None
    page = admin.get("/settings").text
    assert "No token yet." in page
    assert "opens nothing any more" in page


def test_an_unknown_token_is_a_404(admin: TestClient) -> None:
    assert admin.post("/settings/tokens/999/revoke").status_code == 404


@pytest.mark.parametrize("role", [Role.MANAGER, Role.ANALYST, Role.REP, Role.VIEWER])
def test_only_an_admin_sees_the_settings(sign_in: SignIn, role: Role) -> None:
    browser = sign_in(role)
    assert browser.get("/settings").status_code == 403
    assert browser.post("/settings", data={"company": "Mine"}).status_code == 403
    assert browser.post("/settings/tokens", data={"name": "x"}).status_code == 403
