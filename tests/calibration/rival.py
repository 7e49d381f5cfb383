"""The same worlds through what people use today."""

from __future__ import annotations

import warnings

import numpy as np

from tests.calibration.answer import Answer
from tests.calibration.world import World

NAMES = ("statsmodels z-test on leads", "statsmodels OLS, clusters")


def rivals(world: World) -> list[Answer]:
    """What usual tests say of a test of two variants with an outcome of 0 and 1."""
    return [_z_test(world), _clustered(world)]


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
