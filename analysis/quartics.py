"""Where many polynomials of degree 4 are not negative."""

from __future__ import annotations

import numpy as np

from analysis.sufficient import Floats

# A pair of roots with smaller imaginary parts, relative to its size, is one real root met twice.
_REAL = 1e-7
# How often the search for the last place is halved before roots are taken: each time leaves
# fewer polynomials to take them of.
_HALVINGS = 4


def farthest(quartics: Floats, least: int) -> float:
    """The largest v ≥ 0 at which `least` of the polynomials or more are not negative.

    Args:
        quartics: Coefficients from the constant upwards, shape (5, n); the last ones negative,
            so that far out every polynomial is.
        least: At least 1.
    Returns:
        0 where there is no such v above it.
    """
    low, high = 0.0, 1.0
    while np.count_nonzero(_values(quartics, high) >= 0) >= least:
        quartics = _reaching(quartics, high)
        low, high = high, 2 * high
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if np.count_nonzero(_values(quartics, middle) >= 0) >= least:
            quartics = _reaching(quartics, middle)
            low = middle
        else:
            high = middle
    return _last(_positive_roots(quartics), least)


def _reaching(quartics: Floats, start: float) -> Floats:
    """Those that may be 0 or above at `start` or beyond."""
    # By Descartes' rule a polynomial in v − start without a sign above 0 has no root there.
    return quartics[:, (_shifted(quartics, start) >= 0).any(axis=0)]


def _values(quartics: Floats, v: float) -> Floats:
    values: Floats = quartics[4]
    for coefficients in quartics[3::-1]:
        values = values * v + coefficients
    return values


def _shifted(quartics: Floats, start: float) -> Floats:
    """The coefficients in powers of v − start, by Horner's scheme."""
    shifted = quartics.copy()
    for done in range(4):
        for power in range(3, done - 1, -1):
            shifted[power] += start * shifted[power + 1]
    return shifted


def _positive_roots(quartics: Floats) -> Floats:
    """Each one's real roots above 0, falling, with 0 where there are fewer; shape (n, 4)."""
    companions = np.zeros((quartics.shape[1], 4, 4))
    companions[:, 0] = (-quartics[3::-1] / quartics[4]).T
    companions[:, [1, 2, 3], [0, 1, 2]] = 1
    roots = np.linalg.eigvals(companions)
    is_real = np.abs(roots.imag) <= _REAL * np.abs(roots)
    return -np.sort(np.where(is_real & (roots.real > 0), -roots.real, 0.0), axis=1)


def _last(roots: Floats, least: int) -> float:
    """The farthest place at which `least` are not negative, by all of their roots."""
    # Coming in from afar, a polynomial's first root lifts it above 0, its next takes it down.
    steps = np.broadcast_to([1, -1, 1, -1], roots.shape)[roots > 0]
    places = roots[roots > 0]
    order = np.lexsort((-steps, -places))
    reached = np.flatnonzero(np.cumsum(steps[order]) >= least)
    return float(places[order[reached[0]]]) if reached.size else 0.0
