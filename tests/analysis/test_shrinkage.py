"""Reps' rates drawn towards their variant's."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.icc import anova
from analysis.shrinkage import shrunken_rates
from analysis.sufficient import RepTotals

# Efron & Morris (1975), Table 1: hits of 18 batters in their first 45 times at bat in 1970, and
# their batting average over the rest of the season.
HITS = [18, 17, 16, 15, 14, 14, 13, 12, 11, 11, 10, 10, 10, 10, 10, 9, 8, 7]
REST = [
    *(0.346, 0.298, 0.276, 0.222, 0.273, 0.270, 0.263, 0.210, 0.269),
    *(0.230, 0.264, 0.256, 0.303, 0.264, 0.226, 0.285, 0.316, 0.200),
]
BATTERS = RepTotals.of_counts([f"b{n:02}" for n in range(18)], [45] * 18, HITS)


def test_batters_are_drawn_to_their_mean_and_closer_to_the_truth() -> None:
    (found,) = shrunken_rates([BATTERS]) or ((),)
    raw, shrunken = (
        np.array([getattr(each, what) for each in found]) for what in ("raw", "shrunken")
    )
    # Their grand average is .265, and the raw averages err three times as much.
    assert float(shrunken.mean()) == pytest.approx(0.265, abs=0.0005)
    errors = [float(np.square(each - REST).sum()) for each in (raw, shrunken)]
    assert errors[0] == pytest.approx(0.077, abs=0.002)
    assert errors[1] < errors[0] / 3
    assert (np.diff(shrunken) <= 0).all()


def test_reps_of_equal_size_shrink_by_one_over_f() -> None:
    # By hand: with equal leads τ²/(τ² + σ²/n) is 1 − 1/F.
    rates = RepTotals.of_counts("abcd", [50] * 4, [5, 10, 20, 30])
    analysed = anova([rates])
    (found,) = shrunken_rates([rates]) or ((),)
    assert analysed is not None
    expected = 1 - analysed.within / analysed.between
    assert [each.weight for each in found] == pytest.approx([expected] * 4)
    assert found[0].shrunken == pytest.approx(expected * 0.1 + (1 - expected) * 0.325)


def test_a_rep_of_few_leads_is_drawn_further() -> None:
    (found,) = shrunken_rates(
        [RepTotals.of_counts("abcd", [200, 5, 200, 200], [20, 3, 60, 90])]
    ) or ((),)
    of_many, of_few = found[2], found[1]
    assert of_few.weight < of_many.weight
    low, high = of_few.interval
    assert low is not None
    assert high is not None
    assert high - low > (of_many.interval[1] or 0) - (of_many.interval[0] or 0)
    assert low < of_few.shrunken < high


def test_each_variant_has_a_mean_of_its_own_and_idle_reps_are_left_out() -> None:
    control = RepTotals.of_counts("abc", [40, 40, 0], [4, 12, 0])
    treatment = RepTotals.of_counts("de", [40, 40], [20, 30])
    found = shrunken_rates([control, treatment])
    assert found is not None
    assert [each.rep for each in found[0]] == ["a", "b"]
    assert max(each.shrunken for each in found[0]) < min(each.shrunken for each in found[1])


def test_reps_who_differ_by_chance_alone_have_their_variant_s_rate() -> None:
    (found,) = shrunken_rates([RepTotals.of_counts("abc", [50, 50, 50], [10, 10, 10])]) or ((),)
    assert [each.weight for each in found] == [0, 0, 0]
    assert [each.shrunken for each in found] == pytest.approx([0.2] * 3)
    (none,) = shrunken_rates([RepTotals.of_counts("ab", [5, 5], [0, 0])]) or ((),)
    assert [each.shrunken for each in none] == [0, 0]


def test_one_rep_tells_nothing_of_how_reps_vary() -> None:
    assert shrunken_rates([RepTotals.of_counts("a", [50], [10])]) is None
    both = shrunken_rates(
        [RepTotals.of_counts("ab", [9, 9], [3, 4]), RepTotals.of_counts("c", [0], [0])]
    )
    assert both is not None
    assert both[1] == ()
