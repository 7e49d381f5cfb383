"""Signing in with the company's own provider, against one that runs on this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from urllib.parse import urlsplit

import httpx2
import pytest
from fastapi import FastAPI
from joserfc.jwk import RSAKey
from pydantic import SecretStr, ValidationError
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from experiments.users import Role, User
from tests.web.openid_provider import CLIENT, SECRET, Provider, running_provider
from web.app import create_app
from web.open_id import Begun
from web.settings import Settings

SITE = "http://testserver"


@pytest.fixture(scope="module")
def running() -> Iterator[Provider]:
    """The provider; it takes a while to make its key."""
    with running_provider() as provider:
        yield provider


@pytest.fixture
def provider(running: Provider, manager: User) -> Iterator[Provider]:
    """The provider, at which the manager is signed in."""
    running.email = manager.email
    yield running
    running.claims, running.signed_by, running.down = {}, None, False


@pytest.fixture
def manager(user: Callable[[Role], User]) -> User:
    """A manager with an account."""
    return user(Role.MANAGER)


@pytest.fixture
def visitor(app: FastAPI, provider: Provider) -> Iterator[TestClient]:
    """A browser on a site that knows the provider."""
    settings = Settings.model_construct(
        public_url=SITE,
        openid_issuer=provider.issuer,
        openid_client_id=CLIENT,
        openid_client_secret=SecretStr(SECRET),
        openid_name="Kestrel ID",
    )
    site = create_app(settings, database=app.state.site.database, clock=lambda: datetime.now(UTC))
    with TestClient(site, follow_redirects=False) as browser:
        yield browser


def come_back(visitor: TestClient, wanted: str = "/team") -> httpx2.Response:
    """Go to the provider and return with what it says."""
    away = visitor.get(f"/sign-in/openid?next={wanted}")
    assert away.status_code == 303
    there = httpx2.get(away.headers["location"], follow_redirects=False)
    back = urlsplit(there.headers["location"])
    assert back.path == "/sign-in/openid/return"
    return visitor.get(f"{back.path}?{back.query}")


def test_a_person_comes_in_by_the_provider(visitor: TestClient) -> None:
    assert "Sign in with Kestrel ID" in visitor.get("/sign-in").text
    answer = come_back(visitor)
    assert (answer.status_code, answer.headers["location"]) == (303, "/team")
    assert visitor.get("/team").status_code == 200
    assert "stagelift_openid" not in visitor.cookies


def test_an_answer_cannot_be_used_twice(visitor: TestClient, provider: Provider) -> None:
    away = visitor.get("/sign-in/openid")
    there = httpx2.get(away.headers["location"], follow_redirects=False)
    back = urlsplit(there.headers["location"])
    kept = visitor.cookies["stagelift_openid"]
    assert visitor.get(f"{back.path}?{back.query}").status_code == 303
    visitor.cookies.set("stagelift_openid", kept)
    assert visitor.get(f"{back.path}?{back.query}").status_code == 422


def test_an_answer_that_was_not_asked_for_here_is_refused(visitor: TestClient) -> None:
    path = "/sign-in/openid/return?code=stolen&state=theirs"
    assert "did not begin here" in visitor.get(path).text
    visitor.get("/sign-in/openid")
    answer = visitor.get(path)
    assert answer.status_code == 422
    assert "stagelift_session" not in visitor.cookies


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://elsewhere.example"},
        {"aud": "another program"},
        {"nonce": "of another sign-in"},
        {"exp": 1_000_000_000},
        {"email_verified": False},
        {"email": ""},
    ],
)
def test_a_token_that_is_not_for_this_sign_in_is_refused(
    claims: dict[str, object], visitor: TestClient, provider: Provider
) -> None:
    provider.claims = claims
    answer = come_back(visitor)
    assert answer.status_code == 422
    assert "cannot be used" in answer.text
    assert "stagelift_session" not in visitor.cookies


def test_a_token_that_another_key_signed_is_refused(
    visitor: TestClient, provider: Provider
) -> None:
    provider.signed_by = RSAKey.generate_key(2048, {"kid": "1"})
    assert come_back(visitor).status_code == 422


def test_whoever_has_no_account_gets_none(visitor: TestClient, provider: Provider) -> None:
    provider.email = "nobody@kestrel.example"
    answer = come_back(visitor)
    assert answer.status_code == 422
    assert "ask your admin" in answer.text


def test_a_closed_account_stays_closed(
    visitor: TestClient, manager: User, session: Session
) -> None:
    manager.disabled_at = datetime.now(UTC)
    session.flush()
    assert come_back(visitor).status_code == 422


def test_a_provider_that_is_away_is_said_to_be(visitor: TestClient, provider: Provider) -> None:
    provider.down = True
    answer = visitor.get("/sign-in/openid")
    assert answer.status_code == 422
    assert "cannot be used" in answer.text


def test_a_provider_that_speaks_for_another_is_refused(
    visitor: TestClient, provider: Provider
) -> None:
    true, provider.issuer = provider.issuer, "https://elsewhere.example"
    try:
        assert visitor.get("/sign-in/openid").status_code == 422
    finally:
        provider.issuer = true


def test_the_next_address_stays_on_this_site(visitor: TestClient) -> None:
    assert come_back(visitor, "//elsewhere.example").headers["location"] == "/"


def test_without_a_provider_there_is_no_such_page(browser: TestClient) -> None:
    assert browser.get("/sign-in/openid").status_code == 404
    assert browser.get("/sign-in/openid/return").status_code == 404
    assert "openid" not in browser.get("/sign-in").text


def test_a_cookie_that_was_tampered_with_began_nothing() -> None:
    assert Begun.read("only.two") is None
    assert Begun.read("a..c") is None
    begun = Begun.new()
    assert Begun.read(begun.text()) == begun


def test_half_of_the_settings_is_refused() -> None:
    with pytest.raises(ValidationError, match="openid_client_id and public_url"):
        Settings(openid_issuer="https://id.kestrel.example")
