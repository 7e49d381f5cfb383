"""How unequal values are, with Vangel's interval."""

import numpy as np
import pytest
from scipy.stats import chi2

from analysis.spread import variation, variation_interval


def test_small_variation_has_the_interval_of_a_standard_deviation() -> None:
    values = 1000 + np.array([-2.0, -1.0, 0.0, 0.5, 2.5])
    low, high = variation_interval(values)
    assert high is not None
    # By hand: s·sqrt(df/χ²) over the mean.
    ends = [values.std(ddof=1) * (4 / chi2.ppf(tail, 4)) ** 0.5 / 1000 for tail in (0.975, 0.025)]
    assert (low, high) == pytest.approx(ends, rel=1e-4)
    assert low < variation(values) < high


def test_the_interval_covers_as_often_as_promised() -> None:
    rng = np.random.default_rng(1)
    runs = 4000
    covered = 0
    for values in rng.normal(10, 3, size=(runs, 12)):
        low, high = variation_interval(values)
        covered += low <= 0.3 <= (high or np.inf)
    # Vangel's error is of a smaller order than the simulation's at this spread.
    assert covered / runs == pytest.approx(0.95, abs=0.005 + 4 * (0.95 * 0.05 / runs) ** 0.5)


def test_few_and_very_unequal_values_set_no_upper_bound() -> None:
    low, high = variation_interval(np.array([1, 1, 40]))
    assert high is None
    assert low > 0
    assert variation_interval(np.array([3, 3, 3])) == (0.0, 0.0)
