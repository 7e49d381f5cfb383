"""Two-sided tails of the normal and of Student's t."""

from __future__ import annotations

import math

from scipy.special import ndtri, stdtr, stdtrit


def z_of(alpha: float) -> float:
    """The point that |z| exceeds with probability alpha."""
    return -float(ndtri(alpha / 2))


def p_of_z(z: float) -> float:
    """The probability that |Z| is at least |z|."""
    return math.erfc(abs(z) / math.sqrt(2))


def t_of(alpha: float, df: float) -> float:
    """The point that |t| exceeds with probability alpha, with df > 0 degrees of freedom."""
    return -float(stdtrit(df, alpha / 2))


def p_of_t(t: float, df: float) -> float:
    """The probability that |T| is at least |t|, with df > 0 degrees of freedom."""
    return 2 * float(stdtr(df, -abs(t)))
