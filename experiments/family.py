"""The metrics beside the primary: a family of their own, corrected for each other."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from analysis.comparison import Comparison
from analysis.crossover import CrossoverPair
from analysis.estimate import Estimate
from analysis.max_t import step_down_max_t
from analysis.multiplicity import holm
from analysis.pairs import RepPair
from analysis.rep_level import rep_rates
from analysis.splits import Splits
from analysis.sufficient import Bools, Floats
from experiments.metric import Metric
from experiments.plan import Plan
from experiments.rep_pairs import FEWEST_REPS

Family = dict[tuple[Metric, str], float]
"""Corrected p-values by metric and treatment."""


Compared = Mapping[Metric, Mapping[str, Comparison]]


def rep_family(
    pairs: Mapping[Metric, Mapping[str, RepPair]], compared: Compared, plan: Plan
) -> Family:
    """By the step-down maximum over the re-draws that all metrics of a pair share."""
    beside = [each for each in pairs if each != plan.primary]
    found: Family = {}
    for variant in plan.treatments if beside else ():
        mine = [pairs[each][variant.key] for each in beside]
        if len({pair.totals.reps for pair in mine}) > 1:
            # A rep of whom no win has a value has a share and no value: nothing is shared.
            found |= lead_family(compared, plan, only=variant.key)
            continue
        pair = mine[0]
        rates = np.stack([rep_rates(pair.totals) for pair in mine])
        ps = _stepped(rates, pair.treated, pair.redraws, exact=pair.exact)
        found |= {(each, variant.key): p for each, p in zip(beside, ps, strict=True) if p}
    return found


def crossover_family(
    pairs: Mapping[Metric, CrossoverPair], compared: Compared, plan: Plan
) -> Family:
    """By the same, on each rep's change from the first period to the second."""
    beside = [each for each in pairs if each != plan.primary]
    if not beside:
        return {}
    if len({len(pairs[each].later) for each in beside}) > 1:
        return lead_family(compared, plan)
    pair, variant = pairs[beside[0]], plan.treatments[0]
    changes = np.stack([pairs[each].changes for each in beside])
    ps = _stepped(changes, pair.later, pair.redraws, exact=pair.exact)
    return {(each, variant.key): p for each, p in zip(beside, ps, strict=True) if p}


def _stepped(
    rates: Floats, treated: Bools, redraws: Bools | Splits, *, exact: bool
) -> list[float | None]:
    if min(treated.sum(), (~treated).sum()) < FEWEST_REPS:
        return [None] * len(rates)
    return step_down_max_t(rates, treated, redraws, exact=exact)


def lead_family(compared: Compared, plan: Plan, *, only: str | None = None) -> Family:
    """By Holm, as leads of a funnel have no re-draws to share.

    Args:
        only: The key of the one treatment that is asked for.
    """
    found: Family = {}
    for variant in plan.treatments:
        if only not in (None, variant.key):
            continue
        results = {
            each: comparisons[variant.key].result
            for each, comparisons in compared.items()
            if each != plan.primary
        }
        known = {each: r.p for each, r in results.items() if isinstance(r, Estimate)}
        corrected = holm(list(known.values()))
        found |= {(each, variant.key): p for each, p in zip(known, corrected, strict=True)}
    return found
