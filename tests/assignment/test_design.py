"""Complete randomisation: sizes, draws, re-draws, and the promise that a seed is for ever."""

import math
from collections import Counter
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assignment.design import (
    LISTABLE,
    MOST_VARIANTS,
    Complete,
    complete,
    largest_remainder,
    redraws,
    seeded,
)

sizes = st.lists(st.integers(0, 3), min_size=1, max_size=4).filter(lambda each: sum(each) <= 7)


def team(count: int) -> list[str]:
    return [f"rep {number:02d}" for number in range(count)]


def design_of(sizes: list[int]) -> Complete:
    return Complete(tuple(team(sum(sizes))), tuple(sizes))


def test_a_seed_gives_the_same_split_for_ever() -> None:
    rng = seeded(20261123)
    plan = complete(team(10), [1, 1], rng)
    # As first drawn; recorded plans rest on it, so it may never change.
    assert plan.sizes == (5, 5)
    assert plan.draw(rng).tolist() == [0, 0, 1, 1, 1, 0, 1, 0, 1, 0]


def test_three_variants_of_unequal_weight_from_a_seed_for_ever() -> None:
    rng = seeded(7)
    plan = complete(team(11), [2, 1, 1], rng)
    assert plan.sizes == (5, 3, 3)
    assert plan.draw(rng).tolist() == [0, 0, 2, 0, 2, 2, 1, 1, 0, 0, 1]


def test_the_lowest_keys_get_the_first_variant() -> None:
    # By hand from the raw stream: the split is nothing but the order of the keys.
    keys = seeded(3).bit_generator.random_raw(6)
    expected = np.full(6, 1)
    expected[np.argsort(keys)[:2]] = 0
    assert design_of([2, 4]).draw(seeded(3)).tolist() == expected.tolist()


@given(st.permutations(team(7)), st.integers(0, 2**32))
def test_the_order_in_which_people_were_entered_changes_nothing(
    units: list[str], seed: int
) -> None:
    sorted_rng, shuffled_rng = seeded(seed), seeded(seed)
    plan = complete(team(7), [1, 2], sorted_rng)
    assert complete(units, [1, 2], shuffled_rng) == plan
    assert plan.draw(sorted_rng).tolist() == plan.draw(shuffled_rng).tolist()


@given(st.integers(2, 60), st.lists(st.integers(1, 9), min_size=2, max_size=5), st.integers(0, 99))
def test_sizes_are_within_one_of_their_share_and_add_up(
    count: int, weights: list[int], seed: int
) -> None:
    sizes = largest_remainder(count, weights, seeded(seed))
    assert sum(sizes) == count
    for size, weight in zip(sizes, weights, strict=True):
        assert abs(size - count * weight / sum(weights)) < 1


def test_the_odd_rep_goes_to_either_variant_by_chance() -> None:
    larger = Counter(largest_remainder(7, [1, 1], seeded(seed)) for seed in range(400))
    assert set(larger) == {(3, 4), (4, 3)}
    # Four standard errors about a half.
    assert abs(larger[3, 4] - 200) < 4 * math.sqrt(400 / 4)


def test_weights_count_as_they_are_written() -> None:
    # As binary fractions, .35 and .65 of 10 leave unequal remainders and chance has no say.
    seen = {largest_remainder(10, [0.35, 0.65], seeded(seed)) for seed in range(40)}
    assert seen == {(3, 7), (4, 6)}


@given(sizes)
def test_every_draw_lists_each_split_once(sizes: list[int]) -> None:
    labels = [variant for variant, size in enumerate(sizes) for _ in range(size)]
    listed = [tuple(split) for split in design_of(sizes).every_draw().tolist()]
    assert len(listed) == len(set(listed)) == design_of(sizes).draw_count
    assert set(listed) == set(permutations(labels))


@given(sizes, st.integers(0, 2**32))
def test_every_redraw_has_the_designs_sizes(sizes: list[int], seed: int) -> None:
    drawn = design_of(sizes).redraw(seeded(seed), 20)
    assert drawn.shape == (20, sum(sizes))
    for split in drawn:
        assert np.bincount(split, minlength=len(sizes)).tolist() == sizes


