"""Which methods answer for which unit, and which of them decides."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from enum import StrEnum
from typing import TypeVar

from analysis.adherence import cace
from analysis.cluster_robust import cr2
from analysis.comparison import Adjusted, Comparison
from analysis.covariate import randomization_ancova, rep_ancova
from analysis.crossover import CrossoverPair, crossover_look, crossover_t, crossover_test, within_t
from analysis.dunnett import dunnett_critical, dunnett_p
from analysis.estimate import Estimate, NotEstimable, Result, Why
from analysis.exact_table import exact
from analysis.lead_covariate import lead_ancova
from analysis.lead_looks import lead_look
from analysis.multiplicity import holm, holm_levels
from analysis.odds_ratio import cmh
from analysis.pairs import AmountPair, JointPair, LeadPair, RepPair
from analysis.planned_looks import look_test
from analysis.proportion import agresti_caffo, mh_score, newcombe, score_difference
from analysis.randomization import randomization_test
from analysis.ratio import score_ratio
from analysis.rep_level import paired_t, rep_rates, rep_t, rep_welch
from analysis.sufficient import Amounts
from analysis.tails import p_of_z, z_of
from analysis.value import blocked_difference, welch


class Unit(StrEnum):
    """What was randomised."""

    REP = "rep"
    LEAD = "lead"


def _randomization(pair: RepPair, level: float) -> Result:
    rates = rep_rates(pair.totals)
    return randomization_test(rates, pair.treated, pair.redraws, exact=pair.exact, level=level)


def _paired_t(pair: RepPair, level: float) -> Result:
    if pair.matched is None:
        return NotEstimable(Why.NO_PAIRS)
    return paired_t(rep_rates(pair.totals), pair.treated, pair.matched, level=level)


def _rep_ancova(pair: RepPair, level: float) -> Result:
    if pair.covariate is None:
        return NotEstimable(Why.NO_COVARIATE)
    return rep_ancova(rep_rates(pair.totals), pair.treated, pair.covariate, level=level)


def _randomization_ancova(pair: RepPair, level: float) -> Result:
    if pair.covariate is None:
        return NotEstimable(Why.NO_COVARIATE)
    rates = rep_rates(pair.totals)
    return randomization_ancova(
        rates, pair.treated, pair.covariate, pair.redraws, exact=pair.exact, level=level
    )


def _cace(pair: RepPair, level: float) -> Result:
    if pair.followed is None:
        return NotEstimable(Why.SAME_FOLLOWING)
    rates = rep_rates(pair.totals)
    return cace(rates, pair.followed, pair.treated, pair.redraws, exact=pair.exact, level=level)


def _rep_look(pair: RepPair, level: float) -> Result:
    if pair.looks is None:
        return NotEstimable(Why.NO_LOOKS)
    return look_test(
        pair.looks.rates,
        pair.treated,
        pair.redraws,
        exact=pair.exact,
        plan=pair.looks.plan,
        covariate=pair.covariate,
        level=level,
    )


def _lead_look(pair: LeadPair, level: float) -> Result:
    if pair.looks is None:
        return NotEstimable(Why.NO_LOOKS)
    method = LEAD_METHODS["mh_score" if pair.strata else "score"]
    looks = pair.looks
    return lead_look(lambda own: method(pair, own), looks.information, looks.plan, level=level)


REP_METHODS: dict[str, Callable[[RepPair, float], Result]] = {
    "randomization": _randomization,
    "rep_t": lambda pair, level: rep_t(rep_rates(pair.totals), pair.treated, level=level),
    "rep_welch": lambda pair, level: rep_welch(rep_rates(pair.totals), pair.treated, level=level),
    "cr2": lambda pair, level: cr2(pair.totals, pair.treated, level=level),
    "rep_ancova": _rep_ancova,
}

MATCHED_METHODS = REP_METHODS | {"paired_t": _paired_t}

ADJUSTED_METHODS = {"randomization_ancova": _randomization_ancova}

FOLLOWED_METHODS = {"cace": _cace}

# With planned looks the test that spends alpha over them decides, and no other stands beside it:
# their p-values promise nothing for a test that is looked at more than once.
REP_LOOK_METHODS = {"group_sequential": _rep_look}

LEAD_LOOK_METHODS = {"group_sequential": _lead_look}

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

CROSSOVER_METHODS: dict[str, Callable[[CrossoverPair, float], Result]] = {
    "randomization": lambda pair, level: crossover_test(pair, level=level),
    "rep_t": lambda pair, level: crossover_t(pair, level=level),
    "paired_t": lambda pair, level: within_t(pair, level=level),
}

CROSSOVER_LOOK_METHODS: dict[str, Callable[[CrossoverPair, float], Result]] = {
    "group_sequential": lambda pair, level: crossover_look(pair, level=level),
}

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


def compare_reps(pairs: Mapping[str, RepPair], *, level: float = 0.95) -> dict[str, Comparison]:
    """Compare each treatment with the control, reps having been split.

    Args:
        pairs: By treatment; all of one outcome and against the same control.
    Returns:
        By treatment, in the same order; corrected by Holm when there are several. With a
        value from before, the test that is adjusted for it decides; with planned looks the one
        that spends alpha over them, alone, adjusted for the value from before if there is one.
    """
    if any(pair.looks is not None for pair in pairs.values()):
        return compared_by(REP_LOOK_METHODS, pairs, primary="group_sequential", level=level)
    matched = any(pair.matched is not None for pair in pairs.values())
    adjusted = any(pair.covariate is not None for pair in pairs.values())
    methods = MATCHED_METHODS if matched else REP_METHODS
    if adjusted:
        methods = methods | ADJUSTED_METHODS
    if any(pair.followed is not None for pair in pairs.values()):
        methods = methods | FOLLOWED_METHODS
    primary = "randomization_ancova" if adjusted else "randomization"
    return compared_by(methods, pairs, primary=primary, level=level)


def compare_crossover(pair: CrossoverPair, *, level: float = 0.95) -> Comparison:
    """Compare the treatment with the control, each rep having followed both in a drawn order.

    With planned looks the test that spends alpha over them decides, alone.
    """
    methods, primary = CROSSOVER_METHODS, "randomization"
    if pair.looks is not None:
        methods, primary = CROSSOVER_LOOK_METHODS, "group_sequential"
    return compared_by(methods, {"": pair}, primary=primary, level=level)[""]


def compare_leads(pairs: Mapping[str, LeadPair], *, level: float = 0.95) -> dict[str, Comparison]:
    """Compare each treatment with the control, leads having been split.

    Args:
        pairs: By treatment; all of one outcome and against the same control, all with strata
            or none.
    Returns:
        By treatment, in the same order; corrected by Holm when there are several. With strata
        the stratified score decides; without, Dunnett's correction stands beside Holm's. With
        planned looks the same score decides by bounds that spend alpha over them, alone.
    """
    if any(pair.looks is not None for pair in pairs.values()):
        return compared_by(LEAD_LOOK_METHODS, pairs, primary="group_sequential", level=level)
    if any(pair.strata for pair in pairs.values()):
        return compared_by(LEAD_METHODS, pairs, primary="mh_score", level=level)
    found = compared_by(LEAD_METHODS, pairs, primary="score", level=level)
    if len(pairs) < 2:
        return found
    return {
        treatment: replace(comparison, dunnett=_dunnett(treatment, pairs, level))
        for treatment, comparison in found.items()
    }


def compare_amounts(
    pairs: Mapping[str, AmountPair], *, level: float = 0.95
) -> dict[str, Comparison]:
    """Compare each treatment's amounts per lead with the control's, leads having been split.

    Args:
        pairs: By treatment; all of one outcome and against the same control.
    Returns:
        By treatment, in the same order; corrected by Holm when there are several. With strata the
        difference within them decides. With planned looks Welch's t decides by bounds that spend
        alpha over them, alone.
    """
    if any(pair.looks is not None for pair in pairs.values()):
        return compared_by(AMOUNT_LOOK_METHODS, pairs, primary="group_sequential", level=level)
    if any(pair.strata for pair in pairs.values()):
        return compared_by(BLOCKED_METHODS, pairs, primary="blocked", level=level)
    return compared_by(AMOUNT_METHODS, pairs, primary="welch", level=level)


def compare_adjusted_leads(
    pairs: Mapping[str, JointPair], *, level: float = 0.95
) -> dict[str, Comparison]:
    """Compare each treatment with the control among leads alike before, leads having been split.

    Args:
        pairs: By treatment; all of one outcome and value, and against the same control.
    Returns:
        By treatment, in the same order; corrected by Holm when there are several.
    """
    return compared_by(JOINT_METHODS, pairs, primary="lead_ancova", level=level)


Pair = TypeVar("Pair")


def compared_by(
    methods: Mapping[str, Callable[[Pair, float], Result]],
    pairs: Mapping[str, Pair],
    *,
    primary: str,
    level: float,
) -> dict[str, Comparison]:
    """Compare each treatment with the control by every method; Holm corrects the primary's."""
    names = sorted(methods, key=lambda name: name != primary)
    estimates = {
        treatment: {name: methods[name](pair, level) for name in names}
        for treatment, pair in pairs.items()
    }
    first = {treatment: results[primary] for treatment, results in estimates.items()}
    adjusted = _adjusted(pairs, first, methods[primary], level) if len(pairs) > 1 else {}
    return {
        treatment: Comparison(primary, results, adjusted.get(treatment))
        for treatment, results in estimates.items()
    }


