"""A token opens no more than its scope, whatever its user may do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from experiments import users
from experiments.users import Role, Scope, User
from tests.web.conftest import SignIn

CALLS = {
    Scope.READ: [("GET", "/api/v1/experiments"), ("GET", "/api/v1/processes")],
    Scope.TELL: [
        ("POST", "/api/v1/leads"),
        ("POST", "/api/v1/events"),
        ("POST", "/api/v1/experiments/1/assignments"),
    ],
    Scope.ALL: [("POST", "/api/v1/experiments"), ("POST", "/api/v1/experiments/1/launch")],
}


@pytest.mark.parametrize("scope", Scope)
def test_a_token_makes_the_calls_of_its_scope_and_no_others(
    scope: Scope,
    browser: TestClient,
    session: Session,
    user: Callable[[Role], User],
    now: datetime,
) -> None:
    token = users.create_token(session, user(Role.ADMIN), name="crm", now=now, scope=scope)
    browser.headers["Authorization"] = f"Bearer {token}"
    for needed, calls in CALLS.items():
        for method, path in calls:
            answer = browser.request(method, path)
            opens = scope in (Scope.ALL, needed)
            assert (answer.status_code != 403) == opens, (scope, method, path)
            if not opens:
                assert f"for {scope} only" in answer.json()["errors"][0]["message"]


def test_a_scope_is_chosen_on_the_page(sign_in: SignIn, session: Session) -> None:
    admin = sign_in(Role.ADMIN)
    form = {"name": "crm", "email": "admin@kestrel.example"}
    assert admin.post("/settings/tokens", data=form | {"scope": "tell"}).status_code == 200
    assert "Telling leads and events" in admin.get("/settings").text
    refused = admin.post("/settings/tokens", data=form | {"scope": "everything"})
    assert refused.status_code == 422
