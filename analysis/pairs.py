"""What a method compares: two variants' reps, or two variants' leads."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.lead_covariate import Joint
from analysis.planned_looks import LookPlan
from analysis.proportion import Stratum
from analysis.splits import Splits
from analysis.sufficient import Amounts, Bools, Counts, Floats, Ints, RepTotals


@dataclass(frozen=True, slots=True, eq=False)
class RepLooks:
    """What the planned looks saw of a pair's reps, up to the latest.

    Attributes:
        plan: Of these looks.
        rates: Each rep's mean outcome at each look, NaN without leads, shape (K, G); the latest
            look's are those of the pair's totals.
    """

    plan: LookPlan
    rates: Floats


@dataclass(frozen=True, slots=True)
class LeadLooks:
    """How much the planned looks knew of a pair's leads, up to the latest."""

    plan: LookPlan
    information: tuple[float, ...]
    """One over the variance of the difference at each look; only proportions count."""


@dataclass(frozen=True, slots=True, eq=False)
class RepPair:
    """Two variants between which reps were split, and one outcome of theirs.

    Attributes:
        totals: Of the pair's reps who have leads, G of them.
        treated: True for the treatment's reps, shape (G,).
        redraws: What the design could have given for them, shape (B, G); as `Splits` where
            several outcomes share them.
        exact: Whether the redraws are every possible split, each once.
        matched: Which pair a rep was split in, shape (G,); `None` where reps were not paired.
        covariate: A value of each from before the test, shape (G,); `None` without one.
        followed: Share of each one's leads that received the treatment's defining actions, shape
            (G,); `None` where that was not recorded.
        looks: What planned looks saw; `None` where the test is judged once.
    """

    totals: RepTotals
    treated: Bools
    redraws: Bools | Splits
    exact: bool
    matched: Ints | None = None
    covariate: Floats | None = None
    followed: Floats | None = None
    looks: RepLooks | None = None


@dataclass(frozen=True, slots=True)
class LeadPair:
    """Two variants between which leads were split, and one milestone of theirs."""

    control: Counts
    treatment: Counts
    strata: tuple[Stratum, ...] = ()
    """The same leads by rep, team or block; those with leads in one variant only are left out."""
    looks: LeadLooks | None = None
    """What planned looks knew; `None` where the test is judged once."""


@dataclass(frozen=True, slots=True)
class JointPair:
    """Two variants between which leads were split, by an outcome and a value from before."""

    control: Joint
    treatment: Joint


@dataclass(frozen=True, slots=True)
class AmountPair:
    """Two variants between which leads were split, and an amount of theirs."""

    control: Amounts
    treatment: Amounts
    looks: LeadLooks | None = None
    """What planned looks knew; `None` where the test is judged once."""
    strata: tuple[tuple[Amounts, Amounts], ...] = ()
    """The same leads by block, the control's and the treatment's; those of one are left out."""


@dataclass(frozen=True, slots=True, eq=False)
class AccountPair:
    """Two variants between which leads were split so that an account's stay together.

    Attributes:
        totals: Of the pair's accounts that have leads, G of them; a lead of no account is one.
        treated: True for the treatment's accounts, shape (G,).
        looks: What planned looks knew; `None` where the test is judged once.
    """

    totals: RepTotals
    treated: Bools
    looks: LeadLooks | None = None
