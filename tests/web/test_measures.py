"""Amounts of metrics as readers write them."""

from __future__ import annotations

import pytest
from babel import Locale

from experiments.metric import CATALOGUE
from web.measures import bare, in_unit, interval_in, own_between, own_in, signed_in, unit_of

EN, DE = Locale("en"), Locale("de")


def same(text: str) -> str:
    return text


def test_every_metric_has_a_unit() -> None:
    units = {key: unit_of(metric, "EUR") for key, metric in CATALOGUE.items()}
    assert units == dict.fromkeys(("qualified", "demo", "proposal", "won"), "points") | {
        "value_per_lead": "EUR",
        "value_per_win": "EUR",
        "days_to_won": "days",
    }


@pytest.mark.parametrize(
    ("amount", "unit", "said"),
    [
        (0.041, "points", "4.1 points"),
        (2540.4, "EUR", "€25.40"),
        (1234567.8, "EUR", "€12,346"),
        (1234.4, "JPY", "¥1,234"),
        (3.24, "days", "3.2 days"),
    ],
)
def test_an_amount_is_told_with_its_unit(amount: float, unit: str, said: str) -> None:
    assert in_unit(amount, unit, locale=EN, gettext=same) == said


def test_a_difference_has_its_sign() -> None:
    assert signed_in(2540, "EUR", locale=EN) == "+€25.40"
    assert signed_in(-0.3, "days", locale=EN) == "−0.3"
    # What is nothing when it is written has no sign.
    assert signed_in(0.3, "EUR", locale=EN) == bare(0, "EUR", locale=EN)
    assert signed_in(0.0412, "points", locale=DE) == "+4,1"


def test_an_interval_may_have_no_end() -> None:
    assert interval_in((None, 2540.0), "EUR", locale=EN, gettext=same) == "+€25.40 or less"
    plain = interval_in((1.0, 2.0), "days", locale=EN, gettext=same, signed=False)
    assert plain == "1.0 to 2.0"


def test_somebodys_own_share_stays_a_share() -> None:
    assert own_in(0.125, "points", locale=EN) == "12.5%"
    assert own_between((-0.02, 1.04), "points", locale=EN, gettext=same) == "0.0% to 100.0%"
    assert own_between((-100.0, 2500.0), "EUR", locale=EN, gettext=same).endswith("€25")
