"""Leads split within strata: the common odds ratio, and Cochran, Mantel and Haenszel's test."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from analysis.estimate import Estimate, NotEstimable, Why, check_level
from analysis.proportion import Stratum
from analysis.tails import p_of_z, z_of


def cmh(strata: Sequence[Stratum], *, level: float = 0.95) -> Estimate | NotEstimable:
    """Common odds ratio over strata, with the test that no stratum's odds differ.

    The p-value is that of the conditional score (χ² with 1 degree of freedom, no correction for
    continuity), the interval Robins, Breslow and Greenland's about the logarithm: two
    computations, which near alpha may disagree, so that this method never decides.

    Returns:
        Effect as the treatment's odds over the control's: 1 is no difference.
    References:
        Mantel & Haenszel (1959), Journal of the National Cancer Institute 22:719; Robins,
        Breslow & Greenland (1986), Biometrics 42:311; R's mantelhaen.test.
    """
    check_level(level)
    if not strata:
        return NotEstimable(Why.NO_STRATUM)
    table = np.array(
        [
            [
                each.treatment.reached,
                each.treatment.n - each.treatment.reached,
                each.control.reached,
                each.control.n - each.control.reached,
            ]
            for each in strata
        ],
        dtype=np.float64,
    )
    won1, lost1, won0, lost0 = table.T
    n1, n0, won = won1 + lost1, won0 + lost0, won1 + won0
    n = n1 + n0
    variance = float((n1 * n0 * won * (n - won) / (n**2 * np.maximum(n - 1, 1))).sum())
    if variance == 0:
        return NotEstimable(Why.NO_VARIATION)
    more, less = won1 * lost0 / n, lost1 * won0 / n
    up, down = float(more.sum()), float(less.sum())
    if min(up, down) == 0:
        return NotEstimable(Why.NO_FINITE_RATIO)
    alike, unlike = (won1 + lost0) / n, (lost1 + won0) / n
    noise = math.sqrt(
        float(alike @ more) / (2 * up**2)
        + float(alike @ less + unlike @ more) / (2 * up * down)
        + float(unlike @ less) / (2 * down**2)
    )
    half = z_of(1 - level) * noise
    surplus = float((won1 - n1 * won / n).sum())
    return Estimate(
        effect=up / down,
        ci=(up / down * math.exp(-half), up / down * math.exp(half)),
        p=p_of_z(surplus / math.sqrt(variance)),
        level=level,
        no_difference=1.0,
    )
