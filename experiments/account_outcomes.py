"""The outcomes of leads that were split account by account, compared by accounts.

Reps are no strata here: an account's leads may be several reps'. That reps differ stays in the
spread between accounts, so intervals are rather too wide than too narrow.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate

import numpy as np

from analysis.comparison import Comparison
from analysis.estimate import NotEstimable, Why
from analysis.icc import anova_icc, design_effect
from analysis.methods import compare_accounts
from analysis.pairs import AccountPair
from analysis.sufficient import RepTotals
from experiments.counting import RepCount
from experiments.lead_outcomes import looks_of
from experiments.metric import Metric
from experiments.metric_sums import rep_totals
from experiments.plan import Plan
from experiments.seen import Seen


def compare_split_accounts(
    plan: Plan, counts: Sequence[RepCount], metric: Metric, seen: Seen | None
) -> dict[str, Comparison]:
    """Each treatment beside the control at a metric, with what planned looks knew.

    Args:
        counts: A row an account, as those that looks saw.
    """
    pairs = {}
    for each in plan.treatments:
        pair = _pair(plan, counts, each.id, metric)
        if pair is not None and seen is not None:
            before = [_pair(plan, rows, each.id, metric) for rows in seen.counts]
            pair = _looked_at(pair, seen, before)
        if pair is not None:
            pairs[each.key] = pair
    compared = compare_accounts(pairs, level=plan.level)
    none = Comparison("account_cr2", {"account_cr2": NotEstimable(Why.NO_LEADS)})
    return {each.key: compared.get(each.key, none) for each in plan.treatments}


def _pair(
    plan: Plan, counts: Sequence[RepCount], variant_id: int, metric: Metric
) -> AccountPair | None:
    control, treatment = (_totals(counts, each, metric) for each in (plan.control.id, variant_id))
    if not (control.reps and treatment.reps):
        return None
    joined = RepTotals(
        control.reps + treatment.reps,
        np.concatenate([control.n, treatment.n]),
        np.concatenate([control.total, treatment.total]),
        np.concatenate([control.squares, treatment.squares]),
        control.centre,
    )
    return AccountPair(joined, np.arange(len(joined.reps)) >= len(control.reps))


def _totals(counts: Sequence[RepCount], variant_id: int, metric: Metric) -> RepTotals:
    mine = [row for row in counts if row.variant_id == variant_id]
    # A lead that moved to another company may have brought an account into both variants.
    names = {row.rep_id: f"{variant_id}:{row.rep_id}" for row in mine}
    return rep_totals(names, mine, metric)


def _looked_at(pair: AccountPair, seen: Seen, before: Sequence[AccountPair | None]) -> AccountPair:
    icc = anova_icc([pair.totals.of(pair.treated), pair.totals.of(~pair.treated)]) or 0.0
    known = [_information(each, icc) for each in (*before, pair)]
    # A lead more of an account with many can make the difference less certain for a while.
    return replace(pair, looks=looks_of(seen, [*accumulate(known, max)]))


def _information(pair: AccountPair | None, icc: float) -> float:
    """One over the variance of the difference, but for the spread that all looks share."""
    if pair is None:
        return 0.0
    arms = [pair.totals.n[chosen] for chosen in (pair.treated, ~pair.treated)]
    return 1 / sum(design_effect(icc, leads) / float(leads.sum()) for leads in arms)
