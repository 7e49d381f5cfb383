"""Where a falling function meets 0."""

import math

import pytest

from analysis.bisection import crossing


def test_finds_a_known_root() -> None:
    assert crossing(lambda x: 2 - x * x, 0, 2) == pytest.approx(math.sqrt(2), abs=1e-15)


def test_stays_within_its_bounds() -> None:
    assert crossing(lambda x: -1 - x, 0, 5) == 0
    assert crossing(lambda x: 9 - x, 0, 5) == 5


def test_stops_between_neighbouring_floats() -> None:
    # Floats near 40 are 7e-15 apart.
    assert crossing(lambda x: 38.7 - x, 0, 40) == pytest.approx(38.7)
