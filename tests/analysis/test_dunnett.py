"""Dunnett's distribution against R, published values, and its own limits."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.dunnett import dunnett_critical, dunnett_p
from analysis.estimate import rejects
from analysis.tails import p_of_z, z_of

# dunnett_critical_values.csv: two-sided at .05, equal groups, by R's mvtnorm; those with 10, 20,
# 60 and no end of degrees of freedom are also in Dunnett (1964), Biometrics 20:482.
CRITICAL = [
    (2, 4, 3.310352),
    (2, 8, 2.672812),
    (2, 10, 2.568339),
    (2, 20, 2.37869),
    (2, 60, 2.265267),
    (2, math.inf, 2.212128),
    (3, 4, 3.617655),
]
sizes = st.lists(st.integers(1, 5000), min_size=1, max_size=3)


@pytest.mark.parametrize(("treatments", "df", "critical"), CRITICAL)
def test_critical_values_match_r(treatments: int, df: float, critical: float) -> None:
    found = dunnett_critical(10, [10] * treatments, df=df)
    # R's own search for the last of them stopped at a chance of .950006.
    assert found == pytest.approx(critical, abs=5e-6)


@pytest.mark.parametrize("z", [0.0, 0.5, 1.96, 4.0])
def test_one_treatment_is_the_plain_normal(z: float) -> None:
    assert dunnett_p(z, 300, [200]) == pytest.approx(p_of_z(z), abs=1e-12)


@given(st.integers(1, 5000), sizes, st.floats(0, 6))
def test_it_lies_between_one_comparison_and_as_many_independent_ones(
    control: int, treatments: list[int], z: float
) -> None:
    # Šidák's inequality, Journal of the American Statistical Association (1967) 62:626.
    found = dunnett_p(z, control, treatments)
    alone = p_of_z(z)
    assert alone - 1e-9 <= found <= 1 - (1 - alone) ** len(treatments) + 1e-9
    assert dunnett_p(-z, control, treatments[::-1]) == pytest.approx(found, abs=1e-12)


@given(st.integers(1, 5000), sizes, st.floats(1e-6, 1), st.sampled_from([0.8, 0.95, 0.99]))
def test_p_and_the_critical_value_reject_together(
    control: int, treatments: list[int], alone: float, level: float
) -> None:
    z = z_of(alone)
    p = dunnett_p(z, control, treatments)
    if abs(p - (1 - level)) > 1e-9:
        beyond = z > dunnett_critical(control, treatments, level=level)
        assert rejects(p, level=level) == beyond
