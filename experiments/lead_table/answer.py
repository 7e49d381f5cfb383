"""What is asked of a table of leads, and what is answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from analysis.comparison import Comparison
from analysis.icc import Anova, design_effect
from analysis.methods import Unit
from experiments.lead_table.counts import Columns
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


@dataclass(frozen=True, slots=True)
class VariantLeads:
    """A variant's leads, and its two averages of the outcome."""

    variant: str
    reps: int | None  # `None` without a column of the rep
    leads: int
    average_rep: float | None  # each rep counts once
    average_lead: float  # each lead counts once
    followed: float | None = None  # the share of its leads, where that was recorded

    def as_dict(self) -> dict[str, Any]:
        """The variant as `stagelift analyse --json` prints it."""
        told = asdict(self)
        if self.followed is None:
            del told["followed"]
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


@dataclass(frozen=True, slots=True)
class TableAnalysis:
    """The answer to a question.

    Attributes:
        likeness: Of the leads of one rep, within variants.
        groups: The control's first.
        comparisons: By treatment.
        heterogeneity: By treatment, where the effect may differ between segments.
        trimmed: By treatment, the same without the one largest amount.
    """

    question: Question
    likeness: Likeness
    groups: tuple[VariantLeads, ...]
    comparisons: Mapping[str, Comparison]
    heterogeneity: Mapping[str, Tested]
    trimmed: Mapping[str, Comparison]

    @property
    def icc(self) -> float | None:
        """The intracluster correlation within variants."""
        return self.likeness.icc

    def as_dict(self) -> dict[str, Any]:
        """The answer as `stagelift analyse --json` prints it."""
        outcome = self.question.columns.outcome
        return {
            "unit": self.question.unit.value,
            "control": self.groups[0].variant,
            "level": self.question.level,
            **asdict(self.likeness),
            "groups": [group.as_dict() for group in self.groups],
            "comparisons": [
                {"variant": variant, "outcome": outcome}
                | comparison.as_dict()
                | self._beside(variant)
                for variant, comparison in self.comparisons.items()
            ],
        }

    def _beside(self, variant: str) -> dict[str, Any]:
        told: dict[str, Any] = {}
        if variant in self.heterogeneity:
            told["heterogeneity"] = as_dict(self.heterogeneity[variant])
        if variant in self.trimmed:
            told["without_largest"] = self.trimmed[variant].result.as_dict()
        return told
