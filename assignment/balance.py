"""How alike the variants of a split were before the test, one value at a time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assignment.design import Labels
from assignment.paired import Floats

# A spread under this share of the largest value is rounding.
_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class Balance:
    """One value from before the test, variant by variant, in the plan's order.

    Attributes:
        known: Units of each variant whose value is known.
        missing: Units of each whose value is not.
        means: Over the known ones, in the value's own unit; None where there are none.
        differences: Each variant's mean minus the control's, in standard deviations over all
            known units; 0 for the control itself, None where a mean is missing or the value
            hardly varies.
    """

    known: tuple[int, ...]
    missing: tuple[int, ...]
    means: tuple[float | None, ...]
    differences: tuple[float | None, ...]


def balance(values: Floats, labels: Labels, *, variants: int, control: int) -> Balance:
    """Compare the variants' means of a value from before the test.

    The standard deviation is that of all units together, which no split changes: so the figures
    of two splits of one team can be held beside each other, and a variant of one unit has one.

    Args:
        values: One per unit, NaN where it is not known, shape (G,).
        labels: The variant's index of each unit, shape (G,).
        variants: How many there are.
        control: The control's index.
    References:
        Stuart (2010), Statistical Science 25:1, section 4.1: one standard deviation for all.
    """
    told = ~np.isnan(values)
    known = [int((told & (labels == at)).sum()) for at in range(variants)]
    missing = [int((~told & (labels == at)).sum()) for at in range(variants)]
    means = [_mean(values[told & (labels == at)]) for at in range(variants)]
    spread = _spread(values[told])
    return Balance(
        tuple(known),
        tuple(missing),
        tuple(means),
        tuple(_difference(mean, means[control], spread) for mean in means),
    )


def _mean(values: NDArray[np.float64]) -> float | None:
    return float(values.mean()) if values.size else None


def _spread(values: NDArray[np.float64]) -> float:
    """The standard deviation with n − 1, or 0 where it is rounding or there are too few."""
    if values.size < 2:
        return 0.0
    spread = float(values.std(ddof=1))
    return spread if spread > _ROUNDING * float(np.abs(values).max()) else 0.0


def _difference(mean: float | None, control: float | None, spread: float) -> float | None:
    if mean is None or control is None or spread == 0:
        return None
    return (mean - control) / spread
