"""How unequal values are: the coefficient of variation, with its interval."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import chdtri

from analysis.estimate import check_level
from analysis.sufficient import Floats, Ints


def variation(values: Floats | Ints) -> float:
    """The standard deviation over the mean.

    Args:
        values: Two or more, of a mean above 0.
    """
    return float(np.std(values, ddof=1) / np.mean(values))


def variation_interval(
    values: Floats | Ints, *, level: float = 0.95
) -> tuple[float, float | None]:
    """Vangel's interval for the coefficient of variation of normal values.

    Args:
        values: Two or more, of a mean above 0.
    Returns:
        Its ends; the upper one `None` where values so few and so unequal set no bound.
    References:
        Vangel (1996), The American Statistician 50:21.
    """
    check_level(level)
    df, found = len(values) - 1, variation(values)
    ends = [
        _end(found, float(chdtri(df, tail)), df) for tail in ((1 - level) / 2, (1 + level) / 2)
    ]
    low, high = ends
    return low or 0.0, high


def _end(found: float, quantile: float, df: int) -> float | None:
    square = ((quantile + 2) / (df + 1) - 1) * found**2 + quantile / df
    return found / math.sqrt(square) if square > 0 else None
