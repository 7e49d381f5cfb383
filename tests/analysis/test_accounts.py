"""Leads split account by account: judged by accounts, as leads of one say much the same."""

from dataclasses import replace

import numpy as np
import pytest

from analysis.cluster_robust import cr2
from analysis.estimate import Estimate, NotEstimable, Why
from analysis.methods import compare_accounts
from analysis.pairs import AccountPair, LeadLooks
from analysis.planned_looks import LookPlan
from analysis.proportion import score_difference
from analysis.sequential import Spending, boundaries
from analysis.sufficient import Counts, RepTotals
from analysis.tails import p_of_z
from assignment.design import seeded

ACCOUNTS = 40  # in each variant
WORLDS = 500


def pair(n: list[int], reached: list[int], treated: list[bool]) -> AccountPair:
    totals = RepTotals.of_counts([str(at) for at in range(len(n))], n, reached)
    return AccountPair(totals, np.array(treated))


def test_accounts_of_five_alike_leads_hold_the_level_that_their_leads_break() -> None:
    rng = seeded(7)
    treated = np.arange(2 * ACCOUNTS) < ACCOUNTS
    by_account = by_lead = 0
    for _ in range(WORLDS):
        # Beta rates of mean .2: their ICC is 1 / (1 + 1 + 4) = .17.
        reached = rng.binomial(5, rng.beta(1, 4, 2 * ACCOUNTS))
        made = pair([5] * 2 * ACCOUNTS, reached.tolist(), treated.tolist())
        found = compare_accounts({"B": made})["B"].result
        assert isinstance(found, Estimate)
        by_account += found.is_significant
        n = 5 * ACCOUNTS
        sums = int(reached[~treated].sum()), int(reached[treated].sum())
        by_lead += score_difference(Counts(n, sums[0]), Counts(n, sums[1])).is_significant
    # Two Monte Carlo errors are 1.9 points.
    assert by_account / WORLDS == pytest.approx(0.05, abs=0.019)
    assert by_lead / WORLDS > 0.10


def test_accounts_of_one_lead_are_leads() -> None:
    n, wins = 400, (80, 110)
    reached = [int(at % n < wins[at // n]) for at in range(2 * n)]
    made = pair([1] * 2 * n, reached, [at >= n for at in range(2 * n)])
    found = compare_accounts({"B": made})["B"].result
    by_lead = score_difference(Counts(n, wins[0]), Counts(n, wins[1]))
    assert isinstance(found, Estimate)
    assert found.effect == pytest.approx(by_lead.effect)
    assert found.p == pytest.approx(by_lead.p, abs=0.001)
    assert found.ci == pytest.approx(by_lead.ci, abs=0.001)


def test_a_variant_of_one_account_is_too_few_and_is_called_so() -> None:
    found = compare_accounts({"B": pair([9, 9, 9], [1, 2, 3], [False, False, True])})["B"]
    assert found.result == NotEstimable(Why.TOO_FEW_ACCOUNTS)


def test_very_many_accounts_fit_into_memory() -> None:
    accounts = 200_000
    made = pair([2] * accounts, [0, 1] * (accounts // 2), [at % 4 > 1 for at in range(accounts)])
    found = cr2(made.totals, made.treated)
    assert isinstance(found, Estimate)
    # Arms of accounts of one size: Satterthwaite's is Student's, G − 2.
    assert found.df == pytest.approx(accounts - 2)


def test_with_planned_looks_the_bounds_judge_accounts() -> None:
    made = pair([3, 4, 5, 4] * 10, [0, 1, 1, 2] * 10, [at % 2 == 1 for at in range(40)])
    plan = LookPlan((0.5, 1.0), Spending.OBRIEN_FLEMING)
    looked = replace(made, looks=LeadLooks(plan, (0.5, 1.0)))
    comparison = compare_accounts({"B": looked})["B"]
    assert comparison.primary == "group_sequential"
    assert isinstance(comparison.result, Estimate)
    last = boundaries((0.5, 1.0), alpha=0.05, spending=Spending.OBRIEN_FLEMING)[-1]
    alone = cr2(made.totals, made.treated, level=1 - p_of_z(last.critical_z))
    assert isinstance(alone, Estimate)
    assert comparison.result.ci == pytest.approx(alone.ci)
    assert comparison.result.p > alone.p


def test_looks_that_were_not_planned_are_named() -> None:
    made = pair([3, 4, 5, 4], [0, 1, 1, 2], [True, False, True, False])
    looked = replace(made, looks=LeadLooks(LookPlan((1.0,), Spending.POCOCK), (1.0,)))
    comparisons = compare_accounts({"B": looked, "C": made})
    assert comparisons["C"].result == NotEstimable(Why.NO_LOOKS)
