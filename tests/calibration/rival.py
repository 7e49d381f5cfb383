"""The same worlds through what people use today."""

from __future__ import annotations

import warnings

import numpy as np

from tests.calibration.answer import Answer
from tests.calibration.world import World

NAMES = (
    "statsmodels z-test on leads",
    "statsmodels OLS, clusters",
    "tea-tasting's proportion of leads",
)


def rivals(world: World) -> list[Answer]:
    """What usual tests say of a test of two variants with an outcome of 0 and 1."""
    return [_z_test(world), _clustered(world), _tea_tasting(world)]


def _z_test(world: World) -> Answer:
    from statsmodels.stats.proportion import confint_proportions_2indep, proportions_ztest

    treated = world.labels > 0
    reached = [int(world.total[arm].sum()) for arm in (treated, ~treated)]
    leads = [int(world.n[arm].sum()) for arm in (treated, ~treated)]
    if sum(reached) in (0, sum(leads)):
        return Answer(NAMES[0], estimable=False, rejected=False, covered=True)
    _, p = proportions_ztest(reached, leads)
    low, high = confint_proportions_2indep(
        reached[0], leads[0], reached[1], leads[1], method="wald", compare="diff"
    )
    return Answer(NAMES[0], True, bool(p <= 0.05), bool(low <= world.truth <= high))


def _clustered(world: World) -> Answer:
    from statsmodels.regression.linear_model import OLS

    reps = np.repeat(np.arange(len(world.n)), world.n)
    order = np.arange(len(reps)) - np.repeat(np.cumsum(world.n) - world.n, world.n)
    y = (order < world.total[reps]).astype(np.float64)
    x = np.column_stack([np.ones(len(y)), world.labels[reps] > 0])
    with warnings.catch_warnings():
        # It warns of rates without any spread, and answers all the same.
        warnings.simplefilter("ignore")
        fitted = OLS(y, x).fit(cov_type="cluster", cov_kwds={"groups": reps})
        p, (low, high) = float(fitted.pvalues[1]), fitted.conf_int()[1]
    if not np.isfinite(p):
        return Answer(NAMES[1], estimable=False, rejected=False, covered=True)
    return Answer(NAMES[1], True, p <= 0.05, bool(low <= world.truth <= high))


def _tea_tasting(world: World) -> Answer:
    """Its usual comparison of means, which knows leads and no reps."""
    from tea_tasting.aggr import Aggregates
    from tea_tasting.metrics.mean import Mean

    treated = world.labels > 0
    arms: dict[object, Aggregates] = {}
    for name, arm in ((0, ~treated), (1, treated)):
        n, mean = int(world.n[arm].sum()), float(world.total[arm].sum() / world.n[arm].sum())
        variance = n * mean * (1 - mean) / (n - 1)
        arms[name] = Aggregates(n, mean_={"won": mean}, var_={"won": variance}, cov_={})
    if all(each.var("won") == 0 for each in arms.values()):
        return Answer(NAMES[2], estimable=False, rejected=False, covered=True)
    found = Mean("won").analyze(arms, 0, 1, variant="variant")
    low, high = found.effect_size_ci_lower, found.effect_size_ci_upper
    return Answer(NAMES[2], True, bool(found.pvalue <= 0.05), bool(low <= world.truth <= high))
