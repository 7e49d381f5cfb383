"""Bounds for planned looks, against rpact and against simulated paths."""

import csv
from pathlib import Path

import numpy as np
import pytest

from analysis.sequential import Spending, boundaries

REFERENCE = Path(__file__).parent.parent / "reference"
SPENDING = {"asOF": Spending.OBRIEN_FLEMING, "asP": Spending.POCOCK}


def designs() -> dict[str, list[dict[str, str]]]:
    with (REFERENCE / "group_sequential_rpact.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {
        label: [row for row in rows if row["label"] == label]
        for label in {r["label"] for r in rows}
    }


@pytest.mark.parametrize("label", sorted(designs()))
def test_matches_rpact(label: str) -> None:
    rows = designs()[label]
    found = boundaries(
        [float(row["info"]) for row in rows],
        alpha=float(rows[0]["alpha"]),
        spending=SPENDING[label.split()[0]],
    )
    for look, row in zip(found, rows, strict=True):
        # rpact stops at 1e-8 of alpha, which shows in the seventh decimal of z.
        assert look.critical_z == pytest.approx(float(row["critical_z"]), abs=2e-7)
        assert look.alpha_spent == pytest.approx(float(row["alpha_spent"]), abs=2e-8)


@pytest.mark.parametrize("spending", Spending)
def test_one_look_is_the_usual_test(spending: Spending) -> None:
    (look,) = boundaries([1], alpha=0.05, spending=spending)
    # R: qnorm(.975).
    assert look.critical_z == pytest.approx(1.959963984540054, abs=1e-12)
    assert look.alpha_spent == pytest.approx(0.05)


@pytest.mark.parametrize("spending", Spending)
def test_paths_without_an_effect_cross_as_often_as_planned(spending: Spending) -> None:
    looks = [0.1, 0.3, 0.35, 0.8, 1]
    found = boundaries(looks, alpha=0.1, spending=spending)
    steps = np.sqrt(np.diff([0, *looks]))
    paths = np.random.default_rng(3).normal(size=(400_000, 5)) * steps
    z = np.abs(paths.cumsum(axis=1) / np.sqrt(looks))
    crossed = (z >= [look.critical_z for look in found]).cumsum(axis=1) > 0
    for look, share in zip(found, crossed.mean(axis=0), strict=True):
        # Four standard errors.
        error = 4 * (look.alpha_spent * (1 - look.alpha_spent) / 400_000) ** 0.5
        assert share == pytest.approx(look.alpha_spent, abs=error)


def test_looks_close_together_are_followed_finely() -> None:
    close = boundaries([0.5, 0.5001, 1], alpha=0.05, spending=Spending.POCOCK)
    plain = boundaries([0.5, 1], alpha=0.05, spending=Spending.POCOCK)
    assert close[2].critical_z == pytest.approx(plain[1].critical_z, abs=1e-3)


def test_next_to_no_information_spends_next_to_nothing() -> None:
    first, _ = boundaries([0.001, 1], alpha=0.05, spending=Spending.OBRIEN_FLEMING)
    assert first.alpha_spent == 0
    assert first.critical_z == 37


@pytest.mark.parametrize(
    ("looks", "alpha", "message"),
    [
        ([], 0.05, "shares of the final information"),
        ([0, 1], 0.05, "shares of the final information"),
        ([0.5, 1.1], 0.05, "shares of the final information"),
        ([np.nan], 0.05, "shares of the final information"),
        ([0.5, 0.5], 0.05, "more information"),
        ([1], 0.0, "alpha is between"),
        ([1], np.nan, "alpha is between"),
    ],
)
def test_looks_that_cannot_be_planned_are_refused(
    looks: list[float], alpha: float, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        boundaries(looks, alpha=alpha, spending=Spending.POCOCK)
