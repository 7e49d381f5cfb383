"""What an operator sees: request ids, metrics, log lines."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from experiments.users import Role
from tests.web.conftest import SignIn
from web import logs
from web.app import create_app
from web.logs import JsonLines, LogForm
from web.settings import Settings


def number(text: str, name: str) -> float:
    """The value of one line of Prometheus's text form."""
    (line,) = [line for line in text.splitlines() if line.startswith(f"{name} ")]
    return float(line.rpartition(" ")[2])


def test_requests_are_counted_by_route_and_never_by_lead(
    sign_in: SignIn, browser: TestClient
) -> None:
    manager = sign_in(Role.MANAGER)
    for lead in ("D-1", "D-2"):
        assert manager.get(f"/leads/{lead}").status_code == 404
    browser.get("/nowhere/at/all")
    text = browser.get("/metrics").text
    told = 'stagelift_requests_total{method="GET",route="/leads/{external_id:path}",status="404"}'
    assert number(text, told) == 2
    assert 'route="other",status="404"' in text
    assert "D-1" not in text
    assert "nowhere" not in text


def test_two_sites_count_apart(app: FastAPI, browser: TestClient) -> None:
    browser.get("/health")
    other = create_app(Settings.model_construct(), database=app.state.site.database)
    with TestClient(other) as fresh:
        assert 'route="/health"' not in fresh.get("/metrics").text
    assert 'route="/health"' in browser.get("/metrics").text


def test_every_answer_has_an_id_of_its_own(browser: TestClient) -> None:
    ids = {browser.get("/health").headers["x-request-id"] for _ in range(3)}
    assert len(ids) == 3


@pytest.mark.parametrize(
    ("given", "kept"),
    [("proxy-4711.a", True), ("short", False), ("x" * 65, False), ('forged" line', False)],
)
def test_a_proxys_id_is_kept_if_it_is_one(browser: TestClient, given: str, kept: bool) -> None:
    answer = browser.get("/health", headers={"X-Request-ID": given})
    assert (answer.headers["x-request-id"] == given) is kept


def test_a_request_is_logged_by_its_route(
    browser: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "stagelift.requests"):
        browser.get("/leads/secret-customer", headers={"X-Request-ID": "proxy-4711"})
    (record,) = [each for each in caplog.records if each.name == "stagelift.requests"]
    line = json.loads(JsonLines().format(record))
    assert line | {"at": "", "ms": 0} == {
        "at": "",
        "level": "info",
        "logger": "stagelift.requests",
        "message": "GET /leads/{external_id:path} 303",
        "method": "GET",
        "route": "/leads/{external_id:path}",
        "status": 303,
        "ms": 0,
        "request_id": "proxy-4711",
    }


def test_a_fault_is_logged_with_its_place() -> None:
    try:
        raise RuntimeError("broken")
    except RuntimeError as error:
        info: Any = (type(error), error, error.__traceback__)
    record = logging.LogRecord("stagelift", logging.ERROR, "", 0, "a %s", ("fault",), info)
    line = json.loads(JsonLines().format(record))
    assert line["message"] == "a fault"
    assert "RuntimeError: broken" in line["fault"]


@pytest.fixture
def loggers() -> Iterator[None]:
    """The loggers as they were, afterwards."""
    names = ("", "uvicorn", "uvicorn.error", "uvicorn.access")
    before = [
        (each, each.handlers, each.level, each.propagate) for each in map(logging.getLogger, names)
    ]
    yield
    for logger, handlers, level, propagate in before:
        logger.handlers, logger.propagate = handlers, propagate
        logger.setLevel(level)


@pytest.mark.usefixtures("loggers")
@pytest.mark.parametrize(
    ("form", "lines"), [(LogForm.JSON, ["told", "faulty"]), (LogForm.TEXT, ["faulty"])]
)
def test_text_is_for_warnings_and_json_for_all(
    form: LogForm, lines: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    logs.set_up(form)
    logging.getLogger("stagelift.requests").info("told")
    logging.getLogger("uvicorn.error").error("faulty")
    written = capsys.readouterr().err.splitlines()
    assert [each for line in written for each in ("told", "faulty") if each in line] == lines


def test_behind_tls_browsers_are_told_to_come_by_no_other_way(app: FastAPI) -> None:
    settings = Settings.model_construct(public_url="https://sales.kestrel.example")
    secure = create_app(settings, database=app.state.site.database)
    with TestClient(secure, base_url="https://sales.kestrel.example") as browser:
        header = browser.get("/health").headers["strict-transport-security"]
    assert header == "max-age=63072000"


def test_on_this_machine_only_nothing_is_said_of_tls(browser: TestClient) -> None:
    assert "strict-transport-security" not in browser.get("/health").headers
