"""A new experiment step by step, by clicking: on a laptop, and on a phone without any script."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from experiments import company, people, process_draft, users
from experiments.store.engine import make_engine, make_sessions
from experiments.users import Role
from tests.browser.conftest import PASSWORD, RunningSite
from tests.browser.look import check
from tests.experiments.conftest import PROCESS

EMAIL = "mina@kestrel.example"


@pytest.fixture
def selling_site(site: RunningSite, tmp_path: Path) -> RunningSite:
    """The site of a company with two processes, a manager and a team of eight."""
    now = datetime.now(UTC)
    rival = deepcopy(PROCESS) | {"name": "Demo first"}
    rival["stages"][1]["actions"] = [{"name": "Live demo", "kind": "demo"}]
    engine = make_engine(f"sqlite:///{tmp_path / 'site.sqlite'}")
    with make_sessions(engine)() as session:
        company.found(session, name="Kestrel", time_zone="Europe/Berlin", currency="EUR", now=now)
        for written in (PROCESS, rival):
            process_draft.create(session, process_draft.checked(written), now=now)
        team = people.add_team(session, "Berlin", segment="inbound")
        for number in range(1, 9):
            people.add_rep(session, f"Rep {number}", team=team, now=now)
        users.add_user(
            session, email=EMAIL, name="Mina", role=Role.MANAGER, password=PASSWORD, now=now
        )
        session.commit()
    engine.dispose()
    return site


@pytest.fixture(params=[1280, 390])
def manager(
    request: pytest.FixtureRequest, chromium: Browser, selling_site: RunningSite
) -> Iterator[Page]:
    """A manager's window of that width, signed in; the narrow one runs no script."""
    wide = request.param == 1280
    context = chromium.new_context(
        base_url=selling_site.address,
        viewport={"width": request.param, "height": 800},
        java_script_enabled=wide,
    )
    page = context.new_page()
    page.set_default_timeout(10_000)
    page.goto("/sign-in")
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    yield page
    context.close()


def step(page: Page, title: str) -> None:
    """The page is that step."""
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    expect(page.locator("[aria-current=step]")).to_have_count(1)


def look(page: Page) -> None:
    """Axe looks where scripts run; the fields alone it has seen on the form of one page."""
    if page.viewport_size == {"width": 1280, "height": 800}:
        check(page)


def go_on(page: Page) -> None:
    page.locator("button.main", has_text="Next").click()


def test_from_the_first_page_to_the_launch(manager: Page) -> None:
    manager.goto("/experiments")
    manager.get_by_role("link", name="New experiment").click()
    step(manager, "What do you want to find out?")
    manager.get_by_label("Name").fill("Demo before discovery")
    manager.get_by_label("What do you expect, and why?").fill("They have done their homework.")
    go_on(manager)

    for number, name in enumerate(("Discovery first", "Demo first"), start=1):
        part = manager.get_by_role("group", name=f"Variant {number}")
        part.get_by_label("Name").fill(name)
        part.get_by_label("Process").select_option(label=f"{name} · v1")
    manager.get_by_role("button", name="Compare the processes").click()
    expect(manager.get_by_role("cell", name="Live demo new")).to_be_in_viewport()
    step(manager, "Which processes compete?")
    look(manager)
    manager.get_by_role("button", name="Save and leave").click()
    manager.get_by_role("link", name="Demo before discovery").click()
    go_on(manager)

    go_on(manager)
    expect(manager.get_by_role("alert")).to_contain_text("Nobody takes part yet")
    manager.get_by_label("inbound").check()
    step(manager, "Who takes part?")
    go_on(manager)

    step(manager, "What is measured?")
    manager.get_by_label("Demo or trial: points at most").fill("2")
    go_on(manager)
    step(manager, "When, and how often do you look?")
    go_on(manager)
    step(manager, "How is it split?")
    look(manager)
    expect(manager.get_by_role("row", name="Reps in all")).to_contain_text("4")
    manager.get_by_role("button", name="Another example").click()
    expect(manager.get_by_role("row", name="Reps in all")).to_be_in_viewport()
    go_on(manager)
    # The next page is seen from its top.
    expect(manager.get_by_role("heading", level=1)).to_be_in_viewport()

    manager.get_by_label("Difference that matters, in points").fill("60")
    manager.get_by_label("Difference that matters, in points").press("Enter")
    step(manager, "Read it once more")
    look(manager)
    manager.get_by_role("button", name="Feasible").click()
    step(manager, "Could this test find it?")
    look(manager)
    expect(manager.locator(".say")).to_contain_text("is found 80% of the time after")
    go_on(manager)
    manager.get_by_role("button", name="Launch", exact=True).click()
    expect(manager.get_by_text("Launched. The plan is frozen")).to_be_visible()
    expect(manager.get_by_text("It is running: new leads enrol.")).to_be_visible()
