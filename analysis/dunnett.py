"""Several treatments against one control: Dunnett's joint distribution."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy.special import ndtr
from scipy.stats import chi2

from analysis.bisection import crossing
from analysis.estimate import check_level
from analysis.sufficient import Floats

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(160)
# Beyond this a normal variable has no chance that a float can hold beside 1.
_FARTHEST = 9.0
_FARTHEST_Z = 40.0


def dunnett_p(z: float, control: int, treatments: Sequence[int], *, df: float = math.inf) -> float:
    """The chance that any of the differences from the control is at least |z| by luck alone.

    Args:
        z: One difference in its standard errors.
        control: Observations of the control, at least 1.
        treatments: Observations of each treatment, at least 1.
        df: Degrees of freedom of the common variance; none where it is known, as for rates.
    References:
        Dunnett (1955), Journal of the American Statistical Association 50:1096.
    """
    loadings = np.sqrt([n / (n + control) for n in treatments])
    shared, chance = _over_control()
    scales, weights = _over_scale(df)
    bounds = abs(z) * scales[:, None, None]
    middle, own = loadings * shared[:, None], np.sqrt(1 - loadings**2)
    inside = (ndtr((middle + bounds) / own) - ndtr((middle - bounds) / own)).prod(axis=2)
    return float(np.clip(1 - weights @ inside @ chance, 0, 1))


def dunnett_critical(
    control: int, treatments: Sequence[int], *, level: float = 0.95, df: float = math.inf
) -> float:
    """The number of standard errors within which all differences stay with chance `level`."""
    check_level(level)
    alpha = 1 - level
    return crossing(lambda z: dunnett_p(z, control, treatments, df=df) - alpha, 0.0, _FARTHEST_Z)


def _over_control() -> tuple[Floats, Floats]:
    """The control's own luck, and the weight of each value of it."""
    at = _FARTHEST * _NODES
    return at, _FARTHEST * _WEIGHTS * np.exp(-(at**2) / 2) / math.sqrt(2 * math.pi)


def _over_scale(df: float) -> tuple[Floats, Floats]:
    """The estimated spread over the true one, and the weight of each value of it."""
    if math.isinf(df):
        return np.ones(1), np.ones(1)
    low, high = (math.sqrt(chi2.ppf(tail, df) / df) for tail in (1e-13, 1 - 1e-13))
    at = (high + low) / 2 + (high - low) / 2 * _NODES
    density = 2 * df * at * np.asarray(chi2.pdf(df * at**2, df))
    return at, (high - low) / 2 * _WEIGHTS * density
