"""Several metrics of one pair of variants: the step-down maximum of their statistics."""

from __future__ import annotations

import numpy as np

from analysis.randomization import Tails, check_redraws
from analysis.rep_level import check_rates, why_too_thin
from analysis.splits import Splits
from analysis.sufficient import Bools, Floats

# Squared statistics that differ by less, relative to their size, are ties.
_TIE = 1e-9
# Under these shares of the rates' own, a variance or a difference is what rounding leaves of none.
_NO_SPREAD = 1e-13
_NO_DIFFERENCE = 1e-12


def step_down_max_t(
    rates: Floats, treated: Bools, redraws: Bools | Splits, *, exact: bool
) -> list[float | None]:
    """Adjusted p-values: those at most alpha err anywhere among the metrics with at most alpha.

    Each metric's difference over Welch's standard error is compared with the largest among the
    metrics that are not more striking, in the same re-draws: metrics that go together, as stages
    of one funnel do, cost less than by Holm.

    Args:
        rates: One per metric and rep, shape (M, G).
        treated: The split that happened, shape (G,).
        redraws: What the same design could have given, shape (B, G).
        exact: Whether the redraws are every possible split, each once.
    Returns:
        In the metrics' order; `None` for one without an estimate, which counts in no family.
    Raises:
        ValueError: if shapes do not fit, or by `check_redraws`.
    References:
        Westfall & Young (1993), Resampling-Based Multiple Testing, algorithm 4.1.
    """
    for each in rates:
        check_rates(each, treated)
    found: list[float | None] = [None] * len(rates)
    known = [at for at, each in enumerate(rates) if why_too_thin(each, treated) is None]
    if not known:
        return found
    splits = Splits.of(redraws)
    check_redraws(splits, treated, exact=exact)
    happened = _statistics(rates[known], Splits(treated[np.newaxis]))[0]
    drawn = _statistics(rates[known], splits)
    order = np.argsort(-happened, kind="stable")
    # From the least striking: the largest of all that are not more striking.
    largest = np.maximum.accumulate(drawn[:, order[::-1]], axis=1)[:, ::-1]
    tails, least = Tails(len(splits), exact), 0.0
    for place, at in enumerate(order.tolist()):
        count = int(np.count_nonzero(largest[:, place] >= happened[at] * (1 - _TIE)))
        least = max(least, tails.p_of(count))
        found[known[at]] = least
    return found


def _statistics(rates: Floats, splits: Splits) -> Floats:
    """Squared differences over their variances, shape (B, M)."""
    centred = (rates - rates.mean(axis=1, keepdims=True)).T
    squares = centred**2
    n1 = splits.sizes[:, np.newaxis]
    n0 = len(centred) - n1
    sums, squared = splits.sums(centred), splits.sums(squares)
    total = squares.sum(axis=0)
    # Centred rates add up to 0, so the control's sum is the treatment's with the other sign.
    spread1 = np.maximum(squared - sums**2 / n1, 0) / (n1 * (n1 - 1))
    spread0 = np.maximum(total - squared - sums**2 / n0, 0) / (n0 * (n0 - 1))
    variance, difference = spread1 + spread0, np.abs(sums / n1 + sums / n0)
    differs = difference > _NO_DIFFERENCE * np.abs(rates).max(axis=1)
    found: Floats = np.where(differs, np.inf, 0.0)
    varies = variance > _NO_SPREAD * total
    np.divide(difference**2, variance, out=found, where=differs & varies)
    return found
