"""From values to places: a linear scale with round ticks."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

# Percent of the width kept free at both ends, so that a tick's centred label stays inside.
EDGE = 5.0
ROUND = (1, 2, 5, 10)


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on the axis: its value, and its place in percent of the width."""

    value: float
    at: float


@dataclass(frozen=True, slots=True)
class Scale:
    """A linear scale over values from `low` to `high`, both of them ticks.

    Args:
        low: The lowest value drawn, below `high`.
        high: The highest value drawn.
        step: The distance of two ticks.
        mirrored: Whether values grow towards the left.
    """

    low: float
    high: float
    step: float
    mirrored: bool = False

    def at(self, value: float) -> float:
        """The place of a value, in percent of the width from the left."""
        share = (value - self.low) / (self.high - self.low)
        place = EDGE + share * (100 - 2 * EDGE)
        return round(100 - place if self.mirrored else place, 3)

    @property
    def ticks(self) -> tuple[Tick, ...]:
        """The ticks from low to high."""
        count = round((self.high - self.low) / self.step)
        values = (_tidy(self.low + each * self.step) for each in range(count + 1))
        return tuple(Tick(value, self.at(value)) for value in values)

    @property
    def digits(self) -> int:
        """Decimals that tell two ticks apart when they are written times 100."""
        return max(0, -math.floor(math.log10(self.step * 100) + 1e-9))


def scale_over(
    values: Iterable[float], *, least_span: float = 0.02, most: int = 6, mirrored: bool = False
) -> Scale:
    """The scale that holds zero and all values.

    Args:
        values: Finite values; none at all gives a scale of the least span.
        least_span: The shortest distance of the ends, so that equal values have room.
        most: How many ticks have room on a phone, at least 3.
    Raises:
        ValueError: if a value is not finite.
    """
    held = (0.0, *values)
    if not all(math.isfinite(value) for value in held):
        raise ValueError("a scale needs finite values; an unbounded end is None")
    low, high = min(held), max(held)
    if high - low < least_span:
        # All on one side of zero grows on that side only: a rate is never below 0.
        low, high = (low, low + least_span) if low >= 0 else (high - least_span, high)
    step = _round_step(low, high, most)
    return Scale(
        _tidy(math.floor(low / step + 1e-9) * step),
        _tidy(math.ceil(high / step - 1e-9) * step),
        step,
        mirrored,
    )


def _round_step(low: float, high: float, most: int) -> float:
    power = 10.0 ** math.floor(math.log10((high - low) / most))
    for factor in ROUND:
        step = _tidy(factor * power)
        if math.ceil(high / step - 1e-9) - math.floor(low / step + 1e-9) < most:
            return step
    return _tidy(20 * power)


def _tidy(value: float) -> float:
    # Sums of steps such as 0.1 + 0.2 must stay the numbers that people write.
    return round(value, 12)
