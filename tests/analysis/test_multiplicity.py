"""Holm's correction, and the intervals that agree with it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.multiplicity import holm, holm_levels

p_values = st.lists(st.floats(0, 1), min_size=1, max_size=6)


def test_matches_rs_p_adjust() -> None:
    # R: p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm"), and the example of ?p.adjust's kind with
    # a tie: p.adjust(c(0.02, 0.02, 0.6), "holm").
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.02, 0.02, 0.6]) == pytest.approx([0.06, 0.06, 0.6])
    assert holm([0.9, 0.8]) == [1, 1]


@given(p_values)
def test_an_adjusted_p_is_between_its_own_and_bonferronis(ps: list[float]) -> None:
    for own, adjusted in zip(ps, holm(ps), strict=True):
        assert own <= adjusted <= min(1, len(ps) * own) + 1e-15 or adjusted == max(holm(ps))


@given(p_values, st.sampled_from([0.8, 0.9, 0.95]))
def test_an_interval_at_its_level_decides_as_the_adjusted_p(ps: list[float], level: float) -> None:
    adjusted = holm(ps)
    for own, corrected, at in zip(ps, adjusted, holm_levels(ps, level=level), strict=True):
        assert level <= at < 1
        if abs(corrected - (1 - level)) > 1e-9:
            assert (own <= 1 - at) == (corrected <= 1 - level)


def test_levels_fall_back_step_by_step_while_holm_rejects() -> None:
    # By hand at alpha .05: .001 against .05/3, .02 against .05/2, then .3 against .05.
    assert holm_levels([0.02, 0.001, 0.3]) == pytest.approx([0.975, 1 - 0.05 / 3, 0.95])
    # The second is not rejected at .05/2, so the third is judged at .05/2 too.
    assert holm_levels([0.03, 0.001, 0.04]) == pytest.approx([0.975, 1 - 0.05 / 3, 0.975])


def test_one_comparison_needs_no_correction() -> None:
    assert holm([0.03]) == [0.03]
    assert holm_levels([0.03]) == [0.95]


def test_a_level_outside_0_to_1_is_refused() -> None:
    with pytest.raises(ValueError, match="confidence level"):
        holm_levels([0.1], level=95)
