"""How reps or leads are split, and how much of the reps' differences each way leaves as noise."""

from __future__ import annotations

from enum import StrEnum
from math import ceil, comb, prod

import numpy as np
from scipy.special import chdtr, chdtri, ndtri

from analysis.sufficient import Floats

# One value is balanced, and as the product has it: in the best tenth of all splits, and at least
# a thousand.
_BALANCED_ON = 1
_ACCEPTED = 0.1
_FEWEST_ACCEPTABLE = 1000


class Design(StrEnum):
    """Who or what is split, and how."""

    COMPLETE = "complete"  # reps, by chance alone
    BY_TEAM = "by_team"  # reps, each team by itself
    PAIRED = "paired"  # reps, within pairs who did alike before
    RERANDOMISED = "rerandomised"  # reps, drawn until the variants did alike before
    CROSSOVER = "crossover"  # each rep follows both, one after the other, in a drawn order
    LEADS = "leads"  # the leads of each rep

    @property
    def splits_leads(self) -> bool:
        """Whether a rep's leads fall into both variants."""
        return self in (Design.LEADS, Design.CROSSOVER)

    @property
    def splits_reps(self) -> bool:
        """Whether a rep follows one variant only."""
        return not self.splits_leads

    @property
    def uses_past(self) -> bool:
        """Whether it is drawn by what is known of the reps from before."""
        return self in (Design.PAIRED, Design.RERANDOMISED)


def kept(
    design: Design, k: int, correlation: float, *, adjusted: bool = False, strata: int = 2
) -> tuple[float, int]:
    """The share of a complete split's variance that a design of reps keeps, and its df.

    Args:
        k: Reps per variant.
        correlation: Of reps' rates with what is known of them from before.
        adjusted: Whether that is a covariate of the test too.
        strata: Teams, where each is split by itself.
    Raises:
        ValueError: where so few reps cannot be split so, or leave no degree of freedom.
    References:
        Cochran (1957), Biometrics 13:261, for a covariate; Morgan & Rubin (2012), Annals of
        Statistics 40:1263, theorem 3.2, for re-randomisation.
    """
    df = _df(design, k, strata) - adjusted
    if df < 1:
        raise ValueError(f"reps_per_variant is too few, {k}, for this design")
    left = _imbalance_left(design, k)
    explained = correlation**2
    if not adjusted:
        return 1 - explained * (1 - left), df
    # What a fit costs: the split and the covariate go together a little by chance, the less so
    # the better the design has balanced it.
    return (1 - explained) * (1 + left / max(2 * k - 4, 1)), df


def _df(design: Design, k: int, strata: int) -> int:
    if design is Design.PAIRED:
        return k - 1
    return 2 * k - 2 - (strata - 1 if design is Design.BY_TEAM else 0)


def _imbalance_left(design: Design, k: int) -> float:
    """The share of chance's imbalance in what is known from before that a design lets through."""
    if design is Design.BY_TEAM:
        return 0.0
    if design is Design.PAIRED:
        return unlike_in_pairs(normal_scores(2 * k))
    if design is Design.RERANDOMISED:
        ways = comb(2 * k, k)
        if ways < _FEWEST_ACCEPTABLE:
            raise ValueError(f"reps_per_variant is 7 or more to be rerandomised, not {k}")
        edge = chdtri(_BALANCED_ON, 1 - max(_ACCEPTED, _FEWEST_ACCEPTABLE / ways))
        return float(chdtr(_BALANCED_ON + 2, edge) / chdtr(_BALANCED_ON, edge))
    return 1.0


def normal_scores(count: int) -> Floats:
    """What so many values from a normal distribution typically are, of mean 0 and spread 1.

    Args:
        count: At least 2.
    Returns:
        In rising order, shape (count,).
    References:
        Blom (1958), Statistical Estimates and Transformed Beta-Variables.
    """
    scores = ndtri((np.arange(1, count + 1) - 0.375) / (count + 0.25))
    found: Floats = scores / np.sqrt(np.mean(scores**2))
    return found


def unlike_in_pairs(values: Floats) -> float:
    """How unlike neighbours are, over how unlike any two are.

    Args:
        values: An even number of them in rising order, of spread 1.
    """
    pairs = values.reshape(-1, 2)
    spread = float(values @ values) / (len(values) - 1)
    return float(np.mean((pairs[:, 1] - pairs[:, 0]) ** 2)) / 2 / spread


def smallest_p(design: Design, k: int, *, strata: int = 2) -> float:
    """The least p that a test of so few reps can have at all; 0 where leads are split.

    Args:
        k: Reps per variant; in a crossover half of all.
        strata: Teams of equal size, where each is split by itself.
    """
    if design is Design.LEADS:
        return 0.0
    ways = comb(2 * k, k)
    if design is Design.PAIRED:
        ways = 2**k
    elif design is Design.BY_TEAM:
        share, more = divmod(2 * k, strata)
        sizes = [share + (at < more) for at in range(strata)]
        ways = prod(comb(size, size // 2) for size in sizes)
    elif design is Design.RERANDOMISED:
        ways = max(_FEWEST_ACCEPTABLE, ceil(_ACCEPTED * ways))
    # A split and its mirror image are as extreme.
    return 2 / ways
