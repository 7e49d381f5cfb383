"""How alike the variants were before, by hand and by what must hold of any team."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assignment.balance import balance

NAN = float("nan")


def test_means_and_their_distance_by_hand() -> None:
    # 1, 2, 3 against 4, 5, 6: the six have the mean 3.5 and the squares 17.5 about it.
    found = balance(
        np.array([1.0, 2, 3, 4, 5, 6]),
        np.array([0, 0, 0, 1, 1, 1], np.int8),
        variants=2,
        control=0,
    )
    assert found.means == (2.0, 5.0)
    assert found.differences[0] == 0
    assert found.differences[1] == pytest.approx(3 / math.sqrt(17.5 / 5))
    assert (found.known, found.missing) == ((3, 3), (0, 0))


def test_what_is_not_known_is_counted_and_left_out() -> None:
    values = np.array([1.0, NAN, 3, NAN, 7, 9])
    found = balance(values, np.array([0, 0, 0, 1, 1, 1], np.int8), variants=3, control=1)
    assert (found.known, found.missing) == ((2, 2, 0), (1, 1, 0))
    assert found.means == (2.0, 8.0, None)
    assert found.differences[1:] == (0.0, None)


@pytest.mark.parametrize(
    "values", [[NAN] * 4, [5.0, NAN, NAN, NAN], [0.1 + 0.2, 0.3, 0.3, 0.3], [0.0] * 4]
)
def test_a_value_that_hardly_varies_has_no_distance(values: list[float]) -> None:
    found = balance(np.array(values), np.array([0, 0, 1, 1], np.int8), variants=2, control=0)
    assert found.differences == (None, None)


@given(
    st.lists(st.integers(-1000, 1000), min_size=4, max_size=12, unique=True),
    st.integers(1, 1000),
    st.integers(-1000, 1000),
)
def test_neither_the_unit_nor_the_zero_of_a_value_changes_the_distance(
    values: list[int], times: int, plus: int
) -> None:
    labels = (np.arange(len(values)) % 2).astype(np.int8)
    one = balance(np.array(values, float), labels, variants=2, control=0).differences[1]
    other = np.array([times * value + plus for value in values], float)
    two = balance(other, labels, variants=2, control=0).differences[1]
    assert one == pytest.approx(two)


@given(st.lists(st.floats(-1e6, 1e6), min_size=4, max_size=12), st.data())
def test_swapping_the_variants_flips_the_sign(values: list[float], data: st.DataObject) -> None:
    labels = np.array(
        data.draw(st.lists(st.integers(0, 1), min_size=len(values), max_size=len(values))), np.int8
    )
    one = balance(np.array(values), labels, variants=2, control=0).differences[1]
    two = balance(np.array(values), 1 - labels, variants=2, control=0).differences[1]
    assert (one is None) == (two is None)
    if one is not None:
        assert two == pytest.approx(-one)
