"""An invitation, from the admin's page to the invited rep's own account, phone and calendar."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
import vobject
from playwright.sync_api import Page, expect

from experiments import company, people, process, process_draft, users
from experiments.ingest import ingest_events
from experiments.store.engine import make_engine, make_sessions
from experiments.users import Role
from tests.browser.conftest import PASSWORD, RunningSite
from tests.browser.look import check
from tests.experiments.test_tasks import PROCESS

ADMIN = "mina@kestrel.example"


@pytest.fixture
def admin(site: RunningSite, page: Page, tmp_path: Path) -> Page:
    """An admin's window on a site with a rep who has a lead and no account."""
    now = datetime.now(UTC)
    engine = make_engine(f"sqlite:///{tmp_path / 'site.sqlite'}")
    with make_sessions(engine)() as session:
        company.found(session, name="Kestrel", time_zone="UTC", currency="EUR", now=now)
        version = process_draft.create(session, process_draft.checked(PROCESS), now=now)
        process.adopt(session, "inbound", version, now=now)
        team = people.add_team(session, "Berlin", segment="inbound")
        people.add_rep(session, "Omar", team=team, now=now)
        lead = {"source": "crm", "lead_id": "L1", "occurred_at": now.isoformat()}
        created = lead | {"source_id": "1", "type": "created", "owner_id": "Omar"}
        entered = lead | {"source_id": "2", "stage": "New"}
        assert ingest_events(session, [created, entered], now=now).rejected == []
        users.add_user(
            session, email=ADMIN, name="Mina", role=Role.ADMIN, password=PASSWORD, now=now
        )
        session.commit()
    engine.dispose()
    page.goto("/sign-in")
    page.get_by_label("E-mail").fill(ADMIN)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    return page


def test_a_rep_is_invited_works_and_subscribes_to_the_tasks(admin: Page) -> None:
    page = admin
    page.goto("/account")
    check(page)
    page.goto("/team/users/new?rep=Omar")
    page.get_by_label("E-mail").fill("omar@kestrel.example")
    page.get_by_role("button", name="Add the account").click()
    expect(page.get_by_role("heading", name="A link to choose a password")).to_be_visible()
    check(page)
    link = page.locator("p.code").inner_text()
    page.get_by_role("button", name="Sign out").click()

    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(link)
    check(page)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Once more").fill(PASSWORD)
    page.get_by_role("button", name="Save and go on").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Omar")
    page.goto("/account")
    page.get_by_role("button", name="Make an address").click()
    check(page)
    feed = page.locator("p.code").inner_text()
    read = vobject.readOne(page.request.get(feed).text())
    assert [each.summary.value for each in read.vevent_list] == ["Call back: L1"]
    page.goto("/leads/L1")
    page.get_by_role("checkbox", name="Call back").click()
    read = vobject.readOne(page.request.get(feed).text())
    assert [each.summary.value for each in read.vevent_list] == ["Write: L1"]
