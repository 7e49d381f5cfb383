"""Estimates judged by Student's t."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.estimate import Estimate
from analysis.tails import p_of_t, t_of


def by_t(effect: float, *, se: float, df: float, level: float) -> Estimate:
    """A difference with its interval and p-value by Student's t.

    Args:
        se: Standard error, above 0.
        df: Degrees of freedom, above 0.
    """
    half = t_of(1 - level, df) * se
    return Estimate(
        effect=effect,
        se=se,
        df=df,
        ci=(effect - half, effect + half),
        p=p_of_t(effect / se, df),
        level=level,
    )


def welch_df(noises: Sequence[float], dfs: Sequence[float]) -> float:
    """Degrees of freedom of a sum of independent variances, by Welch and Satterthwaite.

    Args:
        noises: The squared standard errors that are added up, not all 0, in any unit.
        dfs: The degrees of freedom of each.
    """
    parts = [(noise / sum(noises)) ** 2 / df for noise, df in zip(noises, dfs, strict=True)]
    return 1 / sum(parts)
