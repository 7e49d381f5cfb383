"""Matched pairs: reps who were alike before the test, one of each pair in either variant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from assignment.design import Complete, largest_remainder
from assignment.stratified import Stratified

Floats = NDArray[np.float64]

# A swap must shorten the distances by more than rounding does, or two would go on for ever.
_SHORTER = 1e-12


def paired(
    baseline: Mapping[str, Sequence[float]], weights: Sequence[float], rng: np.random.Generator
) -> Stratified:
    """Plan a split within pairs of reps whose values before the test are closest.

    Args:
        baseline: The values of each unit, the same number of them for all; each counts alike,
            in units of its own spread.
        weights: One per variant, two of them and equal: a pair has one unit of each.
        rng: Of the plan's recorded seed; the draw that follows continues it.
    Returns:
        A block a pair; where the number of units is odd, the one left over is a block of its own.
    Raises:
        ValueError: for fewer than two units, values that are not finite numbers, or weights that
            are not two equal ones.
    References:
        Greevy, Lu, Silber & Rosenbaum (2004), Biostatistics 5:263.
    """
    if len(weights) != 2 or weights[0] != weights[1]:
        raise ValueError("a pair is split between two variants of equal weight")
    units = sorted(baseline)
    if len(units) < 2:
        raise ValueError(f"a split needs two units or more, not {len(units)}")
    found = matched([baseline[unit] for unit in units])
    blocks = [Complete((units[first], units[second]), (1, 1)) for first, second in found]
    together = {place for pair in found for place in pair}
    blocks.extend(
        Complete((units[place],), largest_remainder(1, weights, rng))
        for place in range(len(units))
        if place not in together
    )
    return Stratified(tuple(blocks))


def matched(values: Sequence[Sequence[float]]) -> list[tuple[int, int]]:
    """Pairs of places, nearest together: closest first, then improved by swapping partners.

    With one value each, and an even number of units, the sum of the distances is the least there
    is.

    Args:
        values: One row per unit, shape (G, k).
    Returns:
        G // 2 pairs, in order of their first place; the lower place of a pair first.
    Raises:
        ValueError: if a value is not a finite number.
    """
    distances = _distances(standardised(values))
    pairs = _closest_first(distances)
    while _swapped_any(pairs, distances):
        pass
    return sorted((min(pair), max(pair)) for pair in pairs if -1 not in pair)


def standardised(values: Sequence[Sequence[float]]) -> Floats:
    """Each column less its mean and over its spread, shape (G, k); 0 where nothing varies.

    Raises:
        ValueError: if a value is not a finite number, or rows differ in length.
    """
    table = np.array(values, dtype=np.float64)
    if table.ndim != 2 or not np.isfinite(table).all():
        raise ValueError("values from before the test are finite numbers, as many for each unit")
    centred = table - table.mean(axis=0)
    # Scaled by the largest first: no amount of money is too large to be squared.
    widest = np.abs(centred).max(axis=0)
    size = np.abs(table).max(axis=0)
    varies = widest > 1e-12 * size
    centred = np.where(varies, centred / np.where(varies, widest, 1.0), 0.0)
    spread = np.sqrt(np.mean(centred**2, axis=0))
    found: Floats = centred / np.where(varies, spread, 1.0)
    return found


def _distances(points: Floats) -> Floats:
    squares = (points[:, np.newaxis] - points[np.newaxis]) ** 2
    found: Floats = np.sqrt(squares.sum(axis=2))
    return found


def _closest_first(distances: Floats) -> list[tuple[int, int]]:
    rows, columns = np.triu_indices(len(distances), 1)
    order = np.argsort(distances[rows, columns], kind="stable")
    free = set(range(len(distances)))
    pairs = []
    for first, second in zip(rows[order].tolist(), columns[order].tolist(), strict=True):
        if first in free and second in free:
            free -= {first, second}
            pairs.append((first, second))
    # The one left over takes part in swaps as a pair with nobody.
    pairs.extend((place, -1) for place in free)
    return pairs


def _swapped_any(pairs: list[tuple[int, int]], distances: Floats) -> bool:
    """Swap partners between pairs wherever that makes them closer; whether it did anywhere."""

    def length(*both: tuple[int, int]) -> float:
        return sum(float(distances[pair]) for pair in both if -1 not in pair)

    swapped = False
    for at in range(len(pairs)):
        for later in range(at + 1, len(pairs)):
            (a, b), (c, d) = pairs[at], pairs[later]
            ways = [((a, b), (c, d)), ((a, c), (b, d)), ((a, d), (b, c))]
            best = min(ways, key=lambda way: length(*way))
            if length(*best) < length(*ways[0]) - _SHORTER:
                pairs[at], pairs[later] = best
                swapped = True
    return swapped
