"""An estimate holds numbers that can be shown, or there is none."""

import math
from typing import Any

import pytest

from analysis.estimate import Estimate, NotEstimable, Why, rejects

GOOD: dict[str, Any] = {"effect": 0.1, "ci": (0.0, 0.2), "p": 0.05, "level": 0.95}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"effect": math.nan}, "finite numbers only"),
        ({"ci": (math.nan, 0.2)}, "finite numbers only"),
        ({"ci": (0.0, math.inf)}, "finite numbers only"),
        ({"se": math.inf}, "finite numbers only"),
        ({"df": math.nan}, "finite numbers only"),
        ({"p": math.nan}, "p-value"),
        ({"p": 1.1}, "p-value"),
        ({"smallest_p": -0.1}, "p-value"),
        ({"ci": (0.3, 0.2)}, "low end"),
        ({"level": 95}, "confidence level"),
        ({"level": math.nan}, "confidence level"),
    ],
)
def test_a_number_that_cannot_be_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Estimate(**GOOD | change)


def test_an_interval_may_lack_an_end() -> None:
    assert Estimate(**GOOD | {"ci": (None, 0.2)}).as_dict()["ci"] == [None, 0.2]
    assert Estimate(**GOOD | {"ci": (None, None)}).ci == (None, None)


def test_a_p_of_just_alpha_rejects_in_spite_of_float_noise() -> None:
    # 1 - 0.9 is 0.09999999999999998.
    assert rejects(0.1, level=0.9)
    assert Estimate(**GOOD | {"level": 0.9, "p": 2 / 20}).is_significant
    assert not rejects(0.1 + 1e-9, level=0.9)


def test_only_what_a_method_has_is_printed() -> None:
    assert Estimate(**GOOD).as_dict() == {"effect": 0.1, "ci": [0.0, 0.2], "p": 0.05}
    more = Estimate(**GOOD, exact=False, draws=20_000, smallest_p=0.1)
    assert list(more.as_dict()) == ["effect", "ci", "p", "exact", "draws", "smallest_p"]
    assert more.as_dict()["exact"] is False
    assert list(Estimate(**GOOD, se=0.04, df=8.0).as_dict()) == ["effect", "se", "df", "ci", "p"]


def test_no_estimate_prints_its_reason() -> None:
    assert NotEstimable(Why.TOO_FEW_REPS).as_dict() == {"not_estimable": "too_few_reps"}
