"""Where a falling function meets 0."""

from __future__ import annotations

from collections.abc import Callable


def crossing(falling: Callable[[float], float], low: float, high: float) -> float:
    """The place in [low, high] at which a falling function meets 0, to 15 decimals.

    Returns:
        `low` where it is at most 0 all along, `high` where it is at least 0 all along.
    """
    if falling(low) <= 0:
        return low
    if falling(high) >= 0:
        return high
    while high - low > 1e-15:
        middle = (low + high) / 2
        # Between neighbouring floats there is no middle.
        if middle in (low, high):
            break
        if falling(middle) > 0:
            low = middle
        else:
            high = middle
    return (low + high) / 2
