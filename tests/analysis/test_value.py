"""Mean amounts of split leads, against R."""

import csv
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.estimate import Estimate, NotEstimable, Why
from analysis.methods import compare_amounts
from analysis.pairs import AmountPair
from analysis.sufficient import Amounts
from analysis.value import blocked_difference, welch

# R's data set `sleep`: extra hours of sleep in two groups.
FIRST = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
SECOND = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
amounts = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=8)


def summed(values: list[float]) -> Amounts:
    mean = float(np.mean(values))
    return Amounts(len(values), mean, float(((np.array(values) - mean) ** 2).sum()))


def test_matches_rs_t_test_of_sleep() -> None:
    found = welch(summed(SECOND), summed(FIRST))
    assert isinstance(found, Estimate)
    assert found.se is not None
    # R: t.test(extra ~ group, data = sleep).
    assert found.effect / found.se == pytest.approx(-1.8608, abs=5e-5)
    assert found.df == pytest.approx(17.776, abs=5e-4)
    assert found.p == pytest.approx(0.07939, abs=5e-6)
    assert found.ci == pytest.approx((-3.3654832, 0.2054832), abs=5e-8)


@given(amounts, amounts, st.sampled_from([0.5, 0.9, 0.95]))
def test_any_amounts_give_an_estimate_or_a_reason(
    control: list[float], treatment: list[float], level: float
) -> None:
    found = welch(summed(control), summed(treatment), level=level)
    swapped = welch(summed(treatment), summed(control), level=level)
    if isinstance(found, NotEstimable):
        assert swapped == found
        return
    assert isinstance(swapped, Estimate)
    assert swapped.effect == -found.effect
    assert swapped.p == pytest.approx(found.p)
    low, high = found.ci
    assert low is not None
    assert high is not None
    nearest = low if found.effect > 0 else -high
    if abs(nearest) > 1e-9 * abs(found.effect) + 1e-12:
        assert found.is_significant == (nearest > 0)


def test_one_lead_has_no_spread() -> None:
    assert welch(summed([3.0]), summed([1.0, 2.0])) == NotEstimable(Why.TOO_FEW_LEADS)


@pytest.mark.parametrize("value", [0.0, 0.1, 1e9])
def test_leads_who_are_all_alike_say_nothing_about_chance(value: float) -> None:
    alike = Amounts(5, value, 0.0)
    assert welch(alike, alike) == NotEstimable(Why.NO_VARIATION)
    assert welch(alike, Amounts(5, 2 * value, 0.0)) == NotEstimable(Why.NO_VARIATION)


def test_amounts_are_decided_by_welch() -> None:
    found = compare_amounts({"B": AmountPair(summed(SECOND), summed(FIRST))})["B"]
    assert found.primary == "welch"
    assert found.result == welch(summed(SECOND), summed(FIRST))


@pytest.mark.parametrize(
    ("n", "mean", "squares"),
    [(0, 0.0, 0.0), (1, math.nan, 0.0), (1, 0.0, -1.0), (1, 0.0, math.nan), (1, 0.0, math.inf)],
)
def test_amounts_that_cannot_be_are_refused(n: int, mean: float, squares: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        Amounts(n, mean, squares)


def test_matches_estimatrs_blocked_difference_in_means() -> None:
    path = Path(__file__).parent.parent / "reference" / "leads_stratified_by_rep.csv"
    with path.open(encoding="utf-8") as file:
        rows = [{name: int(cell) for name, cell in row.items()} for row in csv.DictReader(file)]

    def arm(row: dict[str, int], which: int) -> Amounts:
        n, reached = row[f"n{which}"], row[f"reached{which}"]
        return Amounts(n, reached / n, reached * (1 - reached / n))

    found = blocked_difference([(arm(row, 0), arm(row, 1)) for row in rows])
    assert isinstance(found, Estimate)
    # R 4.2.2, estimatr 1.0: difference_in_means(y ~ z, blocks = rep_id).
    told = (found.effect, found.se, found.df, found.p, *found.ci)
    expected = (0.017891366986, 0.022040419511, 1360, 0.41707567755)
    assert told == pytest.approx((*expected, -0.025345540596, 0.061128274568), rel=1e-9)


def test_blocks_that_tell_nothing_say_why() -> None:
    alike, lone = Amounts(3, 5.0, 0.0), Amounts(1, 5.0, 0.0)
    assert blocked_difference([]) == NotEstimable(Why.NO_STRATUM)
    assert blocked_difference([(alike, lone)]) == NotEstimable(Why.TOO_FEW_LEADS)
    assert blocked_difference([(alike, alike)]) == NotEstimable(Why.NO_VARIATION)
