"""What is asked of a table of leads, and what is answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from analysis.comparison import Comparison
from analysis.icc import Anova, design_effect
from analysis.methods import Unit
from analysis.planned_looks import LookPlan
from experiments.lead_table.columns import Columns
from experiments.lead_table.ratios import Ratios
from experiments.lead_table.recorded import Recorded
from experiments.lead_table.rep_rates import RepRate
from experiments.lead_table.segments import Tested, as_dict


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What to compare, and how."""

    columns: Columns
    unit: Unit
    control: str | None = None
    level: float = 0.95
    seed: int = 0  # of the re-draws, where there are too many to list
    paired: bool = False  # the strata are pairs of reps
    crossover: bool = False  # the strata are periods, and each rep followed both variants
    looks: LookPlan | None = None  # all that were planned, where there is a column of the look
    recorded: Recorded | None = None  # how reps were split, where a file tells
    each_rep: bool = False  # tell every rep's own rate, too
    by_account: bool = False  # the reps are accounts, whose leads were split together


@dataclass(frozen=True, slots=True)
class VariantLeads:
    """A variant's leads, and its two averages of the outcome."""

    variant: str
    reps: int | None  # `None` without a column of the rep
    leads: int
    average_rep: float | None  # each rep counts once
    average_lead: float  # each lead counts once
    followed: float | None = None  # the share of its leads, where that was recorded
    accounts: int | None = None  # where those were split

    def as_dict(self) -> dict[str, Any]:
        """The variant as `stagelift analyse --json` prints it."""
        told = asdict(self)
        for name in ("followed", "accounts"):
            if told[name] is None:
                del told[name]
        return told


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike one rep's leads are, and what that costs; `None` where it cannot be told."""

    icc: float | None = None
    icc_ci: tuple[float, float] | None = None
    design_effect: float | None = None

    @classmethod
    def of(cls, found: Anova | None, leads: Sequence[int], level: float) -> Likeness:
        """What an analysis of variance of so many leads of each rep tells."""
        if found is None or found.icc is None:
            return cls()
        return cls(found.icc, found.interval(level), design_effect(found.icc, leads))


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeAnalysis:
    """The answer for one outcome.

    Attributes:
        of_amounts: Whether any value is neither 0 nor 1: amounts are compared then, not rates.
        likeness: Of the leads of one rep, within variants.
        groups: The control's first.
        comparisons: By treatment.
        heterogeneity: By treatment, where the effect may differ between segments.
        trimmed: By treatment, the same without the one largest amount.
        ratios: The outcome's sum over another column's, where that was asked.
        rep_rates: Every rep's own, where that was asked.
    """

    outcome: str
    of_amounts: bool
    likeness: Likeness
    groups: tuple[VariantLeads, ...]
    comparisons: Mapping[str, Comparison]
    heterogeneity: Mapping[str, Tested]
    trimmed: Mapping[str, Comparison]
    ratios: Ratios | None
    rep_rates: tuple[RepRate, ...] | None

    def as_dict(self) -> dict[str, Any]:
        """What describes the leads by this outcome, without the comparisons."""
        told: dict[str, Any] = {
            "measure": "amount" if self.of_amounts else "rate",
            **asdict(self.likeness),
            "groups": [group.as_dict() for group in self.groups],
        }
        if self.ratios is not None:
            told["ratios"] = self.ratios.as_dict()
        if self.rep_rates is not None:
            told["rep_rates"] = [rate.as_dict() for rate in self.rep_rates]
        return told

    def beside(self, variant: str) -> dict[str, Any]:
        """What stands beside one treatment's comparison."""
        told: dict[str, Any] = {}
        if variant in self.heterogeneity:
            told["heterogeneity"] = as_dict(self.heterogeneity[variant])
        if variant in self.trimmed:
            told["without_largest"] = self.trimmed[variant].result.as_dict()
        return told


@dataclass(frozen=True, slots=True)
class TableAnalysis:
    """The answer to a question.

    Attributes:
        outcomes: In the question's order.
        family: With several, by outcome and treatment, p corrected for all of them.
        look: The number of the latest planned look, where the leads were looked at.
    """

    question: Question
    outcomes: tuple[OutcomeAnalysis, ...]
    family: Mapping[tuple[str, str], float]
    look: int | None = None

    @property
    def first(self) -> OutcomeAnalysis:
        """The first outcome, which describes the leads."""
        return self.outcomes[0]

    def as_dict(self) -> dict[str, Any]:
        """The answer as `stagelift analyse --json` prints it."""
        told: dict[str, Any] = {
            "unit": self.question.unit.value,
            "control": self.first.groups[0].variant,
            "level": self.question.level,
        }
        if self.look is not None:
            told["look"] = self.look
        told |= self.first.as_dict()
        if len(self.outcomes) > 1:
            told["outcomes"] = [{"outcome": e.outcome} | e.as_dict() for e in self.outcomes]
        return told | {"comparisons": [*self._comparisons()]}

    def _comparisons(self) -> list[dict[str, Any]]:
        return [
            {"variant": variant, "outcome": each.outcome}
            | comparison.as_dict()
            | self._corrected(each.outcome, variant)
            | each.beside(variant)
            for each in self.outcomes
            for variant, comparison in each.comparisons.items()
        ]

    def _corrected(self, outcome: str, variant: str) -> dict[str, float]:
        p = self.family.get((outcome, variant))
        return {} if p is None else {"family_p": p}
