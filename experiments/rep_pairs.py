"""A split team's design and its outcomes, brought together for the methods of unit `rep`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from analysis.pairs import RepPair
from analysis.rep_level import rep_rates, why_too_thin
from analysis.shifts import Shifts
from analysis.splits import Splits
from analysis.sufficient import Bools, RepTotals
from assignment.design import Design, Labels, redraws

# Fewer reps in a variant have no spread to measure a difference against.
FEWEST_REPS = 2
Redrawn = dict[tuple[int, bytes], tuple[Splits, bool]]
"""By treatment and which reps have leads: their re-draws, and whether these are all."""


def rep_pairs(
    design: Design,
    labels: Labels,
    outcomes: Mapping[str, RepTotals],
    *,
    variants: Sequence[str],
    control: int,
    rng: np.random.Generator,
    drawn: Redrawn | None = None,
) -> dict[str, dict[str, RepPair]]:
    """Each treatment beside the control, with the re-draws of the two.

    A pair is re-drawn within its two variants and among its reps who have leads; everybody else
    keeps the variant that the split gave. A rep without leads has no rate to compare.

    Args:
        design: The split's, over G units.
        labels: Each unit's variant as an index into `variants`, shape (G,).
        outcomes: By name, the totals of units of the design, in any order.
        variants: Names in the plan's order.
        control: The control's index.
        rng: For re-draws when there are too many to list.
        drawn: Re-draws of the same design that were made before, and kept here.
    Returns:
        By outcome, then by treatment in the plan's order.
    """
    drawn = {} if drawn is None else drawn

    def pair(totals: RepTotals, treatment: int) -> RepPair:
        free = np.isin(labels, [control, treatment]) & totals.has_leads
        key = (treatment, free.tobytes())
        # Outcomes of the same leads share their re-draws.
        if key not in drawn:
            again = redraws(design.among(free, labels), rng)
            drawn[key] = Splits(_comparable(again.labels == treatment)), again.exact
        return RepPair(totals.of(free), labels[free] == treatment, *drawn[key])

    treatments = [index for index in range(len(variants)) if index != control]
    ordered = {name: totals.in_order(design.units) for name, totals in outcomes.items()}
    found = {
        name: {variants[index]: pair(totals, index) for index in treatments}
        for name, totals in ordered.items()
    }
    _expect([each for pairs in found.values() for each in pairs.values()])
    return found


def _expect(pairs: Sequence[RepPair]) -> None:
    """Let the outcomes that share their re-draws be summed up together."""
    for pair in pairs:
        rates = rep_rates(pair.totals)
        if why_too_thin(rates, pair.treated) is None:
            Shifts.expect(rates, pair.treated, Splits.of(pair.redraws))


def _comparable(treated: Bools) -> Bools:
    """The re-draws that give both variants a spread, shape (B', G).

    Where reps joined by chance a variant may end up with hardly anybody. A split like that would
    not have been judged either, so that the test is one among those that would.
    """
    sizes = np.count_nonzero(treated, axis=1)
    kept = (sizes >= FEWEST_REPS) & (sizes <= treated.shape[1] - FEWEST_REPS)
    return treated[kept] if kept.any() else treated
