"""All that a method may return: an estimate with its uncertainty, or the reason for none."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

Interval = tuple[float | None, float | None]
"""Low and high end; `None` where the interval has no end."""


class Why(StrEnum):
    """Why there is no estimate."""

    NO_LEADS = "no_leads"
    """A variant has no leads whose outcome is known."""
    TOO_FEW_LEADS = "too_few_leads"
    """A variant has fewer than two leads, and the method needs their spread."""
    TOO_MANY_LEADS = "too_many_leads"
    """So many leads that listing every table would take long, and the score is as good."""
    TOO_FEW_REPS = "too_few_reps"
    """A variant has fewer than two reps with leads."""
    TOO_FEW_ACCOUNTS = "too_few_accounts"
    """A variant has fewer than two accounts with leads."""
    NO_PAIRS = "no_pairs"
    """The method compares within pairs, and reps were not paired."""
    TOO_FEW_PAIRS = "too_few_pairs"
    """Fewer than two pairs have leads on both sides."""
    NO_VARIATION = "no_variation"
    """Within each variant all are alike, so nothing says how much chance does."""
    NO_STRATUM = "no_stratum"
    """The method weighs strata, and there are none."""
    NOT_FOLLOWED = "not_followed"
    """No lead is followed through the horizon, and some were open when last seen."""
    NO_FINITE_RATIO = "no_finite_ratio"
    """The control has no success to divide by, or a variant nothing but successes."""
    SAME_FOLLOWING = "same_following"
    """As many leads were followed up in one variant as in the other: nothing to divide by."""
    NO_COVARIATE = "no_covariate"
    """The method adjusts for a value from before, and there is none."""
    CONSTANT_COVARIATE = "constant_covariate"
    """The value from before is the same for all reps, and adjusts nothing."""
    ONE_SEGMENT = "one_segment"
    """The method compares segments, and there is one."""
    NO_LOOKS = "no_looks"
    """The method judges planned looks, and none were planned."""
    COVARIATE_IS_SPLIT = "covariate_is_split"
    """The value from before tells the variants apart, and cannot be told from their effect."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A difference, treatment minus control, in the outcome's own unit; or a ratio.

    `ci` holds at `level`, and excludes `no_difference` just when `p` ≤ 1 − `level`: both come
    from one computation. The optional fields are there where the method has them.
    """

    effect: float
    ci: Interval
    p: float  # two-sided
    level: float
    se: float | None = None
    df: float | None = None
    exact: bool | None = None  # every re-draw of the design was listed
    draws: int | None = None
    smallest_p: float | None = None  # the least p that this design can give
    no_difference: float = 0.0  # what the effect is when the variants do the same; 1 for a ratio

    def __post_init__(self) -> None:
        numbers = [self.effect, self.se, self.df, *self.ci]
        if not all(math.isfinite(number) for number in numbers if number is not None):
            raise ValueError(f"an estimate has finite numbers only: {self}")
        shares = [self.p, self.smallest_p]
        if not all(0 <= share <= 1 for share in shares if share is not None):
            raise ValueError(f"a p-value is in [0, 1]: {self}")
        low, high = self.ci
        if low is not None and high is not None and low > high:
            raise ValueError(f"an interval's low end is not above its high end: {self}")
        check_level(self.level)

    @property
    def is_significant(self) -> bool:
        """Whether a difference of 0 is rejected, as the interval shows it too."""
        return rejects(self.p, level=self.level)

    def as_dict(self) -> dict[str, Any]:
        """The estimate as `stagelift analyse` prints it; the level stands above all of them."""
        named = {
            "effect": self.effect,
            "se": self.se,
            "df": self.df,
            "ci": list(self.ci),
            "p": self.p,
            "exact": self.exact,
            "draws": self.draws,
            "smallest_p": self.smallest_p,
        }
        ratio = {"no_difference": self.no_difference} if self.no_difference else {}
        return {name: value for name, value in named.items() if value is not None} | ratio


@dataclass(frozen=True, slots=True)
class NotEstimable:
    """No number, and why: data too thin for a method is an ordinary result."""

    why: Why

    def as_dict(self) -> dict[str, Any]:
        """The reason as `stagelift analyse` prints it."""
        return {"not_estimable": self.why.value}


Result = Estimate | NotEstimable


def check_level(level: float) -> None:
    """Refuse a confidence level outside (0, 1).

    Raises:
        ValueError: naming the level.
    """
    if not 0 < level < 1:
        raise ValueError(f"a confidence level is between 0 and 1, not {level!r}")


def rejects(p: float, *, level: float) -> bool:
    """Whether a p-value is small enough: p ≤ 1 − level, but for float noise.

    1 − 0.9 is 0.09999999999999998, and 3 against 3 reps can reach a p of just 0.1.
    """
    return p <= 1 - level + 1e-12
