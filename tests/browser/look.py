"""What must hold on every page: nothing for axe to find, nothing wider than a phone."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

WIDTHS = (390, 1280)


def check(page: Page) -> None:
    """Look at the page as it stands, on a phone and on a laptop, light and dark."""
    before = page.viewport_size
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, f"{page.url} is {wide} px wide on a screen of {width}"
        for scheme in ("light", "dark"):
            # A colour on its way from one scheme to the other has the contrast of neither.
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            found = Axe().run(page)
            assert found.violations_count == 0, f"{page.url}, {width}, {scheme}: " + (
                found.generate_report()
            )
    page.emulate_media(color_scheme="light", reduced_motion="no-preference")
    if before:
        page.set_viewport_size(before)
