"""The Persian catalogue says all that the site says, and keeps every place that is filled in."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

from experiments.users import Role
from tests.web.conftest import SignIn

ROOT = Path(__file__).parents[2]
PERSIAN = ROOT / "web" / "translations" / "fa" / "LC_MESSAGES" / "messages.po"
HOLES = re.compile(r"%\(\w+\)s|\{\w+[^}]*\}|</?\w+[^>]*>")
Key = tuple[str, ...]


@cache
def asked() -> frozenset[Key]:
    """The texts of the code, found by the call that heads babel.cfg."""
    with (ROOT / "babel.cfg").open() as file:
        call = file.readline()
        methods, options = parse_mapping_cfg(file)  # type: ignore[no-untyped-call]  # Babel has no types
    keywords: dict[str, tuple[int, ...] | None] = {
        "_": None,
        "gettext": None,
        "ngettext": (1, 2),
    }
    for name, place in re.findall(r"-k (\w+)(?::(\d))?", call):
        keywords[name] = (int(place),) if place else None
    found = extract_from_dir(ROOT, methods, options, keywords)
    return frozenset((text,) if isinstance(text, str) else text for _, _, text, _, _ in found)


@cache
def persian() -> Catalog:
    with PERSIAN.open("rb") as file:
        return read_po(file, locale="fa")


def told() -> list[Message]:
    return [each for each in persian() if each.id]


def forms(text: str | Sequence[str] | None) -> Key:
    return (text,) if isinstance(text, str) else tuple(text or ())


def test_the_catalogue_has_each_text_of_the_site_and_no_other() -> None:
    known = {forms(each.id) for each in told()}
    assert not asked() - known, "not translated"
    assert not known - asked(), "no longer said"
    assert not persian().obsolete


def test_each_text_is_translated_for_certain() -> None:
    assert not [each.id for each in told() if each.fuzzy or not all(forms(each.string))]


def test_nouns_have_their_two_forms() -> None:
    assert persian().num_plurals == 2
    assert all(len(forms(each.string)) == len(forms(each.id)) for each in told())


def test_places_that_are_filled_in_are_those_of_the_english_text() -> None:
    for message in told():
        wanted = Counter(HOLES.findall(forms(message.id)[-1]))
        for text in forms(message.string):
            assert Counter(HOLES.findall(text)) == wanted, message.id


@pytest.mark.parametrize("text", ["%", "‌ ", " ‌"])
def test_no_text_holds_what_would_break_it(text: str) -> None:
    # A lone percent sign breaks the filling in; Persian writes another. A half-space joins words.
    for message in told():
        for form in forms(message.string):
            assert text not in HOLES.sub("", form), message.id


def test_whoever_chooses_persian_reads_persian_from_right_to_left(sign_in: SignIn) -> None:
    person = sign_in(Role.MANAGER)
    assert person.post(
        "/account/reading", data={"language": "fa", "calendar": "jalali"}
    ).is_redirect
    page = person.get("/processes/new").text
    assert 'dir="rtl"' in page
    assert "موفق: معامله انجام شد" in page
    assert "Won: the deal is made" not in page
