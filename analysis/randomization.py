"""Reps split: the randomisation test on given re-draws, and the interval that inverts it."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass

from analysis.estimate import Estimate, Interval, NotEstimable, check_level, rejects
from analysis.rep_level import check_rates, why_too_thin
from analysis.shifts import Shifts
from analysis.splits import Splits
from analysis.sufficient import Bools, Floats


def randomization_test(
    rates: Floats, treated: Bools, redraws: Bools | Splits, *, exact: bool, level: float = 0.95
) -> Estimate | NotEstimable:
    """Difference of the average rep's rate, judged by drawing the assignment again.

    The statistic is the difference over Welch's standard error, two-sided; with arms of equal
    size it gives the same p as the plain difference. Ties count. The interval is the convex hull
    of the shifts of the treatment's rates that the same test does not reject; it has no end
    where the draws are too few to find one.

    Args:
        rates: One per rep, shape (G,).
        treated: The split that happened, True for treatment, shape (G,).
        redraws: What the same design could have given, shape (B, G); as `Splits` where several
            outcomes share them.
        exact: Whether the redraws are every possible split, each once, the one that happened
            among them, so that p is their share; else they are a sample, and p is (1+b)/(1+B).
    Returns:
        Effect in the outcome's unit, treatment minus control; every rep counts once.
    Raises:
        ValueError: if shapes differ, a rate is not finite, a redraw leaves a variant with fewer
            than two reps, or exact redraws lack the split that happened.
    References:
        Rosenbaum (2002), Observational Studies, ch. 2; Janssen (1997), Statistics & Probability
        Letters 36:9, for studentising.
    """
    check_level(level)
    check_rates(rates, treated)
    if too_thin := why_too_thin(rates, treated):
        return NotEstimable(too_thin)
    splits = Splits.of(redraws)
    check_redraws(splits, treated, exact=exact)
    key = rates.tobytes() + treated.tobytes()
    shifts = splits.latest(key, lambda: Shifts.of(rates, treated, splits))
    return judged(shifts, len(splits), exact=exact, level=level)


def judged(shifts: Shifts, draws: int, *, exact: bool, level: float) -> Estimate:
    """The estimate, p-value and interval of so many draws' statistics, all from one count."""
    tails = Tails(draws, exact)
    ci = shifts.hull(tails.least_kept(level))
    p = tails.p_of(shifts.count_at(0.0))
    if not rejects(p, level=level):
        ci = _holding_zero(ci)
    elif _holds_zero(ci):
        p = tails.p_of(_count_beyond_zero(shifts, draws))
    return Estimate(
        effect=shifts.effect,
        ci=ci,
        p=p,
        level=level,
        exact=exact,
        draws=draws,
        smallest_p=tails.p_of(shifts.always),
    )


@dataclass(frozen=True, slots=True)
class Tails:
    """From a number of draws at least as extreme as what happened to a p-value, and back."""

    draws: int
    exact: bool

    def p_of(self, count: int) -> float:
        """The p-value of a number of draws."""
        return count / self.draws if self.exact else (1 + count) / (1 + self.draws)

    def least_kept(self, level: float) -> int:
        """The least number of draws whose p-value does not reject."""
        counts = range(self.draws + 1)
        return bisect_left(counts, True, key=lambda n: not rejects(self.p_of(n), level=level))


def _holding_zero(ci: Interval) -> Interval:
    """The interval of a p above alpha, which holds 0; an end that is a tie at 0 is 0 itself."""
    low, high = ci
    return (None if low is None else min(low, 0.0), None if high is None else max(high, 0.0))


def _holds_zero(ci: Interval) -> bool:
    low, high = ci
    return (low is None or low <= 0) and (high is None or high >= 0)


def _count_beyond_zero(shifts: Shifts, draws: int) -> int:
    """The most draws as extreme at 0 or at a shift on its other side from the effect.

    With unequal arms of very few reps a shift further out may be kept though 0 is not. The hull
    then holds 0, and 0 is judged like that shift.
    """
    counts = range(draws + 1)
    return bisect_left(counts, True, key=lambda least: not _holds_zero(shifts.hull(least))) - 1


def check_redraws(redraws: Splits, treated: Bools, *, exact: bool) -> None:
    """Refuse re-draws that are not of these reps, or too few in a variant.

    Raises:
        ValueError: saying which.
    """
    labels = redraws.labels
    if labels.ndim != 2 or labels.shape[1:] != treated.shape:
        raise ValueError(f"redraws of shape {labels.shape} for {len(treated)} reps")
    sizes = redraws.sizes
    if len(sizes) == 0 or sizes.min() < 2 or sizes.max() > len(treated) - 2:
        raise ValueError("every redraw leaves each variant two reps or more, and there is one")
    if exact and not (labels == treated).all(axis=1).any():
        raise ValueError("exact redraws hold the split that happened")
