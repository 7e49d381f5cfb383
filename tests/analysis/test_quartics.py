"""The last place where enough polynomials are not negative."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.polynomial import polynomial

from analysis.quartics import farthest, last_place
from analysis.sufficient import Floats

tenths = st.integers(-40, 40).map(lambda tenth: tenth / 10)
all_roots = st.lists(tenths, min_size=4, max_size=24, unique=True)


def with_roots(*each: list[float]) -> Floats:
    """Polynomials that are negative far out, by their roots."""
    return np.array([-polynomial.polyfromroots(four) for four in each]).T


def test_one_polynomial_is_last_not_negative_at_its_largest_root() -> None:
    assert farthest(with_roots([-1, 0.5, 2, 3]), 1) == pytest.approx(3)


def test_an_island_far_out_counts() -> None:
    # By hand: not negative on [-1, 1], on [-1, 2] and, the second again, on [4, 5].
    both = with_roots([-1, 1, 0.3, 0.3], [-1, 2, 4, 5])
    assert farthest(both, 1) == pytest.approx(5)
    assert farthest(both, 2) == pytest.approx(1)
    # It touches 0 at 2 without rising above.
    assert farthest(with_roots([-1, 1, 2, 2]), 1) == pytest.approx(2)


def test_far_and_near_places_are_found() -> None:
    assert farthest(with_roots([-1, -1, -1, 1000]), 1) == pytest.approx(1000)
    assert farthest(with_roots([-1, -1, -1, 0.001]), 1) == pytest.approx(0.001)


def test_there_may_be_no_place_above_0() -> None:
    assert farthest(with_roots([-1, -2, -3, -4]), 1) == 0
    assert farthest(with_roots([-1, -2, -3, 4]), 2) == 0


@given(all_roots, st.integers(1, 6))
def test_agrees_with_a_look_at_every_root(roots: list[float], least: int) -> None:
    each = [roots[start : start + 4] for start in range(0, len(roots) - 3, 4)]
    # Roots in tenths: signs can be told in the middle between two of them.
    places = np.arange(0, 4.2, 0.05)
    held = [np.prod([places - root for root in four], axis=0) <= 1e-12 for four in each]
    reached = places[np.sum(held, axis=0) >= least]
    expected = float(reached.max()) if reached.size else 0.0
    assert farthest(with_roots(*each), least) == pytest.approx(expected, abs=1e-6)


def test_polynomials_of_either_sign_far_out_have_a_last_place_or_none() -> None:
    # By hand: not negative beyond 3 and from 1 to 2; not negative on [-1, 4] but on ]0, 1[.
    rises = -with_roots([-1, 1, 2, 3])
    falls = with_roots([-1, 0, 1, 4])
    both = np.hstack([rises, falls])
    assert last_place(rises, 1) is None
    assert last_place(both, 1) is None
    assert last_place(both, 2) == pytest.approx(4)
    assert last_place(falls, 1) == pytest.approx(4)
    assert last_place(with_roots([-1, -2, -3, -4]), 1) == 0


@given(all_roots, st.lists(st.booleans(), min_size=6, max_size=6), st.integers(1, 6))
def test_either_sign_agrees_with_a_look_at_every_root(
    roots: list[float], rises: list[bool], least: int
) -> None:
    each = [roots[start : start + 4] for start in range(0, len(roots) - 3, 4)]
    signs = np.array([1 if rise else -1 for rise in rises[: len(each)]])
    # Roots in tenths: signs can be told in the middle between two of them, and beyond the last.
    places = np.arange(0, 4.2, 0.05)
    values = signs[:, None] * [np.prod([places - root for root in four], axis=0) for four in each]
    held = np.sum(values >= -1e-12, axis=0) >= least
    found = last_place(-with_roots(*each) * signs, least)
    if held[-1]:
        assert found is None
    else:
        expected = float(places[held].max()) if held.any() else 0.0
        assert found == pytest.approx(expected, abs=1e-6)


def test_polynomials_of_a_lower_degree_have_one_too() -> None:
    # 2 − v, v − 2, (v − 1)(3 − v)·v, and 0 all along.
    lines = np.array([[2.0, -1, 0, 0, 0], [-2, 1, 0, 0, 0], [0, -3, 4, -1, 0], [0, 0, 0, 0, 0]]).T
    assert last_place(lines[:, [0]], 1) == pytest.approx(2)
    assert last_place(lines[:, [1]], 1) is None
    # Without both ends of the coefficients, a root is known to four digits.
    assert last_place(lines[:, [2]], 1) == pytest.approx(3, rel=1e-4)
    assert last_place(lines[:, [3]], 1) is None
    assert last_place(lines, 4) == pytest.approx(2)
