"""Leads split, few of them: an exact test of two rates, and its interval."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.special import gammaln, xlog1py, xlogy

from analysis.bisection import crossing
from analysis.estimate import Estimate, NotEstimable, Why, check_level
from analysis.sufficient import Counts, Floats, Ints

# Listing every table of more leads keeps a reader waiting, and the score is then as good.
MOST_LISTED = 100
# Rates of the control tried at once, and how often the best one's surroundings are tried again.
_TRIED, _ROUNDS = 129, 4
# Equal scores of different tables differ by float noise.
_TIE = 1e-9


def exact(control: Counts, treatment: Counts, *, level: float = 0.95) -> Estimate | NotEstimable:
    """Difference of two rates by an exact unconditional test, and the interval of the same test.

    Every table that so many leads can give is ordered by the pooled score. A difference is
    rejected upwards when tables at least as high have a chance of at most alpha/2 at every rate
    of the control, and downwards likewise. The chance rises with the difference, as the order
    does with the treatment's successes, so the differences not rejected are an interval.

    Returns:
        Effect in rate points as a fraction, treatment minus control. No true rates are covered
        less often than `level`.
    References:
        Suissa & Shuster (1985), JRSS A 148:317; inverted as by Santner & Snell (1980), JASA
        75:386; the order's convexity in Röhmel & Mansmann (1999), Biometrical Journal 41:149.
    """
    check_level(level)
    if control.n + treatment.n > MOST_LISTED:
        return NotEstimable(Why.TOO_MANY_LEADS)
    up, down = _chance(control, treatment), _chance(treatment, control)
    tail = (1 - level) / 2
    return Estimate(
        effect=treatment.rate - control.rate,
        ci=(
            crossing(lambda delta: tail - up(delta), -1.0, 1.0),
            crossing(lambda delta: down(-delta) - tail, -1.0, 1.0),
        ),
        p=min(1.0, 2 * up(0.0), 2 * down(0.0)),
        level=level,
        exact=True,
    )


def _chance(control: Counts, treatment: Counts) -> Callable[[float], float]:
    """The greatest chance of a table at least as high, as a function of the true difference."""
    n0, n1 = control.n, treatment.n
    scores = _pooled_scores(n0, n1)
    # The fewest successes of the treatment, per number of the control's, that are as high.
    fewest: Ints = n1 + 1 - (scores >= scores[control.reached, treatment.reached] - _TIE).sum(1)

    def at(rates: Floats, delta: float) -> Floats:
        chances = _binomial(n1, np.clip(rates + delta, 0, 1))
        beyond = np.cumsum(chances[:, ::-1], axis=1)[:, ::-1]
        beyond = np.hstack([beyond, np.zeros((len(rates), 1))])
        found: Floats = (_binomial(n0, rates) * beyond[:, fewest]).sum(axis=1)
        return found

    def greatest(delta: float) -> float:
        low, high = max(0.0, -delta), min(1.0, 1 - delta)
        for _ in range(_ROUNDS):
            rates = np.linspace(low, high, _TRIED)
            found = at(rates, delta)
            best = int(found.argmax())
            low, high = rates[max(best - 1, 0)], rates[min(best + 1, _TRIED - 1)]
        return min(1.0, float(found[best]))

    return greatest


def _pooled_scores(n0: int, n1: int) -> Floats:
    """The score of each table, shape (n0 + 1, n1 + 1); 0 where nothing varies."""
    reached0, reached1 = np.arange(n0 + 1)[:, None], np.arange(n1 + 1)[None, :]
    pooled = (reached0 + reached1) / (n0 + n1)
    spread = np.sqrt(pooled * (1 - pooled) * (1 / n0 + 1 / n1))
    difference = reached1 / n1 - reached0 / n0
    return np.divide(difference, spread, out=np.zeros_like(difference), where=spread > 0)


def _binomial(n: int, rates: Floats) -> Floats:
    """The chance of each number of successes, shape (rates, n + 1)."""
    k = np.arange(n + 1)
    ways = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
    rate = rates[:, None]
    chances: Floats = np.exp(ways + xlogy(k, rate) + xlog1py(n - k, -rate))
    return chances
