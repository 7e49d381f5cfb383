"""A rep's tasks on the page Today, and in the calendar at its secret address."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import vobject
from fastapi import FastAPI
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from experiments import people, process, process_draft
from experiments.calendar_feed import CalendarFeed
from experiments.ingest import ingest_events
from experiments.users import Role, User
from tests.experiments.test_tasks import PROCESS
from tests.web.conftest import Clock, SignIn


@pytest.fixture
def mia(session: Session, sign_in: SignIn, clock: Clock, tell: Any) -> TestClient:
    """The browser of a rep with one lead, which has just entered its first stage."""
    browser = sign_in(Role.REP)
    version = process_draft.create(session, process_draft.checked(PROCESS), now=clock())
    process.adopt(session, "inbound", version, now=clock())
    team = people.add_team(session, "Berlin", segment="inbound", country="DE")
    rep = people.add_rep(session, "Mia", team=team, now=clock())
    people.give_account(session, rep, session.scalars(select(User)).one())
    clock.now += timedelta(days=1)
    events = [tell("L1", day=0, type="created", owner_id="Mia"), tell("L1", "New", day=0.5)]
    ingest_events(session, events, now=clock())
    return browser


def address_on(page: str) -> str:
    """The path of the calendar that a page shows."""
    found = re.search(r"http://[^/]+(/calendar/[\w-]+\.ics)", page)
    assert found
    return found[1]


def events_of(browser: TestClient, path: str) -> list[str]:
    """What a calendar program reads at the address."""
    answer = browser.get(path)
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    read = vobject.readOne(answer.text)
    return [
        f"{each.dtstart.value} {each.summary.value}" for each in read.contents.get("vevent", [])
    ]


def test_a_task_done_today_gives_way_to_the_next_one_in_the_calendar(
    mia: TestClient, browser: TestClient, clock: Clock
) -> None:
    page = mia.post("/account/calendar")
    assert page.status_code == 200
    path = address_on(page.text)
    assert events_of(browser, path) == ["2026-03-03 Call back: L1"]
    today = mia.get("/today").text
    card = today[today.index("To do") : today.index("My leads by stage")]
    assert "Call back" in card
    # What is due stands there once: the list of those that wait longest leaves it out.
    assert "Waiting longest" not in today
    assert 'action="/leads/L1/actions"' in card
    fields = dict(re.findall(r'name="(action|mark)" value="([^"]+)"', card))
    form = fields | {"done": "yes", "next": "/today"}
    assert mia.post("/leads/L1/actions", data=form).headers["location"] == "/today"
    assert events_of(browser, path) == ["2026-03-05 Write: L1"]
    # Nothing is due before the day after tomorrow.
    assert "To do" not in mia.get("/today").text
    clock.now += timedelta(days=3)
    assert "late:" in mia.get("/today").text


def test_a_calendar_is_ended_and_a_new_address_ends_the_one_before(
    mia: TestClient, browser: TestClient, session: Session
) -> None:
    first = address_on(mia.post("/account/calendar").text)
    second = address_on(mia.post("/account/calendar").text)
    assert browser.get(first).status_code == 404
    assert browser.get(second).status_code == 200
    assert second.removeprefix("/calendar/").removesuffix(".ics") not in session.scalars(
        select(CalendarFeed.token_hash)
    )
    assert "are in a calendar since" in mia.get("/account").text
    assert mia.post("/account/calendar/end").headers["location"] == "/account"
    assert browser.get(second).status_code == 404


def test_the_calendar_of_a_closed_account_ends(
    mia: TestClient, browser: TestClient, session: Session, clock: Clock
) -> None:
    path = address_on(mia.post("/account/calendar").text)
    session.scalars(select(User)).one().disabled_at = clock()
    session.flush()
    assert browser.get(path).status_code == 404


def test_a_rep_account_without_a_rep_has_an_empty_calendar(
    sign_in: SignIn, browser: TestClient, app: FastAPI
) -> None:
    path = address_on(sign_in(Role.REP).post("/account/calendar").text)
    # Before there is a company there is no zone, and nobody has tasks.
    assert events_of(browser, path) == []


def test_only_reps_have_a_calendar(sign_in: SignIn) -> None:
    assert "/account/calendar" not in sign_in(Role.VIEWER).get("/account").text
    assert "/account/calendar" in sign_in(Role.REP).get("/account").text


def test_a_team_keeps_the_holidays_of_its_country(sign_in: SignIn, session: Session) -> None:
    manager = sign_in(Role.MANAGER)
    assert '<option value="DE">Germany</option>' in manager.get("/team/teams/new").text
    form = {"name": "Lyon", "segment": "", "manager": "", "country": "FR"}
    assert manager.post("/team/teams/new", data=form).status_code == 303
    (team,) = people.teams(session)
    assert team.country == "FR"
    assert '<option value="FR" selected>' in manager.get(f"/team/teams/{team.id}").text
    wrong = manager.post(f"/team/teams/{team.id}", data=form | {"country": "XX"})
    assert wrong.status_code == 422
    assert 'id="f-country-error"' in wrong.text
