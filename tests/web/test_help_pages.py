"""The manual: every chapter opens, its links lead somewhere, nothing in it breaks the page."""

from __future__ import annotations

import re

import pytest

from experiments.users import Role
from tests.web.conftest import SignIn
from web.manual import CHAPTERS, DOCS, PICTURES, chapter

pytestmark = pytest.mark.one_database


@pytest.mark.parametrize("name", CHAPTERS)
def test_every_chapter_opens_with_its_title(name: str, sign_in: SignIn) -> None:
    page = sign_in(Role.REP).get(f"/help/{name}")
    assert page.status_code == 200
    assert page.text.count("<h1>") == 1
    assert f"<h1>{chapter(name).title}</h1>".replace("&", "&amp;") in page.text


def test_the_contents_name_every_chapter(sign_in: SignIn) -> None:
    text = sign_in(Role.VIEWER).get("/help").text
    assert [name for name in CHAPTERS if f'href="/help/{name}"' not in text] == []


@pytest.mark.parametrize("name", CHAPTERS)
def test_links_within_the_manual_lead_to_chapters_and_headings(name: str) -> None:
    for target, mark in re.findall(r'href="/help/([\w-]+)(?:#([^"]*))?"', chapter(name).html):
        html = chapter(target).html
        assert not mark or f'id="{mark}"' in html
    for mark in re.findall(r'href="#([^"]*)"', chapter(name).html):
        assert f'id="{mark}"' in chapter(name).html


@pytest.mark.parametrize("name", CHAPTERS)
def test_no_chapter_has_what_the_content_policy_refuses(name: str) -> None:
    html = chapter(name).html
    assert "style=" not in html
    assert "<script" not in html
    assert not re.search(r'href="[^"]*\.md', html)


def test_pictures_are_served_and_nothing_else_of_the_folder(sign_in: SignIn) -> None:
    browser = sign_in(Role.ANALYST)
    for name in PICTURES:
        assert browser.get(f"/help/{name}").headers["content-type"].startswith("image/svg")
    assert browser.get("/help/architecture").status_code == 404
    assert browser.get("/help/..%2Fpyproject.toml").status_code == 404


def test_the_manual_reads_the_documents_of_the_repository() -> None:
    assert chapter("glossary").title == "Glossary"
    assert (DOCS / "glossary.md").is_file()
