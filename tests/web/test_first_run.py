"""The first run: an admin and the company, together or not at all."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from experiments.company import the_company
from experiments.users import Role, User
from tests.conftest import count_rows

FORM = {
    "name": "Mina Rahimi",
    "email": "Mina@Kestrel.example",
    "password": "correct horse battery",
    "repeated": "correct horse battery",
    "company": "Kestrel",
    "time_zone": "Europe/Berlin",
    "currency": "eur",
}


def begin(browser: TestClient, **change: str) -> tuple[int, str]:
    """Open the form, fill it in, send it: the status and where it leads, or the page."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', browser.get("/first-run").text)
    assert found
    answer = browser.post("/first-run", data=FORM | {"csrf_token": found[1]} | change)
    return answer.status_code, answer.headers.get("location", answer.text)


def test_the_admin_is_made_with_the_company_and_is_signed_in(
    browser: TestClient, session: Session
) -> None:
    assert begin(browser) == (303, "/")
    admin = session.scalars(select(User)).one()
    assert (admin.email, admin.name, admin.role) == (
        "mina@kestrel.example",
        "Mina Rahimi",
        Role.ADMIN,
    )
    assert admin.password_hash.startswith("$argon2id$")
    company = the_company(session)
    assert (company.name, company.time_zone, company.currency) == (
        "Kestrel",
        "Europe/Berlin",
        "EUR",
    )
    assert browser.get("/").headers["location"] == "/experiments"


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"name": " "}, {"name"}),
        ({"email": "mina"}, {"email"}),
        ({"password": "short", "repeated": "short"}, {"password"}),
        ({"repeated": "correct horse battery!"}, {"repeated"}),
        ({"company": ""}, {"company"}),
        ({"time_zone": "Berlin"}, {"time_zone"}),
        ({"time_zone": "../etc/passwd"}, {"time_zone"}),
        ({"currency": "EURO"}, {"currency"}),
        (
            dict.fromkeys(FORM, ""),
            {"name", "email", "password", "company", "time_zone", "currency"},
        ),
    ],
)
def test_a_wrong_form_is_refused_whole_with_the_errors_beside_their_fields(
    browser: TestClient, session: Session, change: dict[str, str], fields: set[str]
) -> None:
    status, page = begin(browser, **change)
    assert status == 422
    assert set(re.findall(r'class="error" id="f-(\w+)-error"', page)) == fields
    assert count_rows(session, "users") == 0
    assert count_rows(session, "company") == 0


def test_a_refused_form_keeps_what_was_typed_but_no_password(browser: TestClient) -> None:
    _status, page = begin(browser, currency="EURO", time_zone="Asia/Tehran")
    assert 'value="Mina Rahimi"' in page
    assert 'value="EURO"' in page
    assert '<option value="Asia/Tehran" selected>' in page
    assert FORM["password"] not in page


def test_fields_that_were_not_sent_are_empty(browser: TestClient, session: Session) -> None:
    found = re.search(r'name="csrf_token" value="([^"]+)"', browser.get("/first-run").text)
    assert found
    answer = browser.post("/first-run", data={"csrf_token": found[1]})
    assert answer.status_code == 422
    assert count_rows(session, "users") == 0


def test_there_is_one_first_run(
    browser: TestClient, user: Callable[[Role], User], session: Session
) -> None:
    token = re.search(r'name="csrf_token" value="([^"]+)"', browser.get("/first-run").text)
    assert token
    user(Role.MANAGER)
    assert browser.get("/first-run").headers["location"] == "/sign-in"
    answer = browser.post("/first-run", data=FORM | {"csrf_token": token[1]})
    assert answer.headers["location"] == "/sign-in"
    assert count_rows(session, "users") == 1


def test_the_form_must_have_been_opened_here(browser: TestClient, session: Session) -> None:
    assert browser.post("/first-run", data=FORM).status_code == 403
    assert count_rows(session, "users") == 0
