"""What was counted of reps, added up for one metric as the methods take it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from analysis.sufficient import Counts, RepTotals
from experiments.counting import RepCount
from experiments.metric import Metric


def rep_totals(names: Mapping[int, str], rows: Sequence[RepCount], metric: Metric) -> RepTotals:
    """Each named rep's matured leads, and the metric's sums over them.

    Args:
        names: What a rep is called, by id; others are left out.
    """
    mine = [row for row in rows if row.matured and row.rep_id in names]
    return RepTotals.of_counts(
        [names[row.rep_id] for row in mine],
        [row.matured for row in mine],
        [row.reached[metric.milestone] for row in mine],
    )


def counts(rows: Sequence[RepCount], metric: Metric) -> Counts:
    """All matured leads, at least one, and those that reached the milestone of a share."""
    leads = sum(row.matured for row in rows)
    return Counts(leads, sum(row.reached[metric.milestone] for row in rows))
