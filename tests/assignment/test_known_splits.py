"""Splits of a known seed, literally, a design each.

What stands here is what this code drew when the test was written. No book has these numbers: their
source is the promise itself that a recorded seed gives the same split on every machine, for ever.
Stored plans are drawn again from their seeds, so a number here that changes is a plan that breaks;
never mend such a test by writing down what came out instead.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest

from assignment.arrivals import JoinRule, joiner_label
from assignment.crossover import variant_in
from assignment.design import Design, Labels, complete, seeded
from assignment.paired import paired
from assignment.rerandomised import rerandomised
from assignment.stratified import stratified
from assignment.variant import variants_of

SEED = 20261125
REPS = [f"rep {number:02d}" for number in range(14)]
TEAMS = {rep: ("north", "south", "west")[at % 3] for at, rep in enumerate(REPS)}
PAST = {rep: [at * 5 % 14 / 20, 1 + at % 3] for at, rep in enumerate(REPS)}


def written(labels: Labels) -> str:
    return "".join(map(str, labels.tolist()))


def planned(kind: str, rng: np.random.Generator) -> Design:
    designs: dict[str, Callable[[], Design]] = {
        "complete": lambda: complete(REPS, [1, 1], rng),
        "three variants": lambda: complete(REPS, [2, 1, 1], rng),
        "stratified": lambda: stratified(TEAMS, [1, 1], rng),
        "paired": lambda: paired(PAST, [1, 1], rng),
        "an odd one": lambda: paired({rep: PAST[rep] for rep in REPS[:13]}, [1, 1], rng),
        "re-randomised": lambda: rerandomised(
            complete(REPS, [1, 1], rng), PAST, rng=seeded(SEED + 1)
        ),
    }
    return designs[kind]()


@pytest.mark.parametrize(
    ("kind", "labels"),
    [
        ("complete", "01001110011010"),
        ("three variants", "10002100220101"),
        ("stratified", "01100110101001"),
        ("paired", "10011001100110"),
        ("an odd one", "0110011001101"),
        ("re-randomised", "10001101010101"),
    ],
)
def test_a_seed_gives_this_split(kind: str, labels: str) -> None:
    rng = seeded(SEED)
    assert written(planned(kind, rng).draw(rng)) == labels


def test_re_randomisation_takes_the_second_draw_of_this_seed_and_redraws_so() -> None:
    rng = seeded(SEED)
    design = rerandomised(complete(REPS, [1, 1], rng), PAST, rng=seeded(SEED + 1))
    assert (design.limit, design.draw_count) == (0.058957, 1044)
    assert design.tried(rng)[1] == 2
    again = design.redraw(seeded(SEED), 2)
    assert [written(each) for each in again] == ["10100011010101", "00101010111001"]
    assert design.accepts(again).all()


def test_orders_of_a_crossover_are_a_complete_split() -> None:
    rng = seeded(SEED)
    orders = complete(REPS, [1, 1], rng).draw(rng).tolist()
    first, second = ([variant_in(order, period) for order in orders] for period in (0, 1))
    assert "".join(map(str, first)) == "01001110011010"
    assert "".join(map(str, second)) == "10110001100101"


@pytest.mark.parametrize(
    ("rule", "weights", "labels"),
    [
        (JoinRule.BLOCKS, [1, 1], "10011001100110"),
        (JoinRule.BLOCKS, [2, 1], "01010001000101"),
        (JoinRule.COIN, [1, 1], "10101011101000"),
    ],
)
def test_those_who_join_get_these_variants(
    rule: JoinRule, weights: list[float], labels: str
) -> None:
    drawn = [joiner_label(at, weights, rule, seeded(SEED)) for at in range(14)]
    assert "".join(map(str, drawn)) == labels


@pytest.mark.parametrize(
    ("weights", "labels"), [([1, 1], "11100000001010"), ([0.5, 0.3, 0.2], "21200000001020")]
)
def test_a_salt_gives_these_leads_these_variants(weights: list[float], labels: str) -> None:
    found = variants_of(f"demo-before-discovery:{SEED}", REPS, weights)
    assert "".join(map(str, found)) == labels


def test_odd_blocks_do_not_pile_up_in_one_variant_whatever_the_seed() -> None:
    # Nine teams of three: each has one rep more in one variant, and over all of them no variant
    # may get more than its half of 27, rounded.
    strata = {f"rep {number:02d}": f"team {number // 3}" for number in range(27)}
    larger = Counter[int]()
    for seed in range(60):
        rng = seeded(seed)
        plan = stratified(strata, [1, 1], rng)
        sizes = np.bincount(plan.draw(rng), minlength=2)
        assert sorted(sizes.tolist()) == [13, 14]
        larger[int(sizes.argmax())] += 1
    # Nor is it always the same variant: each has it in 30 of 60, within four standard errors.
    assert min(larger.values()) >= 15
