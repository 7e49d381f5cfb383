"""What every page has around it: the way in, navigation, messages, language, zone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Annotated

import pytest
from fastapi import APIRouter, Depends, FastAPI, Request
from starlette.responses import Response
from starlette.testclient import TestClient

from experiments.company import Company
from experiments.users import Role, User
from tests.web.conftest import SignIn
from web.flash import flash
from web.pages import language_of, render, see_other
from web.pages.nav import ITEMS
from web.security import EVERYONE, allow, signed_in

pytestmark = pytest.mark.one_database

DONE = flash("a-test-is-done", "good", "It is done.")
router = APIRouter()


@router.get("/a-page")
def show(request: Request, user: Annotated[User, allow(*EVERYONE)]) -> Response:
    """A page with nothing but its frame."""
    return render(request, "error.html", {"title": "A page", "problems": [], "status": 200})


@router.post("/a-page")
def act(request: Request, user: Annotated[User, allow(*EVERYONE)]) -> Response:
    """An act, and back."""
    return see_other(request, "/a-page", DONE)


@pytest.fixture
def app(own_app: FastAPI) -> FastAPI:
    """The site with one more page."""
    own_app.include_router(router, dependencies=[Depends(signed_in)])
    return own_app


@pytest.fixture
def nobody(app: FastAPI) -> Iterator[TestClient]:
    """A browser that nobody has signed in with."""
    with TestClient(app, follow_redirects=False) as client:
        yield client


def test_before_the_first_run_every_way_leads_to_it(nobody: TestClient) -> None:
    for path in ("/", "/a-page", "/sign-in"):
        assert nobody.get(path).headers["location"] == "/first-run", path
    assert nobody.post("/a-page").headers["location"] == "/first-run"


def test_someone_not_signed_in_comes_back_to_the_page_asked_for(
    nobody: TestClient, user: Callable[[Role], User]
) -> None:
    user(Role.MANAGER)
    location = nobody.get("/a-page?search=a%20b&page=2").headers["location"]
    assert location == "/sign-in?next=/a-page%3Fsearch%3Da%2520b%26page%3D2"
    assert 'value="/a-page?search=a%20b&amp;page=2"' in nobody.get(location).text
    assert nobody.post("/a-page").headers["location"] == "/sign-in"


@pytest.mark.parametrize("role", Role)
def test_each_role_has_its_navigation(app: FastAPI, sign_in: SignIn, role: Role) -> None:
    page = sign_in(role).get("/a-page").text
    for others in ITEMS.values():
        for href, label in others:
            assert (f'<a href="{href}">{label}</a>' in page) == ((href, label) in ITEMS[role])
    assert f"The {role}" in page


def test_the_section_that_a_page_is_in_is_marked(app: FastAPI, sign_in: SignIn) -> None:
    @app.get("/experiments/of-this-test", dependencies=[Depends(signed_in)])
    def page(request: Request) -> Response:
        return render(request, "error.html", {"title": "", "problems": [], "status": 200})

    text = sign_in(Role.MANAGER).get("/experiments/of-this-test").text
    assert '<a href="/experiments" aria-current="page">' in text
    assert text.count('aria-current="page"') == 1


def test_a_message_is_shown_once_after_an_act(app: FastAPI, sign_in: SignIn) -> None:
    browser = sign_in(Role.REP)
    answer = browser.post("/a-page")
    cookie = answer.headers["set-cookie"].split("; ")
    assert cookie[0] == "stagelift_flash=a-test-is-done"
    assert {"HttpOnly", "SameSite=lax", "Max-Age=60"} <= set(cookie)
    assert '<p class="note good">It is done.</p>' in browser.get("/a-page").text
    assert "It is done." not in browser.get("/a-page").text


def test_a_message_cannot_be_planted(app: FastAPI, sign_in: SignIn) -> None:
    browser = sign_in(Role.REP)
    browser.cookies.set("stagelift_flash", "You have won, go to evil.example")
    assert "evil" not in browser.get("/a-page").text


def test_two_messages_cannot_share_a_code() -> None:
    assert flash("a-test-is-done", "good", "It is done.") == DONE
    with pytest.raises(ValueError, match="a-test-is-done"):
        flash("a-test-is-done", "bad", "It failed.")


@pytest.mark.parametrize(
    ("asked", "language"),
    [("", "en"), ("de-DE,de;q=0.9", "en"), ("*", "en"), ("xx;;;,,", "en"), ("en-GB", "en")],
)
def test_a_language_without_translations_is_english(
    app: FastAPI, asked: str, language: str
) -> None:
    headers = [(b"accept-language", asked.encode())]
    request = Request({"type": "http", "headers": headers, "app": app})
    assert language_of(request) == language


def test_a_language_with_translations_is_spoken(
    browser: TestClient,
    company: Company,
    user: Callable[[Role], User],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    user(Role.MANAGER)
    monkeypatch.setattr("web.pages.languages", lambda: ("en", "fa"))
    headers = {"Accept-Language": "fa-IR,fa;q=0.9,en;q=0.5"}
    assert '<html lang="fa" dir="rtl">' in browser.get("/sign-in", headers=headers).text


def test_times_are_shown_in_the_companys_zone(
    app: FastAPI, sign_in: SignIn, company: Company
) -> None:
    seen = []

    @app.get("/zone", dependencies=[Depends(signed_in)])
    def page(request: Request) -> None:
        seen.append(request.state.visit.zone)

    sign_in(Role.REP).get("/zone")
    assert seen == [company.zone]
