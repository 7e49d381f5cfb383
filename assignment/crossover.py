"""Crossover: each rep follows both variants, one after the other, in an order that is drawn.

Moments are numbers on one scale, such as microseconds.
"""

from __future__ import annotations

VARIANTS = 2
"""A crossover compares two variants in two periods."""

Periods = tuple[tuple[int, int], tuple[int, int]]
"""The first moment of each period, and the first after it."""


def variant_in(order: int, period: int) -> int:
    """The variant that a rep follows in a period.

    Args:
        order: What was drawn for the rep: 0 begins with the first variant, 1 with the second.
        period: 0 or 1.
    """
    return (order + period) % VARIANTS


def periods(start: int, end: int, washout: int) -> Periods:
    """Two periods of enrolment of equal length, with nobody enrolling between them.

    Args:
        start, end: Of enrolment as a whole.
        washout: How long nobody enrols, so that the first variant's leads have matured.
    Raises:
        ValueError: if the washout leaves no time to enrol.
    """
    half = (end - start - washout) // 2
    if washout < 0 or half < 1:
        raise ValueError("a washout as long as the enrolment leaves no time to enrol")
    return (start, start + half), (end - half, end)


def period_of(at: int, both: Periods) -> int | None:
    """The period in which somebody enrols at that moment; `None` between them and outside."""
    for number, (start, end) in enumerate(both):
        if start <= at < end:
            return number
    return None
