"""Weights and buckets to variants."""

import math
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assignment.bucket import bucket
from assignment.variant import choose, variant_of, variants_of

places = st.floats(0, 1, exclude_max=True)
weight = st.floats(1e-3, 1e3)
weights = st.lists(weight, min_size=2, max_size=6)


def test_variants_of_known_leads_never_change() -> None:
    # By hand from the buckets' digests: .609, .870, .393 and .728 of the way.
    known = [("salt1", "lead-1"), ("s1", "L-000042"), ("نمک", "rep ۱"), ("", "")]
    assert [variant_of(*each, [1, 1]) for each in known] == [1, 1, 0, 1]
    assert [variant_of(*each, [0.5, 0.3, 0.2]) for each in known] == [1, 2, 0, 1]


@given(st.text("aé۱ ", max_size=9), st.lists(st.text(max_size=70), max_size=20), weights)
def test_many_units_get_what_each_would_get_alone(
    salt: str, units: list[str], weights: list[float]
) -> None:
    units = [unit.encode("utf-8", "ignore").decode() for unit in units]
    alone = [variant_of(salt, unit, weights) for unit in units]
    assert variants_of(salt, units, weights) == alone


def test_many_units_are_split_at_the_very_edge_as_each_alone() -> None:
    # The edge lies at the unit's own place: it belongs to the later variant, as in `choose`.
    place = bucket("salt1", "lead-1")
    for weights in ([place, 1 - place], [math.nextafter(place, 1), 1 - place], [1, 2**-60]):
        assert variants_of("salt1", ["lead-1"], weights) == [choose(place, weights)]


def test_an_edge_belongs_to_the_later_variant() -> None:
    assert choose(0.0, [1, 1]) == 0
    assert choose(math.nextafter(0.5, 0), [1, 1]) == 0
    assert choose(0.5, [1, 1]) == 1
    assert choose(math.nextafter(1, 0), [1, 1]) == 1


@given(places, weights, weight)
def test_raising_the_first_weight_moves_nobody_out_of_the_first_variant(
    place: float, weights: list[float], more: float
) -> None:
    heavier = [weights[0] + more, *weights[1:]]
    if choose(place, weights) == 0:
        assert choose(place, heavier) == 0


@given(places, st.lists(st.integers(1, 1000), min_size=2, max_size=5), st.integers(1, 1000))
def test_only_the_proportions_of_the_weights_count(
    place: float, weights: list[int], times: int
) -> None:
    assert choose(place, weights) == choose(place, [times * each for each in weights])


def test_shares_follow_the_weights() -> None:
    leads = 30_000
    counts = Counter(variant_of("shares", str(lead), [5, 3, 2]) for lead in range(leads))
    for variant, share in enumerate([0.5, 0.3, 0.2]):
        error = math.sqrt(share * (1 - share) / leads)
        assert abs(counts[variant] / leads - share) < 4 * error


@pytest.mark.parametrize("bad", [[1], [], [1, 0], [1, -1], [1, math.nan], [1, math.inf]])
def test_weights_that_cannot_split_are_refused(bad: list[float]) -> None:
    with pytest.raises(ValueError, match=r"weight|two variants"):
        choose(0.5, bad)
    with pytest.raises(ValueError, match=r"weight|two variants"):
        variants_of("salt", [], bad)


@pytest.mark.parametrize("place", [-0.1, 1.0, math.nan])
def test_a_place_outside_0_to_1_is_refused(place: float) -> None:
    with pytest.raises(ValueError, match="a place is in"):
        choose(place, [1, 1])
