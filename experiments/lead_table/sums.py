"""Groups of a table's leads, added up as the methods take them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from analysis.lead_covariate import Joint
from analysis.proportion import Stratum
from analysis.sufficient import Amounts, Counts, Floats, RepTotals
from experiments.lead_table.counts import Group


def rep_totals(groups: Sequence[Group]) -> RepTotals:
    """The leads of each rep, whatever their stratum."""
    centre = mean_of(groups)
    reps = sorted({group.rep for group in groups})
    place = {rep: index for index, rep in enumerate(reps)}
    n = np.zeros(len(reps), dtype=np.int64)
    total, squares = np.zeros(len(reps)), np.zeros(len(reps))
    for group in groups:
        index = place[group.rep]
        n[index] += group.n
        total[index] += group.n * group.mean
        squares[index] += group.n * (group.variance + (group.mean - centre) ** 2)
    return RepTotals(tuple(reps), n, total, squares, centre)


def counts(groups: Sequence[Group]) -> Counts:
    """All leads, and how many have an outcome of 1."""
    return Counts(sum(group.n for group in groups), sum(map(_reached, groups)))


def amounts(groups: Sequence[Group]) -> Amounts:
    """All leads and their amounts."""
    mean = mean_of(groups)
    squares = sum(group.n * (group.variance + (group.mean - mean) ** 2) for group in groups)
    return Amounts(sum(group.n for group in groups), mean, squares)


def joint(groups: Sequence[Group]) -> Joint:
    """All leads by their outcome and their value from before."""
    n, y, x = sum(group.n for group in groups), mean_of(groups), _mean_covariate(groups)
    sums = {"yy": 0.0, "xx": 0.0, "yx": 0.0}
    for group in groups:
        off_y, off_x = group.mean - y, (group.covariate or 0.0) - x
        sums["yy"] += group.n * (group.variance + off_y**2)
        sums["xx"] += group.n * (group.covariate_variance + off_x**2)
        sums["yx"] += group.n * (group.covariance + off_y * off_x)
    return Joint(n, y, x, **sums)


def _mean_covariate(groups: Sequence[Group]) -> float:
    return float(np.average([g.covariate for g in groups], weights=[g.n for g in groups]))


def strata(control: Sequence[Group], treatment: Sequence[Group]) -> tuple[Stratum, ...]:
    """Two variants' leads by stratum; a stratum without leads of both compares nothing."""
    shared = {group.stratum for group in control} & {group.stratum for group in treatment}
    return tuple(
        Stratum(
            *(
                counts([group for group in arm if group.stratum == stratum])
                for arm in (control, treatment)
            )
        )
        for stratum in sorted(shared)
    )


def amounts_within(
    control: Sequence[Group], treatment: Sequence[Group]
) -> tuple[tuple[Amounts, Amounts], ...]:
    """Two variants' amounts by stratum; a stratum without leads of both compares nothing."""
    shared = {group.stratum for group in control} & {group.stratum for group in treatment}

    def within(arm: Sequence[Group], stratum: str) -> Amounts:
        return amounts([group for group in arm if group.stratum == stratum])

    return tuple((within(control, each), within(treatment, each)) for each in sorted(shared))


def mean_by_rep(
    reps: Sequence[str], groups: Sequence[Group], value: Callable[[Group], float | None]
) -> Floats | None:
    """The mean of a value over each rep's leads, shape (G,); `None` where it is not known."""
    place = {rep: index for index, rep in enumerate(reps)}
    n, total = np.zeros(len(reps)), np.zeros(len(reps))
    for group in groups:
        known = value(group)
        if known is not None and group.rep in place:
            n[place[group.rep]] += group.n
            total[place[group.rep]] += group.n * known
    return total / n if n.all() else None


def without_largest(groups: Sequence[Group]) -> list[Group]:
    """The same leads but for the one with the largest outcome."""
    of_largest = max(range(len(groups)), key=lambda at: groups[at].largest)
    left = list(groups)
    group = left.pop(of_largest)
    if group.n > 1:
        n = group.n - 1
        mean = group.mean + (group.mean - group.largest) / n
        squares = group.n * group.variance - (group.largest - group.mean) * (group.largest - mean)
        left.append(replace(group, n=n, mean=mean, variance=max(squares / n, 0.0)))
    return sorted(left, key=lambda each: (each.variant, each.rep, each.stratum, each.segment))


def share_followed(groups: Sequence[Group]) -> float | None:
    """The share of all leads that were followed up; `None` where that was not recorded."""
    shares = [group.followed for group in groups if group.followed is not None]
    if not shares:
        return None
    return float(np.average(shares, weights=[group.n for group in groups]))


def mean_of(groups: Sequence[Group]) -> float:
    """The mean outcome of all leads, each counting once."""
    return float(np.average([g.mean for g in groups], weights=[g.n for g in groups]))


def _reached(group: Group) -> int:
    return round(group.n * group.mean)
