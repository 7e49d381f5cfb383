"""What the randomisation test says of many simulated teams at once: significant or not."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator

import numpy as np
from scipy.special import bdtr, bdtrc

from analysis.estimate import check_level
from analysis.randomization import Tails
from analysis.splits import Splits
from analysis.sufficient import Bools, Floats, Ints

# As in `Shifts`: differences that differ by less, relative to their size, are ties.
_TIE = 1e-9
# Under this share of a rate's own size, a spread is float noise, as in `rep_level`.
_NOISE = 1e-12
# How often, at most, a verdict after a part of the re-draws is not that of all of them.
_RISK = 1e-6
# Re-draws in the first part; each further part is so many times as large.
_FIRST, _GROWTH = 64, 2
# Differences held at once: so few that they stay in a processor's cache; and of so few re-draws
# that a byte counts them.
_AT_ONCE, _COUNTED = 2**16, 255


def rejected(
    rates: Floats, treated: Bools, redraws: Bools | Splits, *, exact: bool, level: float
) -> Bools:
    """Which of many teams `randomization_test` calls significant, arms being of equal size.

    Then the studentised statistic orders re-draws as the plain difference does, which is one
    matrix product for all teams. A team is judged as soon as the re-draws seen so far leave no
    doubt: were its p just past the level, so few, or so many, of them would be as extreme with a
    probability under one in a million.

    Args:
        rates: One per team and rep, shape (W, G).
        treated: The split that happened, in all teams the same, shape (G,).
        redraws: What the design could have given, in random order, shape (B, G); as `Splits`
            where they judge more teams.
        exact: Whether the redraws are every possible split, each once.
    Returns:
        Shape (W,). A team without any variation within its variants is never significant.
    Raises:
        ValueError: if the arms differ in size, or shapes do not fit.
    References:
        Gandy (2009), JASA 104:1504, for judging before all re-draws are seen.
    """
    check_level(level)
    splits = Splits.of(redraws)
    if rates.shape[1:] != treated.shape or splits.labels.shape[1:] != treated.shape:
        raise ValueError("teams, split and redraws are of the same reps")
    if 2 * treated.sum() != len(treated) or (2 * splits.sizes != len(treated)).any():
        raise ValueError("arms are of equal size")
    draws = len(splits)
    most = Tails(draws, exact).least_kept(level) - 1
    # The difference of two equal arms is the treated's sum of the centred rates, but for a factor.
    centred = rates - rates.mean(axis=1, keepdims=True)
    edge = np.abs(centred @ treated) * (1 - _TIE)
    found = np.zeros(len(rates), dtype=np.bool_)
    open_, seen = np.flatnonzero(_varies(rates, treated)), 0
    counts = np.zeros(len(rates), dtype=np.int64)
    for part in _parts(splits.weights):
        if not len(open_):
            break
        counts[open_] += _as_extreme(centred[open_], edge[open_], part)
        seen += len(part)
        few, many = _bounds(seen, draws, most)
        found[open_] = counts[open_] <= few
        open_ = open_[(counts[open_] > few) & (counts[open_] < many)]
    return found


def _as_extreme(centred: Floats, edge: Floats, weights: Floats) -> Ints:
    """How many re-draws are as extreme as what happened, for each team; shape (W,)."""
    counts, columns = np.zeros(len(centred), dtype=np.int64), np.ascontiguousarray(centred.T)
    rows = min(_COUNTED, max(1, _AT_ONCE // len(centred)))
    for start in range(0, len(weights), rows):
        sums = weights[start : start + rows] @ columns
        is_extreme = np.abs(sums, out=sums) >= edge
        counts += np.add.reduce(is_extreme.view(np.uint8), axis=0, dtype=np.uint8)
    return counts


def _varies(rates: Floats, treated: Bools) -> Bools:
    noise = _NOISE * np.abs(rates).max(axis=1)
    spreads = [np.ptp(rates[:, arm], axis=1) for arm in (treated, ~treated)]
    varies: Bools = np.maximum(*spreads) > noise
    return varies


def _parts(weights: Floats) -> Iterator[Floats]:
    start, size = 0, _FIRST
    while start < len(weights):
        yield weights[start : start + size]
        start, size = start + size, size * _GROWTH


def _bounds(seen: int, draws: int, most: int) -> tuple[int, int]:
    """So few extreme re-draws of those seen, or so many, leave no doubt about all of them.

    Args:
        most: How many of all may be as extreme for a team to be called significant.
    """
    if seen == draws:
        return most, most + 1
    # All of them in random order, a part holds no more chance than independent draws would.
    counts = range(seen + 1)
    few = bisect_right(counts, _RISK, key=lambda c: float(bdtr(c, seen, (most + 1) / draws))) - 1
    beyond = max(most, 0) / draws
    many = bisect_left(counts, True, key=lambda c: bool(bdtrc(c, seen, beyond) <= _RISK))
    return min(few, most), min(many, most) + 1
