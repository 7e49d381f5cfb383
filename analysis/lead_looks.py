"""Leads split: a planned look at a running test, by bounds that spend alpha."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from scipy.optimize import brentq

from analysis.estimate import Estimate, Result, check_level
from analysis.planned_looks import LookPlan
from analysis.sequential import bounds_for
from analysis.tails import p_of_z

# Error rates between which the least that rejects is looked for.
_LEAST, _MOST = 1e-12, 0.999
# No p is known finer: of the least alpha that rejects, relative to it.
_FINE = 1e-9


def lead_look(
    method: Callable[[float], Result],
    information: Sequence[float],
    plan: LookPlan,
    *,
    level: float = 0.95,
) -> Result:
    """A method's answer at the latest look, with alpha spent over all of them.

    Args:
        method: The answer at a level of its own; its p is two-sided and large-sample.
        information: At each look so far, one over the variance that the difference then had; only
            proportions count.
        plan: Of the same looks.
    Returns:
        The method's estimate, its interval repeated over the looks, and the least error rate over
        all looks at which this one rejects as its p.
    References:
        Lan & DeMets (1983), Biometrika 70:659; Jennison & Turnbull (1989), JRSS B 51:305.
    """
    check_level(level)
    if len(information) != len(plan.information):
        raise ValueError("each planned look so far has its information")

    def nominal(alpha: float) -> float:
        return p_of_z(bounds_for(information, plan.spent_by(alpha))[-1])

    alpha = 1 - level
    here = nominal(alpha)
    # A look that has hardly any alpha to spend has a level that no float tells from 1.
    alone = method(min(1 - here, 1 - 1e-15))
    if not isinstance(alone, Estimate):
        return alone
    p = _least_alpha(alone.p, nominal, alpha, here)
    return replace(alone, p=p, level=level)


def _least_alpha(p: float, nominal: Callable[[float], float], alpha: float, here: float) -> float:
    """The least alpha whose bound lets this p pass, on the side of the plan's where it lies."""
    low, high = (_LEAST, alpha) if p <= here else (alpha, _MOST)

    def gap(tried: float) -> float:
        return nominal(tried) - p

    if gap(low) >= 0:
        return low if p <= here else max(p, alpha * (1 + _FINE))
    if gap(high) < 0:
        return 1.0 if p > here else alpha
    found = float(brentq(gap, low, high, xtol=_LEAST * _FINE, rtol=_FINE))
    return min(found, alpha) if p <= here else max(found, alpha * (1 + _FINE))
