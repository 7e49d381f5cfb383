"""The table of docs/roles.md, walked: each role gets what it says, on every route."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.testclient import TestClient

from experiments.users import Role
from tests.web.conftest import SignIn
from web.pages.nav import ITEMS

pytestmark = pytest.mark.one_database

TABLE = Path(__file__).parent.parent.parent / "docs" / "roles.md"
ROW = re.compile(r"^\|[^|]+\| (GET|POST|PUT|DELETE) (\S+) \|([^\n]+)\|$", re.MULTILINE)


@dataclass(frozen=True)
class Rule:
    method: str
    path: str
    roles: frozenset[Role]
    signed_out: bool

    @property
    def for_programs(self) -> bool:
        return self.path.startswith("/api/")

    @property
    def address(self) -> str:
        return re.sub(r"\{[^}]+\}", "1", self.path)


def _rule(row: tuple[str, str, str]) -> Rule:
    method, path, marks = row
    ticks = [cell.strip() == "✓" for cell in marks.split("|")]
    roles = frozenset(role for role, tick in zip(Role, ticks, strict=False) if tick)
    return Rule(method, path, roles, ticks[len(Role)])


RULES = [_rule(row) for row in ROW.findall(TABLE.read_text(encoding="utf-8"))]


def routes(app: FastAPI) -> set[tuple[str, str]]:
    found = iter_route_contexts(app.routes)
    return {
        (method, str(each.path))
        for each in found
        for method in (each.methods or ())
        if method != "HEAD"
    }


def call(client: TestClient, rule: Rule) -> int:
    # Who asks is looked at before what is asked: nothing is sent along.
    return client.request(rule.method, rule.address).status_code


def test_every_route_is_in_the_table_and_every_row_is_a_route(app: FastAPI) -> None:
    assert {(rule.method, rule.path) for rule in RULES} == routes(app)


@pytest.mark.parametrize("role", Role)
def test_each_role_opens_the_pages_that_the_table_gives_it(role: Role, sign_in: SignIn) -> None:
    for rule in RULES:
        if not rule.for_programs:
            allowed = call(sign_in(role), rule) != 403
            # The forms of the signed-out have a token of their own.
            assert (allowed or rule.signed_out) == (role in rule.roles), rule


@pytest.mark.parametrize("role", Role)
def test_each_role_may_call_what_the_table_gives_it(role: Role, program: SignIn) -> None:
    client = program(role)
    for rule in RULES:
        if rule.for_programs:
            assert (call(client, rule) not in (401, 403)) == (role in rule.roles), rule


@pytest.mark.parametrize("role", Role)
def test_the_navigation_leads_to_pages_that_the_role_may_open(role: Role) -> None:
    pages = {rule.path for rule in RULES if rule.method == "GET" and role in rule.roles}
    assert {href for href, _label in ITEMS[role]} <= pages


def test_someone_who_is_not_signed_in_is_sent_to_the_sign_in(
    browser: TestClient, sign_in: SignIn
) -> None:
    sign_in(Role.ADMIN)  # there is a user, so the first run is over
    for rule in RULES:
        if rule.for_programs or rule.signed_out:
            continue
        answer = browser.request(rule.method, rule.address)
        assert answer.status_code == 303, rule
        assert answer.headers["location"].startswith("/sign-in"), rule


def test_a_program_without_a_token_gets_401(browser: TestClient) -> None:
    for rule in RULES:
        if rule.for_programs:
            assert call(browser, rule) == 401, rule


def test_a_cookie_does_not_open_the_api(sign_in: SignIn) -> None:
    assert sign_in(Role.ADMIN).get("/api/v1/experiments").status_code == 401
