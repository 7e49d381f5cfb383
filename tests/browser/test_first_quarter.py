"""The whole job by clicking: from an empty site to a decision."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import yaml
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PASSWORD, RunningSite
from tests.browser.look import check
from tests.experiments.conftest import PROCESS

MANAGER = "mina@kestrel.example"
REP = "omar@kestrel.example"
REPS = ("Omar", "Noor", "Lena", "Paul", "Sven", "Ines", "Theo", "Vera")


def test_a_test_is_planned_launched_followed_measured_and_decided(
    page: Page, chromium: Browser, site: RunningSite, tmp_path: Path
) -> None:
    first_run(page)
    for name in ("Discovery first", "Demo first"):
        upload_process(page, name, tmp_path)
    add_team(page)
    token = make_token(page)
    plan(page)
    launch(page)
    begin_leads(page, token)
    rep_works(chromium, site)

    site.calendar.ahead = timedelta(days=60)
    close_leads(page, token)
    sign_in(page, MANAGER)
    read_and_decide(page)


def first_run(page: Page) -> None:
    page.goto("/")
    check(page)
    page.get_by_label("Your name").fill("Mina Rahimi")
    page.get_by_label("E-mail").fill(MANAGER)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("The password again").fill(PASSWORD)
    page.get_by_label("Company", exact=True).fill("Kestrel")
    page.get_by_role("button", name="Begin").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Experiments")
    check(page)


def upload_process(page: Page, name: str, folder: Path) -> None:
    file = folder / f"{name}.yaml"
    file.write_text(yaml.safe_dump(PROCESS | {"name": name}, sort_keys=False), encoding="utf-8")
    page.goto("/processes/upload")
    page.get_by_label("File").set_input_files(file)
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(name)
    check(page)


def add_team(page: Page) -> None:
    page.goto("/team/teams/new")
    page.get_by_label("Name").fill("Berlin")
    page.get_by_label("Segment").fill("inbound")
    page.locator("main button.main").click()
    for name in REPS:
        page.goto("/team/reps/new")
        page.get_by_label("Name").fill(name)
        page.get_by_label("Team").select_option("Berlin")
        page.get_by_role("button", name="Add the rep").click()
    page.goto("/team/users/new")
    page.get_by_label("Name").fill("Omar")
    page.get_by_label("E-mail").fill(REP)
    page.get_by_role("radio", name="Rep Follows").check()
    page.get_by_label("Which rep is it?").select_option("Omar")
    page.get_by_label("First password").fill(PASSWORD)
    page.get_by_role("button", name="Add the account").click()
    page.goto("/team")
    check(page)


def make_token(page: Page) -> str:
    page.goto("/settings")
    check(page)
    page.get_by_label("What is it for?").fill("our CRM")
    page.get_by_role("button", name="Create a token").click()
    return page.locator(".code", has_text="sl_").inner_text()


def plan(page: Page) -> None:
    page.goto("/experiments/new")
    check(page)
    page.get_by_label("Name").first.fill("Demo before discovery")
    page.get_by_label("What do you expect, and why?").fill("They have done their homework.")
    for number, name in enumerate(("Discovery first", "Demo first")):
        part = page.get_by_role("group", name=f"Variant {number + 1}")
        part.get_by_label("Name").fill(name)
        part.get_by_label("Process").select_option(label=f"{name} · v1")
    page.get_by_label("The whole team: 8 reps").check()
    page.get_by_label("Days that each lead gets").fill("20")
    today = date.today()  # noqa: DTZ011 - the browser's day, as a person types it
    page.get_by_label("First day of enrolment").fill(today.isoformat())
    page.get_by_label("Last day of enrolment").fill((today + timedelta(days=30)).isoformat())
    page.get_by_role("button", name="Save the draft").click()


def launch(page: Page) -> None:
    check(page)
    page.get_by_role("button", name="Launch").click()
    expect(page.get_by_text("Running").first).to_be_visible()
    check(page)
    page.get_by_role("link", name="Report").click()
    expect(page.get_by_text("Too early to say")).to_be_visible()
    check(page)


def begin_leads(page: Page, token: str) -> None:
    now = page.evaluate("new Date().toISOString()")
    leads = [
        {"lead_id": f"{rep}-{n}", "owner_id": rep, "created_at": now, "name": f"Firm {rep} {n}"}
        for rep in REPS
        for n in range(10)
    ]
    answer = page.request.post(
        "/api/v1/leads", data={"leads": leads}, headers={"Authorization": f"Bearer {token}"}
    )
    assert answer.json()["accepted"] == 80, answer.text()


def rep_works(chromium: Browser, site: RunningSite) -> None:
    context = chromium.new_context(
        base_url=site.address, viewport={"width": 390, "height": 800}, java_script_enabled=False
    )
    page = context.new_page()
    sign_in(page, REP)
    expect(page.get_by_text("The test compares processes, not people")).to_be_visible()
    page.goto("/leads/Omar-3")
    page.get_by_role("button", name="Move to New").click()
    page.get_by_role("button", name="Move to Qualify").click()
    page.get_by_label("The budget is named").check()
    page.get_by_role("button", name="Move to Demo").click()
    expect(page.locator("[aria-current=step]")).to_contain_text("Demo")
    page.get_by_text("Move back, or to another stage").click()
    page.get_by_label("Move to").select_option("qualify")
    page.get_by_role("button", name="Move", exact=True).click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_label("Reason").first.fill("The budget is gone.")
    page.get_by_role("button", name="Move", exact=True).click()
    expect(page.get_by_text("The budget is gone.")).to_be_visible()
    refused = page.goto("/experiments/demo-before-discovery")
    assert refused is not None
    assert refused.status == 403
    other = page.goto("/leads/Noor-3")
    assert other is not None
    assert other.status in (403, 404)
    context.close()


def close_leads(page: Page, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    now = page.evaluate("new Date(Date.now() + 5000).toISOString()")
    variant = variants(page, token)
    # Reps of one variant differ a little, whoever fell into it.
    alike = {rep: [each for each in REPS if variant[each] == variant[rep]] for rep in REPS}
    won = {
        rep: (7 if variant[rep] == "demo-first" else 1) + alike[rep].index(rep) % 2 for rep in REPS
    }
    events = [
        {
            "source": "crm",
            "source_id": f"{rep}-{n}-closed",
            "lead_id": f"{rep}-{n}",
            "stage": "Won" if n < won[rep] else "Lost",
            "occurred_at": now,
        }
        for rep in REPS
        for n in range(10)
    ]
    answer = page.request.post("/api/v1/events", data={"events": events}, headers=headers)
    assert answer.json()["accepted"] == 80, answer.text()


def variants(page: Page, token: str) -> dict[str, str]:
    found = {}
    for rep in REPS:
        answer = page.request.post(
            "/api/v1/experiments/demo-before-discovery/assignments",
            data={"unit_id": rep},
            headers={"Authorization": f"Bearer {token}"},
        )
        found[rep] = answer.json()["variant"]
    return found


def sign_in(page: Page, email: str) -> None:
    page.goto("/sign-in")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def read_and_decide(page: Page) -> None:
    page.goto("/experiments/demo-before-discovery")
    expect(page.locator(".say")).to_contain_text("Demo first closes 60")
    expect(page.locator(".say")).to_contain_text("points more of its leads than Discovery first")
    check(page)
    page.get_by_role("link", name="Decide").first.click()
    check(page)
    page.get_by_role("radio", name="Adopt Demo first").check()
    page.get_by_label("Why?").fill("It closes far more.")
    page.get_by_role("button", name="Write it down").click()
    page.goto("/experiments/demo-before-discovery")
    expect(page.get_by_text("Decided", exact=True).first).to_be_visible()
    page.goto("/team")
    expect(page.get_by_role("link", name="Demo first · v1")).to_be_visible()
