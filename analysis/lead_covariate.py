"""Leads split, with a value of each from before: less noise, no other promise."""

from __future__ import annotations

import math
from dataclasses import dataclass

from analysis.estimate import Estimate, NotEstimable, Why, check_level
from analysis.student import by_t, welch_df

# Under this share of its own size, what a fit leaves is float noise.
_NOISE = 1e-12


@dataclass(frozen=True, slots=True)
class Joint:
    """A variant's leads by an outcome y and a value x from before.

    Attributes:
        n: Leads, at least 1.
        y, x: Means.
        yy, xx, yx: Sums of squares and products about these means.
    """

    n: int
    y: float
    x: float
    yy: float
    xx: float
    yx: float

    def __post_init__(self) -> None:
        numbers = (self.y, self.x, self.yy, self.xx, self.yx)
        if self.n < 1 or min(self.yy, self.xx) < 0 or not all(map(math.isfinite, numbers)):
            raise ValueError(f"sums are finite, of some leads, and squares not negative: {self}")

    @property
    def slope(self) -> float:
        """Of the outcome on the value; 0 where the value is the same for all."""
        return self.yx / self.xx if self.xx > 0 else 0.0

    @property
    def left(self) -> float:
        """What the fit leaves of the outcome's sum of squares."""
        return max(self.yy - self.slope * self.yx, 0.0)


def lead_ancova(
    control: Joint, treatment: Joint, *, level: float = 0.95
) -> Estimate | NotEstimable:
    """Difference of mean outcomes among leads alike before, each variant with a fit of its own.

    Both fits are read where all leads' mean value is. Randomisation makes that right whatever the
    outcome's true shape; the fits only take away noise.

    Returns:
        Effect in the outcome's unit per lead, treatment minus control; by Welch's t.
    References:
        Lin (2013), Annals of Applied Statistics 7:295; Yang & Tsiatis (2001), American
        Statistician 55:314.
    """
    check_level(level)
    arms = (control, treatment)
    if min(arm.n for arm in arms) < 3:
        return NotEstimable(Why.TOO_FEW_LEADS)
    if any(arm.xx <= _NOISE * arm.n * arm.x**2 for arm in arms):
        return NotEstimable(Why.CONSTANT_COVARIATE)
    centre = sum(arm.n * arm.x for arm in arms) / sum(arm.n for arm in arms)
    if all(arm.left <= _NOISE * (arm.yy + arm.n * arm.y**2) for arm in arms):
        return NotEstimable(Why.NO_VARIATION)
    at = [arm.y + arm.slope * (centre - arm.x) for arm in arms]
    noises = [
        arm.left / (arm.n - 2) * (1 / arm.n + (centre - arm.x) ** 2 / arm.xx) for arm in arms
    ]
    df = welch_df(noises, [arm.n - 2 for arm in arms])
    return by_t(at[1] - at[0], se=math.sqrt(sum(noises)), df=df, level=level)
