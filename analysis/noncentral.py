"""The tails of the noncentral t distribution, on which a t test's power rests."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from scipy.special import ndtr

from analysis.sufficient import Floats

_NODES = 120


def tails_beyond(edge: float, df: int, shift: float) -> float:
    """The probability that |T| exceeds the edge, T noncentral t with this shift.

    Averaged over the estimated standard deviation, a chi over its root df: SciPy's `nctdtr`
    gives NaN far out.
    """
    nodes, weights = _rule()
    reach = 12 / math.sqrt(2 * df)
    low, high = max(0.0, 1 - reach), 1 + reach
    spreads = low + (nodes + 1) / 2 * (high - low)
    half = df / 2
    logs = half * math.log(half) - math.lgamma(half) + math.log(2)
    density = np.exp(logs + (df - 1) * np.log(spreads) - half * spreads**2)
    tails = ndtr(shift - edge * spreads) + ndtr(-shift - edge * spreads)
    return min(1.0, float(weights @ (tails * density)) * (high - low) / 2)


@cache
def _rule() -> tuple[Floats, Floats]:
    return np.polynomial.legendre.leggauss(_NODES)
