"""The methods that answer where reps were split, or crossed over, by name."""

from __future__ import annotations

from collections.abc import Callable

from analysis.adherence import cace
from analysis.cluster_robust import cr2
from analysis.covariate import randomization_ancova, rep_ancova
from analysis.crossover import CrossoverPair, crossover_look, crossover_t, crossover_test, within_t
from analysis.estimate import NotEstimable, Result, Why
from analysis.pairs import RepPair
from analysis.planned_looks import look_test
from analysis.randomization import randomization_test
from analysis.rep_level import paired_t, rep_rates, rep_t, rep_welch


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

CROSSOVER_METHODS: dict[str, Callable[[CrossoverPair, float], Result]] = {
    "randomization": lambda pair, level: crossover_test(pair, level=level),
    "rep_t": lambda pair, level: crossover_t(pair, level=level),
    "paired_t": lambda pair, level: within_t(pair, level=level),
}

CROSSOVER_LOOK_METHODS: dict[str, Callable[[CrossoverPair, float], Result]] = {
    "group_sequential": lambda pair, level: crossover_look(pair, level=level),
}
