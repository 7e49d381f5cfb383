"""A table of reps who followed both variants, one in each of two periods."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analysis.crossover import CrossoverPair
from assignment.design import Complete, redraws, seeded
from experiments.lead_table.counts import Group


def crossover_pair(groups: Sequence[Group], control: str, *, seed: int) -> CrossoverPair:
    """Each rep's mean under both variants, and the orders that could have been drawn.

    The file does not tell how the order was drawn: it is drawn again by complete randomisation,
    with as many reps in each order.

    Args:
        groups: Of two variants, a rep's one in each of two periods, which are their strata.
        seed: Of the re-draws, where there are too many to list.
    """
    reps = tuple(sorted({group.rep for group in groups}))
    second = max({group.stratum for group in groups}, key=_order)
    means = {(group.rep, group.variant == control): group.mean for group in groups}
    treated_later = {
        group.rep for group in groups if group.variant != control and group.stratum == second
    }
    later = np.array([rep in treated_later for rep in reps])
    design = Complete(reps, (int((~later).sum()), int(later.sum())))
    again = redraws(design, seeded(seed))
    return CrossoverPair(
        control=np.array([means[rep, True] for rep in reps]),
        treatment=np.array([means[rep, False] for rep in reps]),
        later=later,
        redraws=again.labels == 1,
        exact=again.exact,
    )


def _order(period: str) -> tuple[bool, float, str]:
    """Numbers in their order, before words in theirs."""
    try:
        return False, float(period), period
    except ValueError:
        return True, 0.0, period
