"""Which of the methods answer for which unit, and which of them decides."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from enum import StrEnum
from typing import TypeVar

from analysis.comparison import Adjusted, Comparison
from analysis.crossover import CrossoverPair
from analysis.dunnett import dunnett_critical, dunnett_p
from analysis.estimate import Estimate, Result
from analysis.lead_methods import (
    ACCOUNT_LOOK_METHODS,
    ACCOUNT_METHODS,
    AMOUNT_LOOK_METHODS,
    AMOUNT_METHODS,
    BLOCKED_METHODS,
    JOINT_METHODS,
    LEAD_LOOK_METHODS,
    LEAD_METHODS,
)
from analysis.multiplicity import holm, holm_levels
from analysis.pairs import AccountPair, AmountPair, JointPair, LeadPair, RepPair
from analysis.proportion import score_difference
from analysis.rep_methods import (
    ADJUSTED_METHODS,
    CROSSOVER_LOOK_METHODS,
    CROSSOVER_METHODS,
    FOLLOWED_METHODS,
    MATCHED_METHODS,
    REP_LOOK_METHODS,
    REP_METHODS,
)
from analysis.tails import p_of_z, z_of


class Unit(StrEnum):
    """What was randomised."""

    REP = "rep"
    LEAD = "lead"


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


def compare_accounts(
    pairs: Mapping[str, AccountPair], *, level: float = 0.95
) -> dict[str, Comparison]:
    """Compare each treatment with the control, leads having been split account by account.

    A test that takes an account's leads for independent ones calls every seventh difference of
    nothing significant; this one is clustered by account.

    Args:
        pairs: By treatment; all of one outcome and against the same control.
    Returns:
        By treatment, in the same order; corrected by Holm when there are several. With planned
        looks the same method decides by bounds that spend alpha over them, alone.
    """
    if any(pair.looks is not None for pair in pairs.values()):
        return compared_by(ACCOUNT_LOOK_METHODS, pairs, primary="group_sequential", level=level)
    return compared_by(ACCOUNT_METHODS, pairs, primary="account_cr2", level=level)


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
