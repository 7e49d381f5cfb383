"""Headers of every answer, and the largest body."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.testclient import TestClient
from starlette.types import Message

from experiments.users import Role
from tests.conftest import count_rows
from tests.web.conftest import SignIn
from web.deps import MAX_FIELDS
from web.middleware import FOR_A_YEAR, HEADERS, BodyLimit
from web.settings import Settings
from web.templating import static_url

MB = 1_000_000
TOLD = "A request may hold at most 50 MB; nothing was stored."


def stream(megabytes: int) -> Iterator[bytes]:
    yield b'{"leads": ['
    for _ in range(megabytes):
        yield b" " * MB
    yield b"]}"


def test_every_answer_has_a_strict_policy(browser: TestClient) -> None:
    for path in ("/sign-in", "/first-run", "/none", "/api/v1/leads", "/openapi.json", "/health"):
        answer = browser.get(path)
        assert {name: answer.headers[name] for name in HEADERS} == HEADERS, path
    policy = HEADERS["Content-Security-Policy"].split("; ")
    assert policy[0] == "default-src 'none'"
    assert not any("unsafe" in each or "*" in each for each in policy)


def test_a_static_file_asked_for_by_its_mark_is_kept_for_a_year(browser: TestClient) -> None:
    marked = browser.get(static_url("stagelift.css"))
    assert (marked.status_code, marked.headers["Cache-Control"]) == (200, FOR_A_YEAR)
    plain = browser.get("/static/stagelift.css")
    assert plain.headers["Cache-Control"] == HEADERS["Cache-Control"]
    assert browser.get("/static/none.css?v=1").headers["Cache-Control"] != FOR_A_YEAR


def test_static_files_do_not_lead_out_of_their_folder(browser: TestClient) -> None:
    assert browser.get("/static/../app.py").status_code == 404
    assert browser.get("/static/%2e%2e/app.py").status_code == 404


def test_a_stated_length_over_the_limit_is_refused(program: SignIn, session: Session) -> None:
    client = program(Role.ADMIN)
    answer = client.post("/api/v1/leads", content=b" " * (51 * MB))
    assert answer.status_code == 413
    assert answer.json() == {"errors": [{"where": "", "message": TOLD}]}


def test_a_hundred_megabytes_in_pieces_are_refused_and_nothing_is_stored(
    program: SignIn, session: Session
) -> None:
    headers = {"Content-Type": "application/json"}
    answer = program(Role.ADMIN).post("/api/v1/leads", content=stream(100), headers=headers)
    assert answer.status_code == 413
    assert answer.json() == {"errors": [{"where": "", "message": TOLD}]}
    assert count_rows(session, "leads") == 0


def test_a_large_upload_to_a_page_is_refused_by_a_page(sign_in: SignIn) -> None:
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = sign_in(Role.ADMIN).post("/sign-out", content=stream(100), headers=headers)
    assert answer.status_code == 413
    assert answer.headers["Content-Type"].startswith("text/html")
    assert TOLD in answer.text
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS


def test_a_body_up_to_the_limit_is_taken(program: SignIn) -> None:
    headers = {"Content-Type": "application/json"}
    answer = program(Role.ADMIN).post("/api/v1/events", content=stream(49), headers=headers)
    assert answer.status_code == 422  # it is read, and holds no events
    assert answer.json()["errors"][0]["where"] == "events"


class Sender:
    """Sends a body in pieces of a byte, and counts how many were fetched."""

    def __init__(self, pieces: int) -> None:
        self.left, self.fetched = pieces, 0
        self.sent: list[Message] = []

    async def receive(self) -> Message:
        self.left -= 1
        self.fetched += 1
        return {"type": "http.request", "body": b"x", "more_body": self.left > 0}

    async def send(self, message: Message) -> None:
        self.sent.append(message)

    def deliver(self, *headers: tuple[bytes, bytes], limit: int = 3) -> None:
        async def app(_scope: object, _receive: object, _send: object) -> None:
            raise AssertionError("the app must not see it")

        def refuse(_request: Request) -> Response:
            return PlainTextResponse("no", 413)

        scope = {"type": "http", "method": "POST", "path": "/", "headers": list(headers)}
        asyncio.run(BodyLimit(app, limit, refuse)(scope, self.receive, self.send))


def test_a_browser_may_finish_sending_before_it_reads_the_refusal() -> None:
    sender = Sender(20)
    sender.deliver((b"content-length", b"20"))
    assert (sender.fetched, sender.sent[0]["status"]) == (20, 413)


def test_a_sender_without_end_is_cut_off() -> None:
    sender = Sender(10_000)
    sender.deliver((b"content-length", b"10000"))
    assert (sender.fetched, sender.sent[0]["status"]) == (30, 413)  # ten times the limit


def test_who_asks_first_is_answered_at_once() -> None:
    sender = Sender(20)
    sender.deliver((b"content-length", b"20"), (b"expect", b"100-continue"))
    assert (sender.fetched, sender.sent[0]["status"]) == (0, 413)


def test_the_limit_is_a_setting(monkeypatch: pytest.MonkeyPatch, app: FastAPI) -> None:
    monkeypatch.setenv("STAGELIFT_MAX_BODY_MB", "2")
    assert Settings().max_body_bytes == 2 * MB
    monkeypatch.setenv("STAGELIFT_MAX_BODY_MB", "none")
    with pytest.raises(ValueError, match="max_body_mb"):
        Settings()


@pytest.mark.parametrize(
    ("environment", "secure"),
    [
        ({}, False),
        ({"STAGELIFT_PUBLIC_URL": "https://sales.kestrel.example"}, True),
        ({"STAGELIFT_PUBLIC_URL": "http://sales.kestrel.example"}, False),
        (
            {"STAGELIFT_PUBLIC_URL": "https://a.example", "STAGELIFT_SECURE_COOKIES": "false"},
            False,
        ),
        ({"STAGELIFT_SECURE_COOKIES": "true"}, True),
    ],
)
def test_cookies_are_secure_where_the_site_is_reached_by_https(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], secure: bool
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert Settings().secure is secure


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data", b"--x"),
        ("multipart/form-data; boundary=x", b"no boundary here"),
        ("application/x-www-form-urlencoded", b"a=1&" * (MAX_FIELDS + 1)),
        ("application/x-www-form-urlencoded", b"\xff\xfe\x00%%%"),
        ("text/plain", b"csrf_token=1"),
    ],
)
def test_a_form_that_cannot_be_read_is_no_fault_of_ours(
    browser: TestClient, content_type: str, body: bytes
) -> None:
    answer = browser.post("/sign-in", content=body, headers={"Content-Type": content_type})
    assert answer.status_code in (400, 403)
    assert answer.headers["Content-Type"].startswith("text/html")
