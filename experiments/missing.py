"""Of how many leads something is missing, and whether one variant lacks more of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.checks import Contrast, by_lead, by_unit
from analysis.sufficient import Counts, Floats
from experiments.experiment import Unit
from experiments.plan import Plan, PlannedVariant

# A variant's id, the leads of one unit of the split, and of how many something is missing.
Part = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Missing:
    """What is missing.

    Attributes:
        of_variants: Each variant's leads, and of how many of them something is missing.
        least_p: The most striking p of a treatment against the control, at the unit that was
            split; None where it cannot be told, or where nothing is missing at all.
    """

    of_variants: tuple[tuple[PlannedVariant, int, int], ...]
    least_p: float | None

    @property
    def share(self) -> float | None:
        """Of all leads; None where there are none."""
        leads = sum(each[1] for each in self.of_variants)
        return sum(each[2] for each in self.of_variants) / leads if leads else None


def missing(plan: Plan, parts: Sequence[Part]) -> Missing:
    """Sum up, and compare each treatment with the control."""
    sums = [_sum(parts, variant.id) for variant in plan.variants]
    of_variants = zip(plan.variants, sums, strict=True)
    contrasts = [_contrast(plan, parts, each.id) for each in plan.treatments]
    known = [each.p for each in contrasts if each.p is not None] if any(s[1] for s in sums) else []
    return Missing(
        tuple((variant, leads, affected) for variant, (leads, affected) in of_variants),
        min(known, default=None),
    )


def _sum(parts: Sequence[Part], variant_id: int) -> tuple[int, int]:
    mine = [part for part in parts if part[0] == variant_id]
    return sum(part[1] for part in mine), sum(part[2] for part in mine)


def _contrast(plan: Plan, parts: Sequence[Part], treatment: int) -> Contrast:
    control = plan.control.id
    if plan.unit is Unit.REP or plan.by_account:
        return by_unit(_shares(parts, control), _shares(parts, treatment))
    return by_lead(_counts(parts, control), _counts(parts, treatment))


def _shares(parts: Sequence[Part], variant_id: int) -> Floats:
    mine = [part for part in parts if part[0] == variant_id and part[1]]
    return np.array([affected / leads for _variant, leads, affected in mine], dtype=np.float64)


def _counts(parts: Sequence[Part], variant_id: int) -> Counts | None:
    leads, affected = _sum(parts, variant_id)
    return Counts(leads, affected) if leads else None
