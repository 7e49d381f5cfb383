"""Numbers, money, days and times, in English, Persian and German."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from babel import Locale

from web import format

EN = Locale("en")
FA = Locale("fa")
DE = Locale("de")
BERLIN = ZoneInfo("Europe/Berlin")
# The morning of 4 November in Berlin is 08:30 UTC; an hour before midnight UTC is the next day.
MORNING = datetime(2026, 11, 4, 8, 30, tzinfo=UTC)
LATE = datetime(2026, 11, 4, 23, 15, tzinfo=UTC)


def unchanged(text: str) -> str:
    return text


def test_a_rate_becomes_a_percentage() -> None:
    assert format.percent(0.1412, locale=EN) == "14.1%"


def test_a_percentage_can_be_whole() -> None:
    assert format.percent(0.908, locale=EN, digits=0) == "91%"


def test_a_percentage_follows_the_locale() -> None:
    assert format.percent(0.1412, locale=DE) == "14,1\xa0%"
    assert format.percent(0.1412, locale=FA) == "۱۴٫۱٪"


def test_thousands_are_grouped() -> None:
    assert format.count(1206, locale=EN) == "1,206"
    assert format.count(1206, locale=FA) == "۱٬۲۰۶"


def test_a_difference_is_shown_in_points_with_its_sign() -> None:
    assert format.signed_points(0.041, locale=EN) == "+4.1"
    assert format.signed_points(-0.041, locale=EN) == "−4.1"


def test_a_difference_that_rounds_to_zero_has_no_sign() -> None:
    assert format.signed_points(-0.0004, locale=EN) == "0.0"
    assert format.signed_points(0.0004, locale=EN) == "0.0"


def test_a_negative_number_has_a_true_minus_sign() -> None:
    assert format.number(-0.015, locale=EN, digits=3) == "−0.015"


def test_an_interval_names_both_ends() -> None:
    assert format.interval((0.006, 0.079), locale=EN, gettext=unchanged) == "+0.6 to +7.9"


def test_an_interval_without_signs_fits_into_a_sentence() -> None:
    shown = format.interval((0.006, 0.079), locale=EN, gettext=unchanged, signed=False)
    assert shown == "0.6 to 7.9"


@pytest.mark.parametrize(
    ("ends", "shown"),
    [
        ((0.006, None), "+0.6 or more"),
        ((None, 0.079), "+7.9 or less"),
        ((None, None), "without bounds"),
    ],
)
def test_an_unbounded_end_is_said_in_words(
    ends: tuple[float | None, float | None], shown: str
) -> None:
    assert format.interval(ends, locale=EN, gettext=unchanged) == shown


def test_the_words_of_an_interval_are_translated() -> None:
    persian = {"%(low)s to %(high)s": "%(low)s تا %(high)s"}
    shown = format.interval((0.006, 0.079), locale=FA, gettext=persian.__getitem__, signed=False)
    assert shown == "۰٫۶ تا ۷٫۹"


@pytest.mark.parametrize(
    ("minor", "currency", "shown"),
    [
        (1240050, "EUR", "€12,400.50"),
        (1240000, "EUR", "€12,400"),
        (-31000, "EUR", "−\N{WORD JOINER}€310"),
        (500, "JPY", "¥500"),  # ISO 4217: yen have no minor unit
        (1500, "KWD", "KWD\xa01.500"),  # ISO 4217: a dinar has 1000 fils
    ],
)
def test_money_is_written_from_minor_units(minor: int, currency: str, shown: str) -> None:
    assert format.money(minor, currency, locale=EN) == shown


def test_money_can_be_rounded_to_whole_units() -> None:
    assert format.money(1240051, "EUR", locale=EN, whole=True) == "€12,401"


def test_money_follows_the_locale() -> None:
    assert format.money(1240050, "EUR", locale=DE) == "12.400,50\xa0€"


def test_a_day_is_the_readers_day() -> None:
    assert format.day(LATE, locale=EN, zone=ZoneInfo("UTC")) == "Nov 4, 2026"
    assert format.day(LATE, locale=EN, zone=BERLIN) == "Nov 5, 2026"


def test_a_calendar_day_does_not_move_with_the_zone() -> None:
    pacific = ZoneInfo("America/Los_Angeles")
    assert format.day(date(2026, 11, 4), locale=EN, zone=pacific) == "Nov 4, 2026"


def test_a_short_day_leaves_out_the_year() -> None:
    assert format.day(MORNING, locale=EN, zone=BERLIN, short=True) == "Nov 4"


def test_a_time_is_shown_in_the_readers_zone() -> None:
    assert format.time(MORNING, locale=Locale("en", "GB"), zone=BERLIN) == "09:30"


def test_a_moment_has_day_and_time() -> None:
    shown = format.moment(MORNING, locale=Locale("en", "GB"), zone=BERLIN)
    assert shown == "4 Nov 2026, 09:30"


def test_persian_days_and_times_have_persian_digits() -> None:
    assert format.day(MORNING, locale=FA, zone=BERLIN) == "۴ نوامبر ۲۰۲۶"
    assert format.time(MORNING, locale=FA, zone=BERLIN) == "۹:۳۰"


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="without a zone"):
        format.time(datetime(2026, 11, 4, 9, 30), locale=EN, zone=BERLIN)  # noqa: DTZ001  # the point


@pytest.mark.parametrize(
    ("length", "shown"),
    [
        (timedelta(days=400), "400 days"),
        (timedelta(hours=30), "1 day"),
        (timedelta(hours=3, minutes=50), "3 hours"),
        (timedelta(minutes=5), "5 minutes"),
        (timedelta(seconds=5), "0 minutes"),
    ],
)
def test_a_duration_is_told_in_its_largest_unit_up_to_days(length: timedelta, shown: str) -> None:
    assert format.duration(length, locale=EN) == shown


def test_days_are_counted_in_the_readers_language() -> None:
    assert format.days(60, locale=EN) == "60 days"
    assert format.days(1, locale=EN) == "1 day"
    assert format.days(9, locale=FA) == "۹ روز"
