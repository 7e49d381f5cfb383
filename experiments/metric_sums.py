"""What was counted of reps, added up for one metric as the methods take it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from analysis.sufficient import Amounts, Counts, RepTotals
from experiments.counting import RepCount
from experiments.metric import Kind, Metric


def rep_totals(names: Mapping[int, str], rows: Sequence[RepCount], metric: Metric) -> RepTotals:
    """Each named rep's matured leads, and the metric's sums over them.

    Args:
        names: What a rep is called, by id; others are left out.
    """
    mine = [row for row in rows if row.matured and row.rep_id in names]
    if metric.kind is Kind.VALUE:
        return _value_totals(names, mine)
    return RepTotals.of_counts(
        [names[row.rep_id] for row in mine],
        [row.matured for row in mine],
        [row.reached[metric.milestone] for row in mine],
    )


def amounts(rows: Sequence[RepCount]) -> Amounts | None:
    """All matured leads whose value is known, and their won value; None without any."""
    values = [row.value for row in rows if row.value is not None and row.value.n]
    n = sum(each.n for each in values)
    if not n:
        return None
    # All are summed about the one centre of the plan.
    off = sum(each.off_centre for each in values) / n
    squares = sum(each.squares for each in values) - n * off**2
    return Amounts(n, values[0].centre + off, max(squares, 0.0))


def _value_totals(names: Mapping[int, str], rows: Sequence[RepCount]) -> RepTotals:
    mine = [(names[row.rep_id], row.value) for row in rows if row.value and row.value.n]
    return RepTotals(
        tuple(rep for rep, _ in mine),
        np.array([value.n for _, value in mine], dtype=np.int64),
        np.array([value.total for _, value in mine], dtype=np.float64),
        np.array([value.squares for _, value in mine], dtype=np.float64),
        mine[0][1].centre if mine else 0.0,
    )


def counts(rows: Sequence[RepCount], metric: Metric) -> Counts:
    """All matured leads, at least one, and those that reached the milestone of a share."""
    leads = sum(row.matured for row in rows)
    return Counts(leads, sum(row.reached[metric.milestone] for row in rows))
