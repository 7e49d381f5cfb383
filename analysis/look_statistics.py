"""The statistics of all draws at all planned looks, as functions of the shift that is tested."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import numpy as np

from analysis.covariate import left_by
from analysis.shifts import Shifts, Terms
from analysis.splits import Splits
from analysis.standing import Standing
from analysis.sufficient import Bools, Floats, Ints

# Under these shares of what the rates themselves are, a variance or a difference is float noise.
_NO_SPREAD = 1e-13
_NO_DIFFERENCE = 1e-12
# A bound is taken so much wider, relative to its size, that rounding cannot make it too narrow.
_ROUNDING = 1e-6


@dataclass(frozen=True, eq=False)
class LookStatistics:
    """Squared statistics, look by look: of every draw, or of those that may matter.

    Attributes:
        terms: One look's draws after another's, shape (n,). A draw that leaves a variant fewer
            than two reps with leads has terms of 0, and a statistic of 0.
        places: Which draw each is, shape (n,).
        ends: Where each look's begin, and where the last one's end; K + 1 of them.
        whole: Σu², Σu·q and Σq² over the reps, shape (3, K).
        draws: How many there are, with what happened.
        own: Which of them happened.
        same: Which have the same two groups as what happened.
        is_adjusted: Whether by a value from before.
        scale: The shift that v = 1 stands for, in the outcome's unit.
    """

    terms: Terms
    places: Ints
    ends: tuple[int, ...]
    whole: Floats
    draws: int
    own: int
    same: Ints
    is_adjusted: bool
    scale: float

    @classmethod
    def of(
        cls,
        rates: Floats,
        treated: Bools,
        splits: Splits,
        *,
        exact: bool,
        covariate: Floats | None = None,
    ) -> LookStatistics:
        """Of every draw at every look.

        Args:
            rates: NaN where a rep has no leads, shape (K, G).
            treated: What happened, shape (G,).
            splits: What could have; if exact, what happened is one of them.
            covariate: A value from before the test, shape (G,).
        """
        looks = [_residuals(each, treated, covariate) for each in rates]
        scale = max(float(np.abs(u).max()) for u, _, _ in looks) or 1.0
        columns = [_columns(u / scale, q, known) for u, q, known in looks]
        sums = _sums(columns, splits, None if exact else treated)
        draws = len(splits) + (not exact)
        own = (
            int(np.flatnonzero((splits.labels == treated).all(axis=1))[0]) if exact else draws - 1
        )
        same = np.append(np.flatnonzero(splits.has_groups_of(treated)), own)
        return cls(
            # The same two groups have the same statistic, however it is rounded far out.
            Terms.together([_terms(each, sums).made_alike(same, own) for each in columns]),
            np.tile(np.arange(draws), len(looks)),
            tuple(range(0, draws * len(looks) + 1, draws)),
            np.array([each[3:].sum(axis=1) for each in columns]).T,
            draws,
            own,
            np.unique(same),
            covariate is not None,
            scale,
        )

    @cached_property
    def unshifted(self) -> Standing:
        """How the draws stand when no effect is tested, which every level asks for."""
        return self.at(0.0)

    def at(self, shift: float) -> Standing:
        """How the draws stand at a shift, in the outcome's unit."""
        v = shift / self.scale
        sizes = _sizes(self.whole, v)

        def statistics(look: int) -> tuple[Ints, Floats]:
            stretch = slice(*self.ends[look : look + 2])
            return self.places[stretch], _squared(self.terms.of_some(stretch), v, sizes[look])

        return Standing(statistics, len(sizes), self.draws, self.own)

    def latest(self, effect: float) -> Shifts:
        """The latest look alone, of every draw, about the estimate."""
        terms = self.terms.of_some(slice(*self.ends[-2:])).moved(effect / self.scale)
        is_same = np.zeros(self.draws, dtype=np.bool_)
        is_same[self.same] = True
        happened = terms.of_some(slice(self.own, self.own + 1))
        return Shifts(effect, self.scale, happened, terms, is_same, self.is_adjusted)

    def between(self, low: float, high: float, totals: Sequence[int]) -> LookStatistics:
        """Those draws whose place may matter at any shift from `low` to `high`.

        Args:
            totals: How many draws may have crossed by each look. At an earlier one as many and
                one more count, those with the largest statistics; at the latest those that are as
                extreme as what happened.
        """
        least, most = self._bounds(low / self.scale, high / self.scale)
        kept = np.zeros(len(self.places), dtype=np.bool_)
        for total, (start, end) in zip(totals[:-1], pairwise(self.ends[:-1]), strict=True):
            if total > 0:
                kept[start:end] = most[start:end] >= _largest(least[start:end], total + 1)
        start = self.ends[-2]
        happened = least[start:][self.places[start:] == self.own]
        kept[start:] = most[start:] >= happened
        counts = np.concatenate([[0], np.cumsum(kept)])
        return replace(
            self,
            terms=self.terms.of_some(kept),
            places=self.places[kept],
            ends=tuple(counts[list(self.ends)].tolist()),
        )

    def _bounds(self, low: float, high: float) -> tuple[Floats, Floats]:
        """What each statistic is at least and at most between two places v."""
        terms, size = self.terms, np.maximum(_sizes(self.whole, low), _sizes(self.whole, high))
        noise = np.repeat(_NO_SPREAD * size, np.diff(self.ends))
        ends = terms.a - low * terms.c, terms.a - high * terms.c
        same_side = ends[0] * ends[1] > 0
        differences = np.minimum(*np.abs(ends)) * same_side, np.maximum(*np.abs(ends))
        # A variance is convex in v: largest at an end, least between them or at the nearer one.
        turn = np.full(len(noise), low)
        np.divide(terms.s1, terms.s2, out=turn, where=terms.s2 > 0)
        largest = np.maximum(terms.spread(low), terms.spread(high)) + noise
        smallest = terms.spread(np.clip(turn, low, high)) - noise
        least = np.zeros(len(noise))
        np.divide(differences[0] ** 2, largest, out=least, where=largest > 0)
        most = np.where(differences[1] > 0, np.inf, 0.0)
        np.divide(differences[1] ** 2, smallest, out=most, where=smallest > noise)
        return least * (1 - _ROUNDING), most * (1 + _ROUNDING)


