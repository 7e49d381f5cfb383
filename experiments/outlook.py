"""What the past says of a team: its rate, how its reps differ, how far it foretells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.icc import anova, anova_icc
from analysis.spread import variation, variation_interval
from analysis.sufficient import RepTotals
from experiments.sales_history import SalesHistory


@dataclass(frozen=True, slots=True)
class Spread:
    """How much reps differed in some weeks of the past.

    Args:
        rate: The average rep's.
        icc: How alike one rep's leads were; `None` where that cannot be told.
        icc_interval: Its 95% interval.
        cv: Of leads per rep: standard deviation over mean.
        cv_interval: Its 95% interval; the upper end `None` where there is no bound.
    """

    rate: float
    icc: float | None
    icc_interval: tuple[float, float] | None
    cv: float
    cv_interval: tuple[float, float | None]


def spread_of(history: SalesHistory, weeks: int) -> Spread:
    """How much the reps differed in the latest weeks, of which two or more had leads."""
    leads, reached = history.latest(weeks)
    some = leads > 0
    leads, reached = leads[some], reached[some]
    names = [name for name, has in zip(history.reps, some, strict=True) if has]
    totals = [RepTotals.of_counts(names, leads, reached)]
    table = anova(totals)
    return Spread(
        rate=float(np.mean(reached / leads)),
        icc=anova_icc(totals),
        icc_interval=None if table is None else table.interval(),
        cv=variation(leads),
        cv_interval=variation_interval(leads),
    )
