"""The metrics beside the primary: a family of their own, corrected for each other."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from analysis.comparison import Comparison
from analysis.estimate import Estimate
from analysis.max_t import step_down_max_t
from analysis.multiplicity import holm
from analysis.pairs import RepPair
from analysis.rep_level import rep_rates
from experiments.metric import Metric
from experiments.plan import Plan

Family = dict[tuple[Metric, str], float]
"""Corrected p-values by metric and treatment."""


def rep_family(pairs: Mapping[Metric, Mapping[str, RepPair]], plan: Plan) -> Family:
    """By the step-down maximum over the re-draws that all metrics of a pair share."""
    beside = [each for each in pairs if each != plan.primary]
    found: Family = {}
    for variant in plan.treatments if beside else ():
        mine = [pairs[each][variant.key] for each in beside]
        rates = np.stack([rep_rates(pair.totals) for pair in mine])
        pair = mine[0]
        if min(pair.treated.sum(), (~pair.treated).sum()) < 2:
            continue
        ps = step_down_max_t(rates, pair.treated, pair.redraws, exact=pair.exact)
        found |= {
            (each, variant.key): p for each, p in zip(beside, ps, strict=True) if p is not None
        }
    return found


def lead_family(compared: Mapping[Metric, Mapping[str, Comparison]], plan: Plan) -> Family:
    """By Holm, as leads of a funnel have no re-draws to share."""
    found: Family = {}
    for variant in plan.treatments:
        results = {
            each: comparisons[variant.key].result
            for each, comparisons in compared.items()
            if each != plan.primary
        }
        known = {each: r.p for each, r in results.items() if isinstance(r, Estimate)}
        corrected = holm(list(known.values()))
        found |= {(each, variant.key): p for each, p in zip(known, corrected, strict=True)}
    return found
