"""Matched pairs: nearest together, and split within."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assignment.design import seeded
from assignment.paired import matched, paired, standardised

rates = st.lists(st.integers(0, 100), min_size=2, max_size=8).filter(lambda v: len(v) % 2 == 0)


def _pairings(places: list[int]) -> list[list[tuple[int, int]]]:
    """Every way to pair these places."""
    if len(places) < 2:
        return [[]]
    first, *others = places
    return [
        [(first, other), *rest]
        for other in others
        for rest in _pairings([each for each in others if each != other])
    ]


@given(rates)
def test_pairs_of_one_value_are_the_closest_of_all_pairings(values: list[int]) -> None:
    found = matched([[value] for value in values])

    def length(pairs: list[tuple[int, int]]) -> int:
        return sum(abs(values[a] - values[b]) for a, b in pairs)

    assert len(found) == len(values) // 2
    assert length(found) == min(map(length, _pairings(list(range(len(values))))))


def test_of_an_odd_number_the_one_farthest_off_is_left_over() -> None:
    assert matched([[3.0], [50.0], [4.0]]) == [(0, 2)]


def test_the_most_alike_reps_are_paired_by_two_values_too() -> None:
    values = [[0.1, 500], [0.3, 90], [0.11, 510], [0.31, 95], [0.1, 90], [0.1, 91]]
    assert matched(values) == [(0, 2), (1, 3), (4, 5)]


def test_the_unit_of_a_value_changes_no_pair() -> None:
    rng = seeded(4)
    values = rng.random((12, 2))
    assert matched(values.tolist()) == matched((values * [1e9, 1e-9]).tolist())


def test_a_value_that_is_the_same_for_all_counts_for_nothing() -> None:
    assert standardised([[7.0, 1.0], [7.0, 2.0]]).tolist() == [[0.0, -1.0], [0.0, 1.0]]


@given(st.integers(2, 11), st.integers(0, 9))
def test_each_pair_has_one_rep_of_either_variant(count: int, seed: int) -> None:
    rng = seeded(seed)
    baseline = {f"r{place:02}": [place] for place in range(count)}
    design = paired(baseline, [1, 1], rng)
    drawn = dict(zip(design.units, design.draw(rng).tolist(), strict=True))
    whole = [block.units for block in design.blocks if len(block.units) == 2]
    assert len(whole) == count // 2
    assert all({drawn[first], drawn[second]} == {0, 1} for first, second in whole)
    assert sorted(drawn) == sorted(baseline)


def test_an_odd_rep_is_not_always_in_the_same_variant() -> None:
    baseline = {"a": [1.0], "b": [1.1], "c": [9.0]}
    alone = {paired(baseline, [1, 1], seeded(seed)).blocks[-1].sizes for seed in range(20)}
    assert alone == {(1, 0), (0, 1)}


def test_neighbours_in_rate_are_paired() -> None:
    baseline = {f"r{place}": [place / 10] for place in range(8)}
    design = paired(baseline, [1, 1], seeded(1))
    assert [block.units for block in design.blocks] == [
        each for each in pairwise(sorted(baseline)) if int(each[0][1]) % 2 == 0
    ]
    assert design.draw_count == 16


@pytest.mark.parametrize(
    ("baseline", "weights", "said"),
    [
        ({"a": [1.0], "b": [2.0]}, [1, 2], "two variants of equal weight"),
        ({"a": [1.0], "b": [2.0]}, [1, 1, 1], "two variants of equal weight"),
        ({"a": [1.0]}, [1, 1], "two units or more"),
        ({"a": [1.0], "b": [float("nan")]}, [1, 1], "finite numbers"),
        ({"a": [1.0], "b": [np.inf]}, [1, 1], "finite numbers"),
    ],
)
def test_what_cannot_be_paired_is_refused(
    baseline: dict[str, list[float]], weights: list[float], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        paired(baseline, weights, seeded(0))