def test_redraws_fall_on_every_split_equally_often() -> None:
    plan = design_of([2, 1, 2])
    draws = 30_000
    counts = Counter(tuple(split) for split in plan.redraw(seeded(5), draws).tolist())
    expected = draws / plan.draw_count
    chi_square = sum((seen - expected) ** 2 / expected for seen in counts.values())
    assert len(counts) == 30
    # The .001 point of chi-square with 29 df (R: qchisq(.999, 29)).
    assert chi_square < 58.31


def test_many_redraws_come_in_parts_of_one_stream() -> None:
    plan = design_of([30, 30])
    rows = 2**20 // 60
    drawn = plan.redraw(seeded(1), rows + 2)
    rng = seeded(1)
    assert np.array_equal(drawn, np.vstack([plan.redraw(rng, rows), plan.redraw(rng, 2)]))


def test_a_design_is_listed_when_it_can_be_and_sampled_when_it_cannot() -> None:
    small = redraws(design_of([3, 3]), seeded(1))
    assert (small.exact, small.labels.shape) == (True, (20, 6))
    large = redraws(design_of([20, 20]), seeded(1), sampled=50)
    assert (large.exact, large.labels.shape) == (False, (50, 40))
    assert not redraws(design_of([3, 3]), seeded(1), listable=19, sampled=5).exact


def test_the_number_of_splits_is_exact_however_large() -> None:
    # R: choose(40, 20), and multinomial 12!/(4!4!4!).
    assert design_of([20, 20]).draw_count == 137_846_528_820
    assert design_of([4, 4, 4]).draw_count == 34_650
    with pytest.raises(ValueError, match=f"{LISTABLE} is the most"):
        design_of([20, 20]).every_draw()


def test_the_free_units_are_redrawn_among_themselves() -> None:
    plan = design_of([2, 2, 3])
    labels = np.array([0, 2, 1, 2, 0, 1, 2], dtype=np.int8)
    pair = plan.among(np.isin(labels, [0, 2]), labels)
    assert pair == Complete(("rep 00", "rep 01", "rep 03", "rep 04", "rep 06"), (2, 0, 3))
    assert set(np.unique(pair.every_draw()).tolist()) == {0, 2}


def test_given_the_others_the_free_units_split_evenly() -> None:
    # By enumeration: among all splits that leave the fixed units as they are, the free ones
    # fall out as `among` says, each way once.
    plan = design_of([2, 1, 2])
    labels = np.array([0, 1, 2, 0, 2], dtype=np.int8)
    free = np.array([True, False, True, True, False])
    every = plan.every_draw()
    agreeing = every[(every[:, ~free] == labels[~free]).all(axis=1)][:, free]
    listed = plan.among(free, labels).every_draw()
    assert sorted(agreeing.tolist()) == sorted(listed.tolist())


@pytest.mark.parametrize(
    ("units", "weights", "message"),
    [
        (["a"], [1, 1], "two units or more, not 1"),
        (["a", "b", "a"], [1, 1], "named twice: a"),
        (["a", "b"], [1, 0], "weight 2"),
        (["a", "b"], [1, math.nan], "weight 2"),
        (["a", "b", "c"], [1], "two variants"),
        (["a", "b"], [1, 9], "variant 1 would get none of 2 units"),
        (team(200), [1] * 128, f"over the limit of {MOST_VARIANTS}"),
    ],
)
def test_a_plan_that_cannot_be_drawn_is_refused(
    units: list[str], weights: list[float], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        complete(units, weights, seeded(1))


@pytest.mark.parametrize(
    ("units", "sizes"),
    [
        (("b", "a"), (1, 1)),
        (("a", "a"), (1, 1)),
        (("a", "b"), (1, 2)),
        (("a",), (2, -1)),
        ((), ()),
    ],
)
def test_a_design_that_contradicts_itself_is_refused(
    units: tuple[str, ...], sizes: tuple[int, ...]
) -> None:
    with pytest.raises(ValueError, match="units"):
        Complete(units, sizes)