def _dunnett(treatment: str, pairs: Mapping[str, LeadPair], level: float) -> Adjusted:
    """The score judged against the joint distribution of all differences from one control."""
    pair = pairs[treatment]
    sizes = pair.control.n, [each.treatment.n for each in pairs.values()]
    alone = score_difference(pair.control, pair.treatment, level=level)
    # No float tells a smaller p from none.
    joint = dunnett_p(z_of(max(alone.p, 1e-300)), *sizes)
    wider = 1 - p_of_z(dunnett_critical(*sizes, level=level))
    ci = score_difference(pair.control, pair.treatment, level=wider).ci
    return Adjusted(max(joint, alone.p), ci, wider)


def _adjusted(
    pairs: Mapping[str, Pair],
    found: Mapping[str, Result],
    method: Callable[[Pair, float], Result],
    level: float,
) -> dict[str, Adjusted]:
    # A comparison that cannot be estimated was planned all the same, and counts as p = 1.
    ps = [getattr(found[treatment], "p", 1.0) for treatment in pairs]
    again = zip(pairs.items(), holm(ps), holm_levels(ps, level=level), strict=True)
    corrected = {
        treatment: (p, found[treatment] if own_level == level else method(pair, own_level))
        for (treatment, pair), p, own_level in again
    }
    return {
        treatment: Adjusted(p, result.ci, result.level)
        for treatment, (p, result) in corrected.items()
        if isinstance(result, Estimate)
    }
