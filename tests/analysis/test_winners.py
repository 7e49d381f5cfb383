"""Effects shrunk for the winner's curse."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.winners import Winners

effects = st.lists(st.floats(min_value=-0.2, max_value=0.2), min_size=3, max_size=12)


@given(effects, st.floats(min_value=0.005, max_value=0.1))
def test_an_effect_is_drawn_towards_none_and_never_past_it(
    found: list[float], error: float
) -> None:
    for raw, each in zip(found, Winners(found, [error] * len(found)).shrunk(), strict=True):
        assert 0 <= abs(each.effect) <= abs(raw) + 1e-12
        assert each.effect * raw >= 0
        assert 0 < each.weight <= 1
        assert each.interval[0] < each.interval[1]


@given(effects, st.floats(min_value=0.01, max_value=100))
def test_the_unit_does_not_matter(found: list[float], unit: float) -> None:
    errors = [0.03] * len(found)
    mine = Winners(found, errors).shrunk()
    theirs = Winners([each * unit for each in found], [each * unit for each in errors]).shrunk()
    for a, b in zip(mine, theirs, strict=True):
        assert b.effect == pytest.approx(a.effect * unit, abs=1e-9 * unit)


def test_equal_errors_give_morris_s_closed_form() -> None:
    raw, error = np.array([0.08, -0.02, 0.05, 0.11]), 0.04
    # Σ e²/(σ² + τ²) = k, so σ² + τ² is the mean square; Morris takes off (k − 2)/k of σ² over it.
    taken = (4 - 2) / 4 * error**2 / float(np.mean(raw**2))
    found = Winners(raw.tolist(), [error] * 4)
    assert [each.effect for each in found.shrunk()] == pytest.approx((raw * (1 - taken)).tolist())
    spread = np.sqrt((1 - taken) * error**2 + 2 / (4 - 2) * taken**2 * raw[3] ** 2)
    low, high = found.shrunk()[3].interval
    assert high - low == pytest.approx(2 * 1.959964 * spread, rel=1e-6)


def test_effects_that_are_all_noise_lose_as_much_as_can_be_known() -> None:
    found = Winners([0.01, -0.01, 0.0], [0.05] * 3)
    assert found.spread == 0
    assert found.shrunk()[0].weight == pytest.approx(1 - 1 / 3)
    assert Winners([0.0, 0.0, 0.0], [0.05] * 3).shrunk()[0].effect == 0


def test_a_sum_is_of_the_effects_and_shares_their_doubt() -> None:
    found = Winners([0.08, -0.02, 0.05, 0.11], [0.04, 0.03, 0.05, 0.04])
    each = found.shrunk()
    total = found.weighted([100, 0, 0, 200])
    assert total.value == pytest.approx(100 * each[0].effect + 200 * each[3].effect)
    assert found.weighted([0, 0, 0, 1]).interval == pytest.approx(each[3].interval)


@pytest.mark.parametrize(
    ("raw", "errors"),
    [([0.1, 0.2], [0.1, 0.1]), ([0.1] * 3, [0.1] * 2), ([0.1] * 3, [0.1, 0.1, 0.0])],
)
def test_too_few_or_impossible_experiments_are_refused(
    raw: list[float], errors: list[float]
) -> None:
    with pytest.raises(ValueError, match=r"experiments|errors"):
        Winners(raw, errors)


def test_adopted_winners_are_overrated_and_the_shrunken_far_less() -> None:
    rng = np.random.default_rng(8)
    raw, shrunk, truth, covered, count = 0.0, 0.0, 0.0, 0, 0
    for _ in range(400):
        true = rng.normal(0, 0.02, 20)
        errors = rng.uniform(0.01, 0.04, 20)
        seen = true + rng.normal(0, errors)
        for at, each in enumerate(Winners(seen.tolist(), errors.tolist()).shrunk()):
            if seen[at] > 1.96 * errors[at]:
                raw, shrunk, truth = raw + seen[at], shrunk + each.effect, truth + true[at]
                covered += each.interval[0] <= true[at] <= each.interval[1]
                count += 1
    assert count > 500
    # Not knowing how effects spread, less is taken off than would be right; most of it still is.
    assert raw > 1.3 * truth
    assert shrunk - truth < 0.5 * (raw - truth)
    assert covered / count > 0.92
