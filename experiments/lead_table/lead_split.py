"""A table's leads as the methods for split leads take them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from analysis.comparison import Comparison
from analysis.methods import (
    compare_accounts,
    compare_adjusted_leads,
    compare_amounts,
    compare_leads,
)
from analysis.pairs import AccountPair, AmountPair, JointPair, LeadPair
from experiments.lead_table.answer import Question
from experiments.lead_table.counts import Group
from experiments.lead_table.looks import latest_look, lead_looks, so_far
from experiments.lead_table.sums import amounts, amounts_within, counts, joint, rep_totals, strata
from experiments.problem import Refused, problem

# The groups of each variant, the control's first.
Arms = Mapping[str, Sequence[Group]]


def compared_leads(outcome: str, arms: Arms, question: Question) -> dict[str, Comparison]:
    """Compare one outcome, leads having been split.

    Raises:
        Refused: for amounts at looks, which no method here compares.
    """
    (_, control), *treatments = arms.items()
    columns, level = question.columns, question.level
    if question.by_account:
        of_accounts = {name: _account_pair(control, arm) for name, arm in treatments}
        return compare_accounts(of_accounts, level=level)
    if columns.covariate is not None:
        adjusted = {name: JointPair(joint(control), joint(arm)) for name, arm in treatments}
        return compare_adjusted_leads(adjusted, level=level)
    if is_binary(arms):
        pairs = {name: _pair(control, arm, question) for name, arm in treatments}
        return compare_leads(pairs, level=level)
    if columns.look is not None:
        text = "At looks at split leads the outcome is 0 or 1; {column} is not."
        raise Refused(problem(outcome, text, column=outcome))
    split = columns.stratum is not None
    of_amounts = {
        name: AmountPair(
            amounts(control),
            amounts(arm),
            strata=amounts_within(control, arm) if split else (),
        )
        for name, arm in treatments
    }
    return compare_amounts(of_amounts, level=level)


def is_binary(arms: Arms) -> bool:
    """Whether every outcome is 0 or 1."""
    return all(group.is_binary for arm in arms.values() for group in arm)


def _account_pair(control: Sequence[Group], arm: Sequence[Group]) -> AccountPair:
    totals, treated = rep_totals([*control, *arm]), {group.rep for group in arm}
    return AccountPair(totals, np.array([each in treated for each in totals.reps]))


def _pair(control: Sequence[Group], arm: Sequence[Group], question: Question) -> LeadPair:
    split = question.columns.stratum is not None
    pair = LeadPair(counts(control), counts(arm), strata(control, arm) if split else ())
    if question.looks is None:
        return pair
    plan = so_far(question.looks, latest_look([*control, *arm]))
    return lead_looks(pair, control, arm, plan)
