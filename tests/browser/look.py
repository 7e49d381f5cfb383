"""What must hold on every page: nothing for axe to find, nothing wider than a phone."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

_PHONE = 390
WIDTHS = (1280, _PHONE)
_ALL_RULES = {"resultTypes": ["violations"]}
# What can differ in dark: its colours, which are the same at every width.
_OF_COLOURS = _ALL_RULES | {"runOnly": ["color-contrast", "link-in-text-block"]}


def check(page: Page) -> None:
    """Look at the page as it stands, on a laptop and on a phone, and on that in dark."""
    # A click may have left one page and not yet brought the next.
    page.wait_for_selector("body", state="attached")
    page.wait_for_load_state()
    before = page.viewport_size
    # A colour on its way from one scheme to the other has the contrast of neither.
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, f"{page.url} is {wide} px wide on a screen of {width}"
        _obey(page, _ALL_RULES, f"{width} px")
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    _obey(page, _OF_COLOURS, f"{_PHONE} px, dark")
    page.emulate_media(color_scheme="light", reduced_motion="no-preference")
    if before:
        page.set_viewport_size(before)


def _obey(page: Page, rules: dict[str, list[str]], seen_as: str) -> None:
    found = Axe().run(page, options=rules)
    assert found.violations_count == 0, f"{page.url}, {seen_as}: {found.generate_report()}"
