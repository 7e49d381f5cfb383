"""The language, digits and calendar in which a person reads the site."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from babel import Locale

from experiments.users import Calendar, Role
from tests.web.conftest import SignIn
from web import format
from web.catalogue import languages, translations

pytestmark = pytest.mark.one_database

TEHRAN = ZoneInfo("Asia/Tehran")


@pytest.mark.parametrize(
    ("day", "written"),
    [
        # Nowruz of 1404 and of 1403, a leap year's last day between them.
        (date(2025, 3, 21), "1 Farvardin 1404"),
        (date(2025, 3, 20), "30 Esfand 1403"),
        (date(2026, 11, 25), "4 Azar 1405"),
    ],
)
def test_days_of_the_solar_hijri_calendar(day: date, written: str) -> None:
    said = format.day(day, locale=Locale("en"), zone=TEHRAN, calendar=Calendar.JALALI)
    assert said == written


def test_in_persian_its_months_and_digits_are_persian() -> None:
    persian = Locale("fa")
    noon = datetime(2026, 11, 25, 9, tzinfo=UTC)
    said = format.day(noon, locale=persian, zone=TEHRAN, calendar=Calendar.JALALI)
    assert said == "۴ آذر ۱۴۰۵"
    short = format.day(noon, locale=persian, zone=TEHRAN, calendar=Calendar.JALALI, short=True)
    assert short == "۴ آذر"
    assert "۴ آذر ۱۴۰۵" in format.moment(
        noon, locale=persian, zone=TEHRAN, calendar=Calendar.JALALI
    )


def test_the_day_is_the_readers_own() -> None:
    late = datetime(2026, 11, 24, 22, tzinfo=UTC)  # already the next day in Tehran
    said = format.day(late, locale=Locale("en"), zone=TEHRAN, calendar=Calendar.JALALI)
    assert said == "4 Azar 1405"


def test_a_person_chooses_the_calendar_and_every_page_follows(sign_in: SignIn) -> None:
    person = sign_in(Role.VIEWER)
    page = person.get("/account").text
    assert "Jalali (Solar Hijri)" in page
    chosen = {"language": "", "calendar": "jalali"}
    assert person.post("/account/reading", data=chosen).status_code == 303
    again = person.get("/account").text
    assert '<option value="jalali" selected>' in again
    assert "Farvardin" in again or "Esfand" in again or "140" in again


def test_what_is_not_offered_cannot_be_chosen(sign_in: SignIn) -> None:
    person = sign_in(Role.VIEWER)
    for chosen in (
        {"language": "tlh", "calendar": "gregorian"},
        {"language": "", "calendar": "mayan"},
        {},
    ):
        assert person.post("/account/reading", data=chosen).status_code == 422


def test_english_needs_no_catalogue() -> None:
    assert languages()[0] == "en"
    assert translations("en").gettext("Leads") == "Leads"
    assert translations("tlh").gettext("Leads") == "Leads"
