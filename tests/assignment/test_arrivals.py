"""Reps who join: a variant by a recorded rule, drawn again by that rule."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from assignment.arrivals import JoinRule, SlotBlock, joined, joiner_label, slots_of
from assignment.design import Complete, seeded

LAUNCH = Complete(("a", "b", "c", "d"), (2, 2))


def test_slots_are_in_proportion_to_the_weights() -> None:
    assert slots_of([1, 1]) == (0, 1)
    assert slots_of([2, 4]) == (0, 1, 1)
    assert slots_of([0.5, 0.25, 0.25]) == (0, 0, 1, 2)
    with pytest.raises(ValueError, match="blocks of 101"):
        slots_of([1, 100])


def test_blocks_of_two_give_both_variants_in_turn() -> None:
    labels = [joiner_label(at, [1, 1], JoinRule.BLOCKS, seeded(5)) for at in range(20)]
    assert all(sum(labels[at : at + 2]) == 1 for at in range(0, 20, 2))
    assert len({tuple(labels[at : at + 2]) for at in range(0, 20, 2)}) == 2


def test_a_coin_gives_each_by_itself() -> None:
    labels = [joiner_label(at, [1, 1], JoinRule.COIN, seeded(5)) for at in range(40)]
    assert {tuple(labels[at : at + 2]) for at in range(40)} >= {(0, 0), (1, 1), (0, 1), (1, 0)}


@pytest.mark.parametrize("rule", list(JoinRule))
def test_listed_and_drawn_joiners_are_as_likely(rule: JoinRule) -> None:
    design = joined(LAUNCH, ["x", "y", "z"], [1, 2], rule)
    listed = Counter(map(tuple, design.every_draw().tolist()))
    assert sum(listed.values()) == design.draw_count
    drawn = Counter(map(tuple, design.redraw(seeded(1), 60_000).tolist()))
    assert drawn.keys() == listed.keys()
    for way, times in listed.items():
        expected = times / design.draw_count
        # Within five standard errors of its likelihood.
        error = (expected * (1 - expected) / 60_000) ** 0.5
        assert drawn[way] / 60_000 == pytest.approx(expected, abs=5 * error)


def test_a_lone_joiner_may_be_in_either_variant() -> None:
    design = joined(LAUNCH, ["x"], [1, 1], JoinRule.BLOCKS)
    assert design.draw_count == 6 * 2
    assert set(design.every_draw()[:, 4].tolist()) == {0, 1}
    assert design.units == ("a", "b", "c", "d", "x")
    assert design.draw(seeded(0)).shape == (5,)


def test_among_two_of_three_variants_the_third_keeps_its_joiners() -> None:
    launch = Complete(("a", "b", "c", "d", "e", "f"), (2, 2, 2))
    design = joined(launch, ["x", "y", "z", "w"], [1, 1, 1], JoinRule.BLOCKS)
    labels = np.array([0, 0, 1, 1, 2, 2, 0, 2, 1, 1], dtype=np.int8)
    pair = design.among(labels != 2, labels)
    listed = pair.every_draw()
    assert pair.units == ("a", "b", "c", "d", "x", "z", "w")
    # Of the whole list, what agrees about the third variant, each way as often.
    every = design.every_draw() if design.draw_count <= 200_000 else None
    assert every is not None
    agrees = ((every == 2) == (labels == 2)).all(axis=1)
    whole = Counter(map(tuple, every[agrees][:, labels != 2].tolist()))
    found = Counter(map(tuple, listed.tolist()))
    scale = sum(whole.values()) // sum(found.values())
    assert {way: times * scale for way, times in found.items()} == dict(whole)


def test_who_was_split_already_does_not_join() -> None:
    with pytest.raises(ValueError, match="joins once"):
        joined(LAUNCH, ["a"], [1, 1], JoinRule.COIN)
    with pytest.raises(ValueError, match="joins once"):
        joined(LAUNCH, ["x", "x"], [1, 1], JoinRule.COIN)
    with pytest.raises(ValueError, match="do not fit"):
        SlotBlock(("x", "y"), (0,))
