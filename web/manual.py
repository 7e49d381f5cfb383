"""The manual: the documents for people who use the site, as pages of it.

The files are `docs/*.md`, the very ones that the repository shows; nothing is written twice.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from web.texts import N_

# An installed package carries the documents along; a checkout has them at its top.
_CARRIED = Path(__file__).parent / "docs"
DOCS = _CARRIED if _CARRIED.is_dir() else Path(__file__).parent.parent / "docs"

# A new chapter is a word here: the name of its file.
PARTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (N_("Begin"), ("start", "glossary")),
    (N_("Use"), ("plan", "report", "working-leads", "importing", "connect", "insight")),
    (N_("Trust"), ("assignment", "methods", "calibration", "comparison", "performance")),
    (
        N_("Look up"),
        ("commands", "analyse", "api", "roles", "operating", "scaling", "security", "walkthrough"),
    ),
)
CHAPTERS = tuple(name for _, names in PARTS for name in names)
PICTURES = ("calibration.svg",)

_LINK = re.compile(r"^(?:\.\./)?(?:docs/)?([\w-]+)\.md(#.*)?$")


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading within a chapter, and the mark by which it is linked to."""

    text: str
    mark: str


@dataclass(frozen=True, slots=True)
class Chapter:
    """A document as a page: its title, the headings below it, and its text as HTML."""

    name: str
    title: str
    headings: tuple[Heading, ...]
    html: Markup


@cache
def chapter(name: str) -> Chapter:
    """A chapter by its name. Raises KeyError where there is none."""
    if name not in CHAPTERS:
        raise KeyError(name)
    reader = _reader()
    tokens = reader.parse((DOCS / f"{name}.md").read_text("utf-8"))
    title, body = tokens[1].content, tokens[3:]
    headings = tuple(_marked(body))
    for each in _every(body):
        _fit(each)
    return Chapter(name, _plain(title), headings, Markup(_rendered(reader, body)))  # noqa: S704 - our own documents, and HTML in them is shown as text


def _reader() -> MarkdownIt:
    # Not "default": HTML within a document would be passed on as it is.
    return MarkdownIt("commonmark", {"html": False}).enable("table")


def _rendered(reader: MarkdownIt, tokens: Sequence[Token]) -> str:
    text = str(reader.renderer.render(tokens, reader.options, {}))
    # What is wider than a phone scrolls by itself, by keyboard too.
    text = text.replace("<table>", '<div class="scroll" tabindex="0"><table>')
    text = text.replace("</table>", "</table></div>")
    return text.replace("<pre>", '<pre tabindex="0">')


def _marked(tokens: Sequence[Token]) -> list[Heading]:
    """The second-rank headings; every heading gets its mark."""
    found = []
    for at, each in enumerate(tokens):
        if each.type == "heading_open":
            text = _plain(tokens[at + 1].content)
            mark = _mark(text)
            each.attrSet("id", mark)
            if each.tag == "h2":
                found.append(Heading(text, mark))
    return found


def _every(tokens: Sequence[Token]) -> list[Token]:
    return [each for token in tokens for each in (token, *_every(token.children or ()))]


def _fit(token: Token) -> None:
    """Links lead to pages of the site, and no style stands in the page (the CSP allows none)."""
    token.attrs.pop("style", None)
    target = str(token.attrs.get("href", ""))
    here = _LINK.match(target)
    if here and here[1] in CHAPTERS:
        token.attrs["href"] = f"/help/{here[1]}{here[2] or ''}"
    elif here or target.startswith(".."):
        # A document for developers, which the site does not show.
        del token.attrs["href"]
    if token.type == "image":
        token.attrs["src"] = f"/help/{token.attrs['src']}"


def _plain(text: str) -> str:
    return text.replace("`", "").replace("*", "")


def _mark(text: str) -> str:
    """As GitHub marks headings, so that links within the documents hold in both places."""
    return re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")
