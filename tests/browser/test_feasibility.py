"""The answer follows what is typed; the trial shows how far it is, and what came out."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from experiments.demo.company import PASSWORD
from tests.browser.conftest import RunningSite
from tests.browser.look import check
from tests.browser.test_every_page import company_site

__all__ = ["company_site"]


def test_figures_are_answered_as_they_are_typed(company_site: RunningSite, page: Page) -> None:
    page.goto("/sign-in")
    page.get_by_label("E-mail").fill("katrin.vogel@kestrel.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda address: "/sign-in" not in address)
    page.goto("/feasibility")
    check(page)
    page.get_by_text("How reps differ").click()
    page.get_by_label("Difference that matters, in points").fill("25")
    expect(page.locator(".say")).to_contain_text("a difference of +25.0 points is found")
    assert "effect=25" in page.url
    page.get_by_label("Difference that matters, in points").fill("")
    expect(page.locator("#answer [role=alert]")).to_contain_text("A number is expected.")
    page.get_by_label("Difference that matters, in points").fill("25")
    page.get_by_label("What is split").select_option("leads")
    expect(page.locator("section[aria-labelledby=answer-curve] > .soft")).to_have_text(
        "Split each rep's leads"
    )
    # What was typed is tried, though the page was never sent.
    page.get_by_role("button", name="Try it").click()
    page.wait_for_url("**/feasibility/runs/*")
    assert "csrf" not in page.url
    expect(page.get_by_role("heading", name="What to do")).to_be_visible(timeout=120_000)
    expect(page.locator(".say")).to_contain_text("+25.0 points")
    check(page)
