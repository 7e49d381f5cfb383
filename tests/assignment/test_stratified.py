"""Randomisation within strata."""

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from assignment.design import Complete, Design, redraws, seeded
from assignment.stratified import Stratified, stratified

NORTH, SOUTH = Complete(("a", "c"), (1, 1)), Complete(("b", "d", "e"), (2, 1))
PLAN = Stratified((NORTH, SOUTH))


def test_a_seed_gives_the_same_split_for_ever() -> None:
    strata = {f"rep {number:02d}": "north" if number % 3 else "south" for number in range(12)}
    rng = seeded(20261123)
    plan = stratified(strata, [1, 1], rng)
    # As first drawn; recorded plans rest on it, so it may never change.
    assert [block.sizes for block in plan.blocks] == [(4, 4), (2, 2)]
    assert plan.draw(rng).tolist() == [1, 0, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0]


def test_neither_the_order_of_units_nor_that_of_strata_counts() -> None:
    strata = {"a": "x", "b": "y", "c": "x", "d": "y", "e": "y"}
    backwards = dict(reversed(strata.items()))
    assert stratified(strata, [1, 1], seeded(3)) == stratified(backwards, [1, 1], seeded(3))


def test_every_draw_splits_each_block_in_each_way_once() -> None:
    listed = PLAN.every_draw()
    assert PLAN.units == ("a", "c", "b", "d", "e")
    assert len(listed) == PLAN.draw_count == 2 * 3
    assert len(np.unique(listed, axis=0)) == 6
    assert (listed[:, :2].sum(axis=1) == 1).all()
    assert (listed[:, 2:].sum(axis=1) == 1).all()


def test_redraws_fall_on_every_split_equally_often() -> None:
    draws = 12_000
    counts = Counter(tuple(split) for split in PLAN.redraw(seeded(5), draws).tolist())
    assert len(counts) == 6
    for seen in counts.values():
        # Four standard errors about a sixth.
        assert abs(seen / draws - 1 / 6) < 4 * math.sqrt(1 / 6 * 5 / 6 / draws)


def test_too_many_splits_are_sampled_and_not_listed() -> None:
    halves = [Complete(tuple(f"{block}{n:02d}" for n in range(12)), (6, 6)) for block in "xyz"]
    plan = Stratified(tuple(halves))
    with pytest.raises(ValueError, match="too many to list"):
        plan.every_draw()
    assert not redraws(plan, seeded(1), sampled=10).exact


def test_the_free_units_are_redrawn_within_their_blocks() -> None:
    labels = np.array([0, 1, 0, 0, 1], dtype=np.int8)
    free = np.array([True, True, True, False, True])
    pair = PLAN.among(free, labels)
    assert pair.blocks == (NORTH, Complete(("b", "e"), (1, 1)))
    every = PLAN.every_draw()
    agreeing = every[every[:, 3] == 0][:, free]
    assert sorted(agreeing.tolist()) == sorted(pair.every_draw().tolist())


def test_both_kinds_of_plan_are_designs() -> None:
    plans: list[Design] = [PLAN, NORTH]
    assert [plan.draw(seeded(1)).shape for plan in plans] == [(5,), (2,)]


def test_a_stratum_of_one_gets_either_variant_by_chance() -> None:
    strata = {"a": "x", "b": "y", "c": "y", "d": "y", "e": "y"}
    alone = {stratified(strata, [1, 1], seeded(seed)).blocks[0].sizes for seed in range(40)}
    assert alone == {(1, 0), (0, 1)}


@given(
    counts=st.lists(st.integers(1, 7), min_size=2, max_size=20),
    weights=st.lists(st.integers(1, 4), min_size=2, max_size=4),
    seed=st.integers(0, 2**32),
)
def test_odd_blocks_do_not_pile_up_in_one_variant(
    counts: list[int], weights: list[int], seed: int
) -> None:
    strata = {f"{block:02d}-{n}": f"{block:02d}" for block, n in _members(counts)}
    shares = np.array(weights) / sum(weights)
    assume((len(strata) * shares).min() >= 1)
    plan = stratified(strata, weights, seeded(seed))
    sizes = np.array([block.sizes for block in plan.blocks])
    # All units together are shared out nearly as if there were no blocks: with two variants to
    # less than a unit, with more each variant adds its own rounding to that of those before.
    assert np.abs(sizes.sum(axis=0) - len(strata) * shares).max() < len(weights) - 1
    quotas = np.outer(counts, shares)
    assert (sizes[:, 0] >= np.floor(quotas[:, 0] + 1e-12)).all()
    assert (sizes[:, 0] <= np.ceil(quotas[:, 0] - 1e-12)).all()
    assert np.abs(sizes - quotas).max() < len(weights) - 1


def _members(counts: list[int]) -> list[tuple[int, int]]:
    return [(block, n) for block, count in enumerate(counts) for n in range(count)]


def test_eighteen_blocks_of_one_are_split_nine_against_nine() -> None:
    # A coin for each block gives 12 against 6, or worse, in 24 of 100 splits (binomial).
    strata = {f"rep {n:02d}": f"team {n:02d}" for n in range(18)}
    for seed in range(30):
        labels = (plan := stratified(strata, [1, 1], seeded(seed))).draw(seeded(seed))
        assert np.bincount(labels).tolist() == [9, 9]
        assert plan.draw_count == 1


@pytest.mark.parametrize("weights", [(1, 1), (1, 3), (1, 1, 1), (3, 1, 2)])
def test_every_unit_s_chance_is_its_variant_s_share(weights: tuple[int, ...]) -> None:
    strata = {f"{block}{n}": str(block) for block, n in _members([1, 2, 3, 1])}
    draws = 4_000
    seen = np.zeros((len(weights), len(strata)))
    for seed in range(draws):
        rng = seeded(seed)
        labels = stratified(strata, weights, rng).draw(rng)
        for variant in range(len(weights)):
            seen[variant] += labels == variant
    for share, times in zip(np.array(weights) / sum(weights), seen, strict=True):
        # Four and a half standard errors, over at most 21 of them.
        assert np.abs(times / draws - share).max() < 4.5 * math.sqrt(share * (1 - share) / draws)


@pytest.mark.parametrize(
    ("strata", "weights", "message"),
    [
        ({"a": "x"}, [1, 1], "two units or more"),
        ({"a": "x", "b": "x"}, [1, 0], "weight 2"),
        ({"a": "x", "b": "y", "c": "y"}, [1, 99], "variant 1 would get none of 3"),
    ],
)
def test_a_plan_that_cannot_be_drawn_is_refused(
    strata: dict[str, str], weights: list[float], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        stratified(strata, weights, seeded(1))


@pytest.mark.parametrize(
    "blocks",
    [(), (NORTH, Complete(("b", "d"), (1, 1, 0))), (NORTH, Complete(("a", "d"), (1, 1)))],
)
def test_a_design_that_contradicts_itself_is_refused(blocks: tuple[Complete, ...]) -> None:
    with pytest.raises(ValueError, match="block"):
        Stratified(blocks)
