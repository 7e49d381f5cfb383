"""Planned looks in a table of leads: which of them saw a lead's outcome first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from analysis.pairs import LeadLooks, LeadPair, RepLooks
from analysis.planned_looks import LookPlan
from analysis.sufficient import Floats
from experiments.lead_table.counts import Counted, Group
from experiments.lead_table.numbers import refused_at
from experiments.lead_table.source import LeadTable
from experiments.lead_table.sums import rep_totals


def numbered(
    leads: LeadTable, column: str, counted: Counted, plan: LookPlan
) -> dict[str, list[Group]]:
    """The groups with the number of their look as a whole one.

    Raises:
        Refused: for a look that was not planned, naming the first row with it.
    """
    planned = len(plan.information)
    numbers = {}
    for said in {group.look for groups in counted.values() for group in groups}:
        number = _whole(said)
        if number is None or not 1 <= number <= planned:
            text = "{said} is not the number of a look: those planned are 1 to {planned}."
            raise refused_at(leads, {column: said}, column, text, said=said, planned=planned)
        numbers[said] = str(number)
    return {
        outcome: [replace(group, look=numbers[group.look]) for group in groups]
        for outcome, groups in counted.items()
    }


def latest_look(groups: Sequence[Group]) -> int:
    """The number of the latest look that saw any of the leads."""
    return max(int(group.look) for group in groups)


def so_far(plan: LookPlan, latest: int) -> LookPlan:
    """The looks of a plan up to the latest."""
    return LookPlan(plan.information[:latest], plan.spending)


def rep_looks(reps: Sequence[str], groups: Sequence[Group], plan: LookPlan) -> RepLooks:
    """Each rep's rate at every look so far, NaN without leads.

    Args:
        plan: Of these looks.
    """
    place = {rep: at for at, rep in enumerate(reps)}
    rates: Floats = np.full((len(plan.information), len(reps)), np.nan)
    for at in range(len(rates)):
        seen = [group for group in groups if int(group.look) <= at + 1 and group.rep in place]
        totals = rep_totals(seen) if seen else None
        for rep, rate in zip(totals.reps, totals.total / totals.n, strict=True) if totals else ():
            rates[at, place[rep]] = rate
    return RepLooks(plan, rates)


def lead_looks(
    pair: LeadPair, control: Sequence[Group], treatment: Sequence[Group], plan: LookPlan
) -> LeadPair:
    """The pair with how much each look knew; those that knew nothing new are left out.

    Args:
        plan: Of the looks so far.
    """
    known: dict[float, float] = {}
    for at, share in enumerate(plan.information):
        information = _information(control, treatment, at + 1, by_stratum=bool(pair.strata))
        # Of looks that knew the same, the latest counts.
        known[information] = share
    known.pop(0.0, None)
    spent = LookPlan(tuple(known[each] for each in sorted(known)), plan.spending)
    return replace(pair, looks=LeadLooks(spent, tuple(sorted(known))))


def _information(
    control: Sequence[Group], treatment: Sequence[Group], look: int, *, by_stratum: bool
) -> float:
    """One over the variance of the difference, but for the rate that all looks share."""
    sizes: dict[str, list[int]] = {}
    for arm, groups in enumerate((control, treatment)):
        for group in groups:
            if int(group.look) <= look:
                of = sizes.setdefault(group.stratum if by_stratum else "", [0, 0])
                of[arm] += group.n
    return sum(n0 * n1 / (n0 + n1) for n0, n1 in sizes.values())


def _whole(said: str) -> int | None:
    try:
        number = float(said)
    except ValueError:
        return None
    return int(number) if number.is_integer() else None
