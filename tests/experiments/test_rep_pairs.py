"""A design and its outcomes, brought together."""

import numpy as np

from analysis.pairs import RepPair
from analysis.splits import Splits
from analysis.sufficient import RepTotals
from assignment.design import Complete, seeded
from experiments.rep_pairs import rep_pairs

DESIGN = Complete(tuple("abcdefg"), (2, 2, 3))
LABELS = np.array([0, 1, 2, 0, 1, 2, 2], dtype=np.int8)


def pairs_of(**outcomes: RepTotals) -> dict[str, dict[str, RepPair]]:
    return rep_pairs(
        DESIGN, LABELS, outcomes, variants=["old", "new", "bold"], control=0, rng=seeded(1)
    )


def test_a_pair_is_redrawn_within_its_two_variants() -> None:
    totals = RepTotals.of_counts("gfedcba", [7, 6, 5, 4, 3, 2, 1], [0] * 7)
    found = pairs_of(won=totals)["won"]
    assert list(found) == ["new", "bold"]
    assert found["bold"].totals.reps == ("a", "c", "d", "f", "g")
    assert found["bold"].totals.n.tolist() == [1, 3, 4, 6, 7]
    assert found["bold"].treated.tolist() == [False, True, False, True, True]
    # By hand: choose(5, 3) ways, three of the five treated in each.
    redraws = Splits.of(found["bold"].redraws)
    assert redraws.labels.shape == (10, 5)
    assert set(redraws.sizes.tolist()) == {3}
    assert found["bold"].exact


def test_a_rep_without_leads_stays_where_the_split_put_him() -> None:
    totals = RepTotals.of_counts("abdefg", [1, 1, 1, 0, 1, 1], [0] * 6)
    found = pairs_of(won=totals)["won"]
    assert found["new"].totals.reps == ("a", "b", "d")
    assert found["bold"].totals.reps == ("a", "d", "f", "g")


def test_outcomes_of_the_same_leads_share_their_redraws() -> None:
    won = RepTotals.of_counts("abcdefg", [9] * 7, [1, 2, 3, 4, 5, 6, 7])
    demo = RepTotals.of_counts("abcdefg", [9] * 7, [7] * 7)
    late = RepTotals.of_counts("bcdefg", [9] * 6, [7] * 6)
    found = pairs_of(won=won, demo=demo, late=late)
    assert found["won"]["new"].treated is not found["demo"]["new"].treated
    assert found["demo"]["new"].totals.total.tolist() == [7] * 4
    assert found["late"]["new"].totals.reps == ("b", "d", "e")
    assert found["won"]["new"].redraws is found["demo"]["new"].redraws
