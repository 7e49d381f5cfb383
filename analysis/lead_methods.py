"""The methods that answer where leads were split, by name: of shares, amounts, both, accounts."""

from __future__ import annotations

from collections.abc import Callable

from analysis.cluster_robust import cr2
from analysis.estimate import NotEstimable, Result, Why
from analysis.exact_table import exact
from analysis.lead_covariate import lead_ancova
from analysis.lead_looks import lead_look
from analysis.odds_ratio import cmh
from analysis.pairs import AccountPair, AmountPair, JointPair, LeadPair
from analysis.proportion import agresti_caffo, mh_score, newcombe, score_difference
from analysis.ratio import score_ratio
from analysis.sufficient import Amounts
from analysis.value import blocked_difference, welch

LEAD_METHODS: dict[str, Callable[[LeadPair, float], Result]] = {
    "score": lambda pair, level: score_difference(pair.control, pair.treatment, level=level),
    "newcombe": lambda pair, level: newcombe(pair.control, pair.treatment, level=level),
    "agresti_caffo": lambda pair, level: agresti_caffo(pair.control, pair.treatment, level=level),
    "mh_score": lambda pair, level: mh_score(pair.strata, level=level),
    "score_ratio": lambda pair, level: score_ratio(pair.control, pair.treatment, level=level),
    "cmh": lambda pair, level: cmh(pair.strata, level=level),
    "exact": lambda pair, level: exact(pair.control, pair.treatment, level=level),
}

# Their effects are ratios, which stand on no scale of differences.
RATIOS = frozenset({"score_ratio", "cmh"})


def _lead_look(pair: LeadPair, level: float) -> Result:
    if pair.looks is None:
        return NotEstimable(Why.NO_LOOKS)
    method = LEAD_METHODS["mh_score" if pair.strata else "score"]
    looks = pair.looks
    return lead_look(lambda own: method(pair, own), looks.information, looks.plan, level=level)


LEAD_LOOK_METHODS = {"group_sequential": _lead_look}

AMOUNT_METHODS: dict[str, Callable[[AmountPair, float], Result]] = {
    "welch": lambda pair, level: welch(pair.control, pair.treatment, level=level),
}

BLOCKED_METHODS: dict[str, Callable[[AmountPair, float], Result]] = AMOUNT_METHODS | {
    "blocked": lambda pair, level: blocked_difference(pair.strata, level=level),
}


def _amount_look(pair: AmountPair, level: float) -> Result:
    if pair.looks is None:
        return NotEstimable(Why.NO_LOOKS)
    looks = pair.looks
    return lead_look(
        lambda own: welch(pair.control, pair.treatment, level=own),
        looks.information,
        looks.plan,
        level=level,
    )


AMOUNT_LOOK_METHODS = {"group_sequential": _amount_look}


def _unadjusted(pair: JointPair, level: float) -> Result:
    control, treatment = (Amounts(arm.n, arm.y, arm.yy) for arm in (pair.control, pair.treatment))
    return welch(control, treatment, level=level)


JOINT_METHODS: dict[str, Callable[[JointPair, float], Result]] = {
    "lead_ancova": lambda pair, level: lead_ancova(pair.control, pair.treatment, level=level),
    "welch": _unadjusted,
}


def _accounts(pair: AccountPair, level: float) -> Result:
    return cr2(pair.totals, pair.treated, level=level, too_few=Why.TOO_FEW_ACCOUNTS)


ACCOUNT_METHODS: dict[str, Callable[[AccountPair, float], Result]] = {"account_cr2": _accounts}


def _account_look(pair: AccountPair, level: float) -> Result:
    if pair.looks is None:
        return NotEstimable(Why.NO_LOOKS)
    looks = pair.looks
    return lead_look(lambda own: _accounts(pair, own), looks.information, looks.plan, level=level)


ACCOUNT_LOOK_METHODS = {"group_sequential": _account_look}
