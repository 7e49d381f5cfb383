"""A real browser on a running site. Needs Chromium; without it these tests say that they skip.

With STAGELIFT_BROWSER_TESTS=required a missing browser is a failure instead.
"""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, sync_playwright

from experiments.store.engine import make_engine
from experiments.store.migration import upgrade
from web.app import create_app
from web.database import Database
from web.settings import Settings

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PASSWORD = "correct horse battery"


@dataclass
class Calendar:
    """The site's clock, which a test may turn on by days."""

    ahead: timedelta = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@dataclass(frozen=True)
class RunningSite:
    """A site on a port of this machine."""

    address: str
    calendar: Calendar


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


# Not for the whole session: while Playwright lives, its event loop runs in this thread, and
# tests that start a loop of their own could not.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Chromium, headless."""
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        if os.environ.get("STAGELIFT_BROWSER_TESTS") == "required":
            pytest.fail("Chromium is required here and was not found")
        pytest.skip("no Chromium found: browser tests are skipped (install the package chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[RunningSite]:
    """An empty site of its own, on a free port of this machine."""
    engine = make_engine(f"sqlite:///{tmp_path / 'site.sqlite'}")
    upgrade(engine)
    calendar = Calendar()
    app = create_app(Settings.model_construct(), database=Database(engine), clock=calendar)
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield RunningSite(f"http://127.0.0.1:{port}", calendar)
    server.should_exit = True
    thread.join(timeout=10)
    engine.dispose()


@pytest.fixture
def page(chromium: Browser, site: RunningSite) -> Iterator[Page]:
    """A window at a laptop's width; any error that the browser reports fails the test."""
    context = chromium.new_context(base_url=site.address, viewport={"width": 1280, "height": 800})
    opened = context.new_page()
    opened.set_default_timeout(10_000)
    errors: list[str] = []
    opened.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    opened.on("pageerror", lambda error: errors.append(str(error)))
    yield opened
    context.close()
    # The browser counts a page of status 4xx as an error of its own; the test asks for those.
    assert [each for each in errors if "status of 4" not in each] == []
