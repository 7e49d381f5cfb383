"""One treatment against the control in one outcome, by every method of its unit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from analysis.estimate import Interval, Result


@dataclass(frozen=True, slots=True)
class Adjusted:
    """The primary's p-value and interval, corrected for the other treatments compared."""

    p: float  # at most alpha just when Holm rejects a difference of 0
    ci: Interval  # excludes 0 just then
    level: float  # of this interval alone, at least the comparison's own

    def as_dict(self) -> dict[str, Any]:
        """The correction as `stagelift analyse` prints it."""
        return {"p": self.p, "ci": list(self.ci), "level": self.level}


@dataclass(frozen=True, slots=True)
class Comparison:
    """One treatment against the control in one outcome, by every method of its unit."""

    primary: str  # the method that decides
    estimates: Mapping[str, Result]  # the primary first
    adjusted: Adjusted | None = None  # with several treatments, if the primary has an estimate
    dunnett: Adjusted | None = None  # beside it, where leads were split without strata

    @property
    def result(self) -> Result:
        """The primary's."""
        return self.estimates[self.primary]

    def as_dict(self) -> dict[str, Any]:
        """The comparison as `stagelift analyse` prints it."""
        estimates = {name: result.as_dict() for name, result in self.estimates.items()}
        corrections = {"adjusted": self.adjusted, "dunnett": self.dunnett}
        corrected = {name: each.as_dict() for name, each in corrections.items() if each}
        return {"primary": self.primary, "estimates": estimates} | corrected
