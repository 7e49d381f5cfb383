"""The randomisation test of many splits at once, each with outcomes of its own."""

from __future__ import annotations

import numpy as np

from analysis.randomization import Tails
from analysis.sufficient import Bools, Floats

# As in `Shifts`: statistics that differ by less, relative to their size, are ties.
_TIE = 1e-9
# A variance under this share of the rates' own is what rounding leaves of none.
_NOISE = 1e-13
# A difference under this share of the largest rate is float noise, as in `rep_level`.
_NO_DIFFERENCE = 1e-12
# Statistics held at once: so few that they stay in a processor's cache.
_AT_ONCE = 2**16
# Splits judged at once, so that those held are of many re-draws each.
_TOGETHER = 64


def p_values(rates: Floats, splits: Bools, redraws: Bools, *, exact: bool) -> Floats:
    """The p-value that `randomization_test` gives each split with its own rates.

    The statistic is the difference over Welch's standard error, two-sided; all splits are judged
    against the same re-draws, by two matrix products.

    Args:
        rates: One per split and rep, shape (W, G).
        splits: True for the treatment's reps, shape (W, G).
        redraws: What the same design could have given, shape (B, G).
        exact: Whether the redraws are every possible split, each once.
    Returns:
        Shape (W,); 1 where a split's rates do not vary within its variants.
    Raises:
        ValueError: if shapes differ, or a split leaves a variant with fewer than two reps.
    """
    if rates.shape != splits.shape or rates.shape[1:] != redraws.shape[1:]:
        raise ValueError("rates, splits and redraws are of the same reps")
    sizes = np.concatenate([splits.sum(axis=1), redraws.sum(axis=1)])
    if (
        min(len(splits), len(redraws)) == 0
        or not 2 <= sizes.min() <= sizes.max() <= rates.shape[1] - 2
    ):
        raise ValueError("every split leaves each variant two reps or more, and there is one")
    parts = [
        _p_values(
            rates[start : start + _TOGETHER], splits[start : start + _TOGETHER], redraws, exact
        )
        for start in range(0, len(splits), _TOGETHER)
    ]
    return np.concatenate(parts)


def _p_values(rates: Floats, splits: Bools, redraws: Bools, exact: bool) -> Floats:
    centred = rates - rates.mean(axis=1, keepdims=True)
    squares = np.square(centred)
    treated = splits.astype(np.float64)
    noise = _NO_DIFFERENCE * np.abs(rates).max(axis=1)
    happened = _statistics(
        (treated * centred).sum(axis=1), (treated * squares).sum(axis=1), squares, treated, noise
    )
    counts, edge = np.zeros(len(rates), dtype=np.int64), happened * (1 - _TIE)
    rows = max(1, _AT_ONCE // len(rates))
    for start in range(0, len(redraws), rows):
        drawn = redraws[start : start + rows].astype(np.float64)
        sums = drawn @ centred.T, drawn @ squares.T
        again = _statistics(*sums, squares, drawn[:, np.newaxis, :], noise)
        counts += np.count_nonzero(again >= edge, axis=0)
    tails = Tails(len(redraws), exact)
    found = np.array([tails.p_of(int(count)) for count in counts])
    return np.where(np.isfinite(happened), found, 1.0)


def _statistics(
    sums: Floats, squared: Floats, squares: Floats, treated: Floats, noise: Floats
) -> Floats:
    """Squared differences over their variances; infinite where nothing varies.

    Args:
        sums: Of the treated reps' centred rates, shape (…, W).
        squared: The same of their squares, shape (…, W).
        squares: Of every rep's centred rate, shape (W, G).
        treated: 1 for the treatment's reps; its last axis is the reps.
        noise: A difference that is none, shape (W,).
    """
    n1 = treated.sum(axis=-1)
    n0 = treated.shape[-1] - n1
    total = squares.sum(axis=1)
    # Centred rates add up to 0, so the control's sum is the treatment's with the other sign.
    spread1 = squared - sums**2 / n1
    spread0 = total - squared - sums**2 / n0
    variance = np.maximum(spread1, 0) / (n1 * (n1 - 1)) + np.maximum(spread0, 0) / (n0 * (n0 - 1))
    difference = sums / n1 + sums / n0
    difference = np.where(np.abs(difference) > noise, difference, 0.0)
    varies = variance > _NOISE * total
    statistics: Floats = np.full(variance.shape, np.inf)
    np.divide(difference**2, variance, out=statistics, where=varies)
    return statistics
