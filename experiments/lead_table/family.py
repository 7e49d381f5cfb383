"""Several outcomes of the same leads, corrected for each other."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from analysis.comparison import Comparison
from analysis.estimate import Estimate
from analysis.max_t import step_down_max_t
from analysis.multiplicity import holm
from analysis.pairs import RepPair
from analysis.rep_level import rep_rates

Family = dict[tuple[str, str], float]
"""Corrected p-values by outcome and treatment."""

# The test whose statistics the step-down maximum takes.
_REDRAWN = "randomization"


def corrected(
    compared: Mapping[str, Mapping[str, Comparison]],
    pairs: Mapping[str, Mapping[str, RepPair]],
) -> Family:
    """Each treatment's p-values over all outcomes; none where there is one outcome.

    Where re-draws of reps decide, by the step-down maximum over those that all outcomes share;
    by Holm where another method does, whose p-values say nothing of each other.

    Args:
        compared: By outcome and treatment.
        pairs: The same, where reps were split; empty where they were not.
    """
    found: Family = {}
    for variant in next(iter(compared.values())) if len(compared) > 1 else ():
        mine = {outcome: each[variant] for outcome, each in compared.items()}
        redrawn = pairs and all(each.primary == _REDRAWN for each in mine.values())
        ps = (
            _step_down({outcome: pairs[outcome][variant] for outcome in mine})
            if redrawn
            else _holm(mine)
        )
        found |= {(outcome, variant): p for outcome, p in ps.items()}
    return found


def _step_down(pairs: Mapping[str, RepPair]) -> dict[str, float]:
    pair = next(iter(pairs.values()))
    if min(pair.treated.sum(), (~pair.treated).sum()) < 2:
        return {}
    rates = np.stack([rep_rates(each.totals) for each in pairs.values()])
    ps = step_down_max_t(rates, pair.treated, pair.redraws, exact=pair.exact)
    return {outcome: p for outcome, p in zip(pairs, ps, strict=True) if p is not None}


def _holm(compared: Mapping[str, Comparison]) -> dict[str, float]:
    results = {outcome: each.result for outcome, each in compared.items()}
    known = {outcome: each.p for outcome, each in results.items() if isinstance(each, Estimate)}
    return dict(zip(known, holm(list(known.values())), strict=True))
