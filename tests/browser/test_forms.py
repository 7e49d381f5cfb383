"""Forms whose rows grow and move, by clicking, with no script of ours and with Enter."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from experiments import company, people, process_draft, users
from experiments.store.engine import make_engine, make_sessions
from experiments.users import Role
from tests.browser.conftest import PASSWORD, RunningSite
from tests.browser.look import check
from tests.experiments.conftest import PROCESS

EMAIL = "mina@kestrel.example"


@pytest.fixture
def manager(site: RunningSite, page: Page, tmp_path: Path) -> Page:
    """A manager's window on a site with a process and a team of six."""
    now = datetime.now(UTC)
    engine = make_engine(f"sqlite:///{tmp_path / 'site.sqlite'}")
    with make_sessions(engine)() as session:
        company.found(session, name="Kestrel", time_zone="Europe/Berlin", currency="EUR", now=now)
        process_draft.create(session, process_draft.checked(PROCESS), now=now)
        team = people.add_team(session, "Berlin", segment="inbound")
        for number in range(1, 7):
            people.add_rep(session, f"Rep {number}", team=team, now=now)
        users.add_user(
            session, email=EMAIL, name="Mina", role=Role.MANAGER, password=PASSWORD, now=now
        )
        session.commit()
    engine.dispose()
    page.goto("/sign-in")
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    return page


def test_a_variant_is_added_filled_in_and_taken_away_again(manager: Page) -> None:
    manager.goto("/experiments/new")
    manager.get_by_label("Name").first.fill("Demo before discovery")
    manager.get_by_role("button", name="Add a variant").click()
    third = manager.get_by_role("group", name="Variant 3")
    # The page comes back where the work goes on.
    expect(third).to_be_in_viewport()
    expect(manager.get_by_label("Name").first).to_have_value("Demo before discovery")
    third.get_by_label("Name").fill("Both at once")
    check(manager)
    manager.get_by_role("button", name="Remove variant 1").click()
    expect(manager.get_by_role("group", name="Variant 3")).to_have_count(0)
    second = manager.get_by_role("group", name="Variant 2")
    expect(second.get_by_label("Name")).to_have_value("Both at once")


def test_enter_saves_and_what_is_wrong_is_one_click_away(manager: Page) -> None:
    manager.goto("/experiments/new")
    manager.get_by_label("Name").first.fill("Demo before discovery")
    manager.get_by_label("What do you expect, and why?").fill("They have done their homework.")
    for number in (1, 2):
        manager.get_by_role("group", name=f"Variant {number}").get_by_label("Name").fill("Same")
    manager.get_by_label("Days that each lead gets").fill("20")
    manager.get_by_label("Days that each lead gets").press("Enter")
    alert = manager.get_by_role("alert")
    expect(alert).to_contain_text("Two variants have the same name.")
    check(manager)
    alert.get_by_role("link").first.click()
    expect(manager.locator("p.error").first).to_be_in_viewport()

    manager.get_by_role("group", name="Variant 2").get_by_label("Name").fill("Another")
    manager.get_by_label("Days that each lead gets").press("Enter")
    # Nobody takes part and no process is chosen: the draft is kept and says so.
    expect(manager.get_by_text("3 things are missing")).to_be_visible()
    check(manager)
    manager.get_by_role("link", name="Nobody takes part yet").click()
    expect(manager.locator("#f-reps")).to_be_in_viewport()


def test_six_reps_are_told_that_their_test_cannot_conclude(manager: Page) -> None:
    manager.goto("/experiments/new")
    manager.get_by_label("Name").first.fill("Too few")
    manager.get_by_label("What do you expect, and why?").fill("Nothing can come of it.")
    for number, name in ((1, "Today"), (2, "Tomorrow")):
        part = manager.get_by_role("group", name=f"Variant {number}")
        part.get_by_label("Name").fill(name)
        part.get_by_label("Process").select_option(label="Discovery first · v1")
    manager.get_by_label("The whole team: 6 reps").check()
    manager.get_by_role("button", name="Save the draft").click()
    expect(manager.get_by_text("This test can never conclude.")).to_be_visible()
    check(manager)
    manager.get_by_role("button", name="Launch anyway").click()
    expect(manager.get_by_text("It is running: new leads enrol.")).to_be_visible()
    check(manager)


def test_stages_are_moved_and_an_action_s_fault_opens_its_place(manager: Page) -> None:
    manager.goto("/processes/discovery-first/edit")
    manager.get_by_role("button", name="Down stage 2").click()
    names = [manager.get_by_role("group", name=f"Stage {n}").get_by_label("Name") for n in (2, 3)]
    expect(names[0]).to_have_value("Demo")
    expect(names[1]).to_have_value("Qualify")
    manager.get_by_role("button", name="Add a stage").click()
    # A new stage comes before the sale's end, and the page comes back to it.
    fifth = manager.get_by_role("group", name="Stage 5")
    expect(fifth).to_be_in_viewport()
    expect(fifth.get_by_label("Name")).to_have_value("")
    manager.get_by_role("button", name="Remove stage 5").click()
    third = manager.get_by_role("group", name="Stage 3")
    third.get_by_text("What reps do here").click()
    third.get_by_label("Actions").fill("[call] Discovery: Why now?\n[shout] Louder: Again!")
    manager.get_by_role("button", name="Store the new version").click()
    expect(manager.get_by_role("alert")).to_contain_text("Line 2: Choose one of these")
    expect(third.get_by_label("Actions")).to_be_visible()
    check(manager)
    third.get_by_label("Actions").fill("[call] Discovery: Why now?\n[call] Louder: Again!")
    manager.get_by_role("button", name="Store the new version").click()
    expect(manager.get_by_text("version 2", exact=True)).to_be_visible()
    manager.get_by_role("link", name="Versions").click()
    expect(manager.get_by_text("The stages stand in another order.")).to_be_visible()
    expect(manager.get_by_text("the action “Louder” is new")).to_be_visible()
    check(manager)