def _residuals(
    rates: Floats, treated: Bools, covariate: Floats | None
) -> tuple[Floats, Floats, Bools]:
    """What a look's rates and having been treated leave, 0 for a rep without leads; who has some.

    Left by the mean alone, or by the covariate too: what is left of the rates less a shift for
    the treated is the one less as much of the other.
    """
    known = np.isfinite(rates)
    left = np.zeros((2, len(rates)))
    if known.any():
        x = None if covariate is None else covariate[known]
        left[0, known], left[1, known] = (
            left_by(x, values[known]) for values in (rates, treated.astype(np.float64))
        )
    return left[0], left[1], known


def _columns(u: Floats, q: Floats, known: Bools) -> Floats:
    """What is summed up over the treated, shape (6, G)."""
    return np.stack([known, u, q, u**2, u * q, q**2])


Sums = dict[bytes, tuple[Floats, float]]
"""By column: what it adds up to over the treated of each draw, and over all reps."""


def _sums(looks: Sequence[Floats], splits: Splits, happened: Bools | None) -> Sums:
    # Looks at the same reps share what does not depend on their rates.
    columns = {column.tobytes(): column for look in looks for column in look}
    stacked = np.stack(list(columns.values()))
    found = np.empty((len(stacked), len(splits) + (happened is not None)))
    found[:, : len(splits)] = np.matmul(stacked, splits.weights.T)
    if happened is not None:
        found[:, -1] = stacked @ happened
    totals = stacked.sum(axis=1).tolist()
    return dict(zip(columns, zip(found, totals, strict=True), strict=True))


def _terms(columns: Floats, sums: Sums) -> Terms:
    treated, whole = zip(*(sums[column.tobytes()] for column in columns), strict=True)
    control = [total - part for part, total in zip(treated, whole, strict=True)]
    terms = Terms.of_sums(
        np.maximum(treated[0], 2), treated[1:], np.maximum(control[0], 2), control[1:]
    )
    is_thin = np.minimum(treated[0], control[0]) < 2
    return terms.without(is_thin) if is_thin.any() else terms


def _sizes(whole: Floats, v: float) -> Floats:
    """Σ(u − v·q)² of each look, shape (K,)."""
    uu, uq, qq = whole
    sizes: Floats = np.maximum(uu - 2 * v * uq + v**2 * qq, 0.0)
    return sizes


def _squared(terms: Terms, v: float, size: float) -> Floats:
    """Squared differences over their variances; infinite where there is no variance."""
    difference = terms.a - v * terms.c
    difference *= difference
    variance = terms.spread(v)
    differs, varies = difference > _NO_DIFFERENCE**2 * size, variance > _NO_SPREAD * size
    found: Floats = np.where(differs, np.inf, 0.0)
    np.divide(difference, variance, out=found, where=np.logical_and(varies, differs, out=varies))
    return found


def _largest(values: Floats, rank: int) -> float:
    """The value of a rank from above; the least of all where there are fewer."""
    place = max(len(values) - rank, 0)
    return float(np.partition(values, place)[place])
