"""Every page of a company that works, as each role finds it by its links: axe, phone, console."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page

from experiments.demo import company, making
from experiments.demo.company import PASSWORD
from experiments.store.engine import make_engine, make_sessions
from tests.browser.conftest import RunningSite
from tests.browser.look import check

# What differs between pages of one kind: a number, a key behind its noun, an outside id.
_ONE_OF_MANY = re.compile(r"^/(leads|experiments|processes|help|data/import)/(?!new|upload)[^/]+")
_NUMBER = re.compile(r"/\d+(?=/|$)")
# These are no pages, or would end the visit.
_NO_PAGE = re.compile(
    r"^/(sign-out|static|calendar|api|openapi)|\.(json|csv|ics|svg|html)$|/file$"
)


@pytest.fixture
def company_site(site: RunningSite, tmp_path: Path) -> RunningSite:
    """The site, with the demo's company in it."""
    engine = make_engine(f"sqlite:///{tmp_path / 'site.sqlite'}")
    with make_sessions(engine)() as session:
        making.make(session, now=datetime.now(UTC), scale=0.1)
        session.commit()
    engine.dispose()
    return site


def kind(path: str) -> str:
    """The kind of page a path opens, with its keys and numbers left out."""
    return _NUMBER.sub("/1", _ONE_OF_MANY.sub(r"/\1/KEY", path))


def links(page: Page) -> Iterator[str]:
    """The site's own addresses that this page leads to."""
    targets = page.eval_on_selector_all("a[href]", "all => all.map(a => a.href)")
    here = urlsplit(page.url).netloc
    for target in map(urlsplit, targets):
        if target.netloc == here and not _NO_PAGE.search(target.path):
            yield target.path


def walk(page: Page, start: str, *, known: set[str]) -> set[str]:
    """Open one page of each kind that can be reached from `start`; check those not yet known."""
    waiting, seen = [start], {kind(start)}
    while waiting:
        path = waiting.pop(0)
        answer = page.goto(path)
        assert answer is not None, path
        assert answer.status == 200, path
        if kind(path) not in known:
            check(page)
        for each in links(page):
            if kind(each) not in seen:
                seen.add(kind(each))
                waiting.append(each)
    return seen


def visit(page: Page, name: str, *, known: set[str]) -> set[str]:
    """Sign somebody in, and walk."""
    page.context.clear_cookies()
    page.goto("/sign-in")
    page.get_by_label("E-mail").fill(company.login(name) + "@kestrel.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda address: "/sign-in" not in address)
    return walk(page, "/help", known=known)


def test_nothing_is_wrong_on_any_page(company_site: RunningSite, page: Page) -> None:
    of_admin = visit(page, "Daniel Osei", known=set())
    assert len(of_admin) >= 20
    # A manager's pages are an admin's with fewer buttons; a rep's and a viewer's are others.
    assert len(visit(page, "Katrin Vogel", known=of_admin)) >= 20
    assert len(visit(page, company.REP_ACCOUNT, known=set())) >= 5
    assert len(visit(page, "Beatriz Lobo", known=set())) >= 4
