"""How alike a split leaves its variants: what is frozen at launch, and how rare that is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from analysis.checks import Contrast, by_redraws, by_unit
from analysis.sufficient import Floats
from assignment.balance import balance
from assignment.design import Labels, redraws
from experiments.baseline import Baseline, Trait
from experiments.experiment import SplitDesign
from experiments.money import from_minor
from experiments.plan import Plan, PlannedVariant
from experiments.planned_split import BalanceTable, TraitBalance
from experiments.split import design_of, drawn_labels, first_labels, label_array, redraw_generator

Contrasts = list[tuple[PlannedVariant, Contrast]]
"""Each treatment's reps beside the control's."""

# So many draws tell a p of one in a hundred well enough from a usual one.
_SAMPLED = 4999
# Fewer reps in a variant have no spread to measure a difference against.
_FEWEST = 2


def balance_of(plan: Plan, baseline: Baseline) -> BalanceTable:
    """The balance of a plan's split; of a crossover's, by the variant that reps begin with."""
    taken = _table(plan, baseline, drawn_labels(plan))
    first = first_labels(plan)
    return BalanceTable(taken, () if first is None else _table(plan, baseline, first))


def contrasts(plan: Plan, trait: Trait) -> Contrasts:
    """Each treatment's reps beside the control's, by what was known of them before.

    Among splits that are balanced by choice a difference is as rare as it is among those that
    the design accepts; else it is judged by Welch's t.
    """
    if plan.baseline is None:
        return []
    values, labels = _values(plan, plan.baseline, trait), label_array(drawn_labels(plan))
    return [(each, _contrast(plan, values, labels, each)) for each in plan.treatments]


def uneven_teams(plan: Plan) -> tuple[str, ...]:
    """Teams, split by themselves, of which some variant holds another part than others do.

    Where an odd team's rep goes is settled before the draw, so every re-draw has the same parts:
    the test keeps its promise, but the variants' averages differ by what the teams differ.
    """
    strata = plan.split.strata
    if not strata:
        return ()
    members = Counter(
        (strata[unit], label)
        for unit, label in zip(plan.split.units, drawn_labels(plan), strict=True)
    )
    sizes = plan.split.sizes
    return tuple(
        team
        for team in sorted(set(strata.values()))
        if len({Fraction(members[team, at], size) for at, size in enumerate(sizes)}) > 1
    )


def means_of(plan: Plan, found: Contrasts) -> list[tuple[PlannedVariant, float | None]]:
    """Each variant's mean, the control's first."""
    control = [(plan.control, each.control) for _, each in found[:1]]
    return control + [(variant, each.treatment) for variant, each in found]


def in_major(plan: Plan, trait: Trait, value: float) -> float:
    """A trait in the unit that people read: deal sizes in units of their currency."""
    if trait is not Trait.DEAL_SIZE or plan.baseline is None:
        return value
    return float(from_minor(round(value), plan.baseline.currency))


def _contrast(plan: Plan, values: Floats, labels: Labels, variant: PlannedVariant) -> Contrast:
    control, treatment = plan.variants.index(plan.control), plan.variants.index(variant)
    known = ~np.isnan(values)
    sides = [values[known & (labels == at)] for at in (control, treatment)]
    balanced = plan.split.design is SplitDesign.RERANDOMISED
    if not balanced or min(map(len, sides)) < _FEWEST:
        return by_unit(*sides)
    free = known & np.isin(labels, [control, treatment])
    again = redraws(
        design_of(plan).among(free, labels),
        redraw_generator(plan),
        listable=_SAMPLED,
        sampled=_SAMPLED,
    )
    treated = labels[free] == treatment
    return by_redraws(values[free], treated, again.labels == treatment, exact=again.exact)


def _table(plan: Plan, baseline: Baseline, drawn: Sequence[int]) -> tuple[TraitBalance, ...]:
    labels, control = label_array(drawn), plan.variants.index(plan.control)
    return tuple(
        TraitBalance(
            trait,
            balance(
                _values(plan, baseline, trait),
                labels,
                variants=len(plan.variants),
                control=control,
            ),
        )
        for trait in Trait
    )


def _values(plan: Plan, baseline: Baseline, trait: Trait) -> Floats:
    """A trait of each unit in the order of a draw, NaN where it is not known."""
    known = baseline.of(trait)
    return np.array([known.get(unit) for unit in plan.split.units], dtype=np.float64)
