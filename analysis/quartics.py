"""Where many polynomials of degree 4 are not negative."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from analysis.sufficient import Floats, Ints

# A pair of roots with smaller imaginary parts, relative to its size, is one real root met twice.
_REAL = 1e-7
# How often the search for the last place is halved before roots are taken: each time leaves
# fewer polynomials to take them of.
_HALVINGS = 12
# An inverse root below it lies so far out that no interval reaches it.
_NEAREST = 1e-9
# A place that lies nearer to another, relative to its size, is the same.
_EDGE = 1e-9
# Under this share of the largest coefficient, one is none.
_TRACE = 1e-12


def farthest(quartics: Floats, least: int) -> float:
    """The largest v ≥ 0 at which `least` of the polynomials or more are not negative.

    Args:
        quartics: Coefficients from the constant upwards, shape (5, n); the last ones negative,
            so that far out every polynomial is.
        least: At least 1.
    Returns:
        0 where there is no such v above it.
    """
    return _last_between(*_bracket(quartics, least), least, _positive_roots)


def _last_between(
    low: float, high: float, left: Floats, least: int, roots_of: Callable[[Floats], Floats]
) -> float:
    """The last place from `low` to `high`, by the roots of those polynomials that turn there."""
    turning = _turns(left, low) > _turns(left, high)
    some = left[:, turning]
    # The others keep their sign all the way; these have roots to be looked at one by one.
    held = np.count_nonzero(_values(left[:, ~turning], high) >= 0)
    holds = _values(some, high) >= 0
    roots = roots_of(some)
    roots = -np.sort(-np.where((roots > low) & (roots <= high), roots, 0.0), axis=1)
    needed = least - int(held) - int(np.count_nonzero(holds))
    return max(_last(roots, needed, np.where(holds, -1, 1)), low)


def _bracket(quartics: Floats, least: int) -> tuple[float, float, Floats]:
    """Two places around the last one, and the polynomials that may count between them."""
    low, high, left = 0.0, 1.0, quartics
    while (beyond := _reaching(left, high)).shape[1] >= least:
        if np.count_nonzero(_values(left, high) >= 0) >= least:
            low, left = high, beyond
        high *= 2
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        beyond = _reaching(left, middle)
        if beyond.shape[1] < least:
            high = middle
        elif np.count_nonzero(_values(left, middle) >= 0) >= least:
            low, left = middle, beyond
        else:
            break
    # A root at the edge itself is inside.
    return low, high * (1 + _EDGE), left


def last_place(quartics: Floats, least: int) -> float | None:
    """As `farthest`, for polynomials that may be of either sign far out.

    Args:
        quartics: Coefficients from the constant upwards, shape (5, n).
        least: At least 1.
    Returns:
        The largest v ≥ 0 at which `least` are not negative; 0 where there is none above it,
        `None` where they stay so however far out.
    """
    size = np.abs(quartics).max(axis=0)
    significant = np.abs(quartics) > _TRACE * size
    # Powers above the last significant one are rounding, which would decide far out.
    leads = np.cumsum(significant[::-1], axis=0)[::-1] > 0
    quartics = np.where(leads, quartics, 0.0)
    far_out = np.zeros(quartics.shape[1])
    for coefficients, is_one in zip(quartics, significant, strict=True):
        far_out = np.where(is_one, np.sign(coefficients), far_out)
    # One that is 0 all along is never negative.
    if np.count_nonzero(far_out >= 0) >= least:
        return None
    return _last_between(*_bracket(quartics, least), least, _roots_either_way)


def _regular(quartics: Floats) -> Floats:
    """The same, with a trace of the fourth power where neither end of the coefficients is one."""
    size = np.abs(quartics).max(axis=0)
    ends = np.maximum(np.abs(quartics[0]), np.abs(quartics[4]))
    regular = quartics.copy()
    regular[4] = np.where(ends > _TRACE * size, quartics[4], _TRACE * size)
    return regular


def _roots_either_way(quartics: Floats) -> Floats:
    """Each one's real roots above 0, falling, with 0 where there are fewer; shape (n, 4)."""
    quartics = _regular(quartics)
    # The inverse roots are those of the coefficients turned round: of two companions, the one
    # that is divided by the larger coefficient.
    turned = np.abs(quartics[0]) > np.abs(quartics[4])
    found = _positive_roots(np.where(turned, quartics[::-1], quartics))
    with np.errstate(divide="ignore"):
        inverse = np.where(found > _NEAREST, 1 / found, 0.0)
    return -np.sort(-np.where(turned[:, None], inverse, found), axis=1)


def _reaching(quartics: Floats, start: float) -> Floats:
    """Those that may be 0 or above at `start` or beyond."""
    shifted = _shifted(quartics, start)
    # By Descartes' rule a polynomial in v − start without a sign above 0 has no root there.
    return quartics[:, (shifted[0] >= 0) | (shifted[1:] > 0).any(axis=0)]


def _turns(quartics: Floats, start: float) -> Ints:
    """How often the coefficients in powers of v − start change their sign, shape (n,).

    By Budan's theorem a polynomial has no root between two places where that is the same.
    """
    signs = np.sign(_shifted(quartics, start))
    for power in range(1, 5):
        signs[power] = np.where(signs[power] == 0, signs[power - 1], signs[power])
    turns: Ints = np.count_nonzero(signs[1:] * signs[:-1] < 0, axis=0)
    return turns


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


def _last(roots: Floats, least: int, first: Ints | None = None) -> float:
    """The farthest place at which `least` more are not negative than far out, by all roots.

    Args:
        first: What each one's farthest root does, coming in from afar: 1 lifts it above 0, as
            all do if left out, −1 takes it down. Each next root does the opposite.
    """
    turns = np.array([1, -1, 1, -1])
    steps = turns * (np.ones((len(roots), 1), dtype=np.int64) if first is None else first[:, None])
    steps = steps[roots > 0]
    places = roots[roots > 0]
    order = np.lexsort((-steps, -places))
    reached = np.flatnonzero(np.cumsum(steps[order]) >= least)
    return float(places[order[reached[0]]]) if reached.size else 0.0
