"""Several comparisons of one outcome: Holm's correction."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from analysis.estimate import check_level, rejects


def holm(ps: Sequence[float]) -> list[float]:
    """Adjusted p-values: rejecting those at most alpha errs anywhere with at most alpha.

    Args:
        ps: One per comparison, in [0, 1].
    Returns:
        In the same order, each at least its own p.
    References:
        Holm (1979), Scandinavian Journal of Statistics 6:65; R's p.adjust(method = "holm").
    """
    order = np.argsort(ps, kind="stable")
    times = np.arange(len(ps), 0, -1)
    steps = np.minimum(np.maximum.accumulate(times * np.asarray(ps, dtype=float)[order]), 1)
    adjusted = np.empty(len(ps))
    adjusted[order] = steps
    return adjusted.tolist()


def holm_levels(ps: Sequence[float], *, level: float = 0.95) -> list[float]:
    """The level for each comparison's interval that agrees with Holm's decision about it.

    Holm judges the comparison with the least p at alpha/m, the next at alpha/(m − 1), and so on
    to the first that is not rejected; its alpha also holds for all that follow. An interval at
    1 minus that alpha excludes 0 just when the adjusted p is at most alpha.

    References:
        Serlin (1993), Journal of Experimental Education 61:350.
    """
    check_level(level)
    order = np.argsort(ps, kind="stable").tolist()
    levels = [level] * len(ps)
    left = len(ps)
    for index in order:
        levels[index] = 1 - (1 - level) / left
        if left > 1 and rejects(left * ps[index], level=level):
            left -= 1
    return levels
