"""Planned looks: bounds that hold the error rate over all of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from itertools import pairwise

import numpy as np
from scipy.special import ndtr

from analysis.bisection import crossing
from analysis.sufficient import Floats
from analysis.tails import p_of_z, z_of

# No bound is farther out: the probability beyond it is under 1e-300.
_FARTHEST_Z = 37.0
# The path is not followed where it goes with a probability under 1e-22.
_WIDEST_Z = 10.0
_PANELS, _NODES = 60, 10


class Spending(StrEnum):
    """How alpha is spent as information comes in."""

    OBRIEN_FLEMING = "obrien-fleming"  # hardly any at first
    POCOCK = "pocock"  # about evenly


@dataclass(frozen=True, slots=True)
class Look:
    """A bound of the test at one look."""

    information: float  # share of the final look's, in (0, 1]
    critical_z: float  # reject where |z| is at least this
    alpha_spent: float  # two-sided, at this look and those before it


def boundaries(looks: Sequence[float], *, alpha: float, spending: Spending) -> tuple[Look, ...]:
    """Lan and DeMets' two-sided bounds, spending alpha/2 a side.

    Args:
        looks: Information at each look as a share of the final one's, rising to at most 1.
        alpha: Two-sided error rate over all looks.
    Raises:
        ValueError: if the looks do not rise within (0, 1], or alpha is not between 0 and 1.
    References:
        Lan & DeMets (1983), Biometrika 70:659; recursive integration by Armitage, McPherson &
        Rowe (1969), JRSS A 132:235.
    """
    if not 0 < alpha < 1:
        raise ValueError(f"alpha is between 0 and 1, not {alpha}")
    check_looks(looks)
    totals = [spent(look, alpha, spending) for look in looks]
    bounds = bounds_for(looks, totals)
    return tuple(map(Look, looks, bounds, totals))


def bounds_for(information: Sequence[float], totals: Sequence[float]) -> list[float]:
    """The z at each look that spends so much alpha by then, whatever rule says how much.

    Args:
        information: At each look, rising; only the proportions count.
        totals: Two-sided alpha spent at each look and those before it, never falling.
    """
    path, bounds, before = _Path.start(), [], 0.0
    for share, total in zip(np.asarray(information) / information[-1], totals, strict=True):
        bounds.append(path.bound(float(share), total - before))
        path = path.go_on(float(share), bounds[-1])
        before = total
    return bounds


def check_looks(looks: Sequence[float]) -> None:
    """Refuse shares of the final information that no looks can have.

    Raises:
        ValueError: if they do not rise within (0, 1].
    """
    if not looks or any(not 0 < look <= 1 for look in looks):
        raise ValueError("looks are shares of the final information, above 0 and at most 1")
    if any(later <= earlier for earlier, later in pairwise(looks)):
        raise ValueError("each look has more information than the one before")


def spent(look: float, alpha: float, spending: Spending) -> float:
    """Two-sided alpha spent at a share of the final information; all of it at the whole."""
    if spending is Spending.POCOCK:
        return alpha * math.log(1 + (math.e - 1) * look)
    # Each side spends alpha/2 by O'Brien and Fleming's function, which halves it again.
    return 2 * p_of_z(z_of(alpha / 2) / math.sqrt(look))


@dataclass(frozen=True, slots=True, eq=False)
class _Path:
    """Where the test may stand when no look has rejected, without a true effect.

    The statistic is followed as a Brownian motion: z times the root of the information.
    """

    information: float
    places: Floats
    masses: Floats  # probabilities around the places

    @classmethod
    def start(cls) -> _Path:
        return cls(0.0, np.zeros(1), np.ones(1))

    def bound(self, look: float, spend: float) -> float:
        """The z that is reached at this look, and not before, with probability `spend`."""
        step = math.sqrt(look - self.information)

        def left_over(z: float) -> float:
            edge = z * math.sqrt(look)
            beyond = ndtr((self.places - edge) / step) + ndtr((-self.places - edge) / step)
            return float(self.masses @ beyond) - spend

        return crossing(left_over, 0.0, _FARTHEST_Z)

    def go_on(self, look: float, bound: float) -> _Path:
        """The path to this look for what stays within the bound."""
        nodes, weights = _rule()
        edge = min(bound, _WIDEST_Z) * math.sqrt(look)
        places = nodes * edge
        step = math.sqrt(look - self.information)
        jumps = (places[:, np.newaxis] - self.places) / step
        density = np.exp(-(jumps**2) / 2) @ self.masses / (step * math.sqrt(2 * math.pi))
        return _Path(look, places, density * weights * edge)


@cache
def _rule() -> tuple[Floats, Floats]:
    """Gauss and Legendre's rule on [-1, 1], in panels: places and weights."""
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    middles = (np.arange(_PANELS) + 0.5) * 2 / _PANELS - 1
    places = middles[:, np.newaxis] + nodes / _PANELS
    return places.ravel(), np.tile(weights / _PANELS, _PANELS)
