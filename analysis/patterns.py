"""Many comparisons of reps at once, none of them random: which differences are more than noise.

Each rep counts once, with the mean of its own leads, so that one rep's luck with fifty leads is
not taken for fifty findings; and all comparisons are corrected together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.estimate import Estimate, NotEstimable, Result, Why, check_level, rejects
from analysis.multiplicity import holm, holm_levels
from analysis.rep_level import paired_t, rep_rates, rep_welch
from analysis.sufficient import RepTotals

LEAST_REPS = 3
LEAST_LEADS = 20


@dataclass(frozen=True, slots=True, eq=False)
class Sides:
    """Two groups of leads by rep: what is looked at, and what it is compared with.

    `within_reps` compares each rep with itself, as for two periods; else the reps of one side
    with those of the other, as for two teams.
    """

    mine: RepTotals
    other: RepTotals
    within_reps: bool


@dataclass(frozen=True, slots=True)
class Pattern:
    """What a comparison found, corrected for all that were made with it.

    Attributes:
        mine, other: The average lead on each side; None without leads.
        result: Mine less other for the average rep, its interval at the corrected level.
    """

    mine: float | None
    other: float | None
    result: Result
    adjusted_p: float | None
    level: float

    @property
    def claimed(self) -> bool:
        """Whether it is more than noise, with all other comparisons looked at too."""
        return self.adjusted_p is not None and rejects(self.adjusted_p, level=self.level)


def patterns(comparisons: Sequence[Sides], *, level: float = 0.95) -> tuple[Pattern, ...]:
    """Judge all comparisons as one family, by Holm.

    Those with fewer than three reps or twenty leads on a side are not judged, and cost the
    others nothing.
    """
    check_level(level)
    first = [_compared(each, level) for each in comparisons]
    held = [(at, each.p) for at, each in enumerate(first) if isinstance(each, Estimate)]
    ps = [p for _at, p in held]
    corrected = zip(holm(ps), holm_levels(ps, level=level), strict=True)
    of = dict(zip((at for at, _p in held), corrected, strict=True))
    found = []
    for at, (sides, result) in enumerate(zip(comparisons, first, strict=True)):
        adjusted, its_level = of.get(at, (None, level))
        again = _compared(sides, its_level) if adjusted is not None else result
        found.append(Pattern(_mean(sides.mine), _mean(sides.other), again, adjusted, level))
    return tuple(found)


def _compared(sides: Sides, level: float) -> Result:
    mine, other = (each.of(each.has_leads) for each in (sides.mine, sides.other))
    if min(mine.n.sum(), other.n.sum()) < LEAST_LEADS:
        return NotEstimable(Why.TOO_FEW_LEADS)
    if sides.within_reps:
        both = sorted(set(mine.reps) & set(other.reps))
        if len(both) < LEAST_REPS:
            return NotEstimable(Why.TOO_FEW_REPS)
        mine, other = mine.of(np.isin(mine.reps, both)), other.of(np.isin(other.reps, both))
    elif min(len(mine.reps), len(other.reps)) < LEAST_REPS:
        return NotEstimable(Why.TOO_FEW_REPS)
    rates = np.concatenate([rep_rates(other), rep_rates(mine)])
    treated = np.arange(len(rates)) >= len(other.reps)
    if not sides.within_reps:
        return rep_welch(rates, treated, level=level)
    place = {rep: at for at, rep in enumerate(other.reps)}
    pairs = np.array([place[rep] for rep in (*other.reps, *mine.reps)], dtype=np.int64)
    return paired_t(rates, treated, pairs, level=level)


def _mean(totals: RepTotals) -> float | None:
    leads = int(totals.n.sum())
    return float(totals.total.sum()) / leads if leads else None
