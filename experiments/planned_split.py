"""How a plan's units were split, as its text records it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from assignment.balance import Balance
from experiments.baseline import Trait
from experiments.experiment import SplitDesign

HASH = "hash"
"""The kind of a split of leads."""


@dataclass(frozen=True, slots=True)
class Split:
    """How units were split, so that it can be drawn again.

    For reps: `units` in the order of a draw, by the design that `kind` names, from `seed`.
    For leads: a hash with `salt`; then `units` and `sizes` are empty.

    Attributes:
        sizes: Units of each variant.
        strata: The team of each unit, where teams were split separately.
        covariates: What `baseline` says, where pairs, balance or the test rest on it.
        baseline: Each unit's values from before the test.
        limit: The largest imbalance that was accepted.
        tried: How many splits were drawn up to the one that was.
    """

    kind: str
    seed: int
    salt: str
    units: tuple[str, ...]
    sizes: tuple[int, ...]
    strata: Mapping[str, str] = field(default_factory=dict)
    covariates: tuple[str, ...] = ()
    baseline: Mapping[str, list[float]] = field(default_factory=dict)
    limit: float | None = None
    tried: int | None = None

    @property
    def design(self) -> SplitDesign | None:
        """How reps were split; None where leads were."""
        return None if self.kind == HASH else SplitDesign(self.kind)


@dataclass(frozen=True, slots=True)
class TraitBalance:
    """One value from before, variant by variant in the plan's order."""

    trait: Trait
    balance: Balance

    @classmethod
    def read(cls, written: Mapping[str, Any]) -> TraitBalance:
        """The one of a plan's text."""
        figures = {name: tuple(values) for name, values in written["balance"].items()}
        return cls(Trait(written["trait"]), Balance(**figures))


@dataclass(frozen=True, slots=True)
class BalanceTable:
    """How alike the variants were before.

    Attributes:
        taken: By the split that was taken; a row a trait.
        first: By the seed's first draw, which a design that draws until variants are alike may
            have passed over; empty for other designs, which take it.
    """

    taken: tuple[TraitBalance, ...]
    first: tuple[TraitBalance, ...] = ()

    @classmethod
    def read(cls, written: Mapping[str, Any] | None) -> BalanceTable | None:
        """The one of a plan's text; plans of older versions have none."""
        if not written:
            return None
        return cls(*(tuple(map(TraitBalance.read, written[name])) for name in ("taken", "first")))
