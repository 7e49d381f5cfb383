"""Every rep's own rate in a table of leads, raw and as it is best guessed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis.shrinkage import ShrunkenRate, shrunken_rates
from experiments.lead_table.counts import Group
from experiments.lead_table.sums import rep_totals


@dataclass(frozen=True, slots=True)
class RepRate:
    """A rep's rate in one variant; `shrunken` is `None` where the variances cannot be told."""

    variant: str
    rep: str
    leads: int
    raw: float
    shrunken: ShrunkenRate | None

    def as_dict(self) -> dict[str, Any]:
        """The rate as `stagelift analyse --json` prints it."""
        guess = self.shrunken
        return {
            "variant": self.variant,
            "rep": self.rep,
            "leads": self.leads,
            "raw": self.raw,
            "shrunken": guess.shrunken if guess else None,
            "weight": guess.weight if guess else None,
            "ci": list(guess.interval) if guess else None,
        }


def rep_rates_of(arms: Mapping[str, Sequence[Group]], *, level: float) -> tuple[RepRate, ...]:
    """The rates of each variant's reps, in order of variant and name: never of the rates."""
    totals = [rep_totals(arm) for arm in arms.values()]
    guesses = shrunken_rates(totals, level=level) or [[None] * len(each.reps) for each in totals]
    return tuple(
        RepRate(variant, rep, int(n), float(total / n), guess)
        for variant, each, guessed in zip(arms, totals, guesses, strict=True)
        for rep, n, total, guess in zip(each.reps, each.n, each.total, guessed, strict=True)
    )
