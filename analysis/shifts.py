"""Which shifts of the treatment's rates a re-drawn split would make look as extreme."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.estimate import Interval
from analysis.quartics import farthest, last_place
from analysis.rep_level import mean_difference, scaled_deviations
from analysis.splits import Splits
from analysis.sufficient import Bools, Floats, Ints

# Squared statistics that differ by less, relative to their size, are ties: rates such as
# 0.1 + 0.2 and 0.3 differ only in how they were added up.
_TIE = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Terms:
    """What splits make of the residuals e = u − v·q, at a shift of v.

    With u the residuals at the estimate and q those of having been treated, a split's difference
    is a − v·c and its squared standard error s0 − 2v·s1 + v²·s2. Shape (B,) each.
    """

    a: Floats
    c: Floats
    s0: Floats
    s1: Floats
    s2: Floats

    @classmethod
    def of(cls, u: Floats, q: Floats, splits: Splits) -> Terms:
        """Sum up every split once.

        Args:
            u, q: Shape (G,).
            splits: B of them.
        """
        columns = _columns(u, q)
        n1, sums1 = splits.sizes, splits.totals(columns)
        sums0 = columns.sum(axis=0)[:, np.newaxis] - sums1
        return cls.of_sums(n1, sums1, len(columns) - n1, sums0)

    @classmethod
    def of_sums(
        cls, n1: Floats, sums1: Iterable[Floats], n0: Floats, sums0: Iterable[Floats]
    ) -> Terms:
        """The same from what the variants' reps add up to.

        Args:
            n1, n0: Reps of the treatment and of the control, at least 2, shape (B,).
            sums1, sums0: Of u, q, u², u·q and q², shape (B,) each.
        """
        treatment, control = _arm(n1, sums1), _arm(n0, sums0)
        spreads = (x + y for x, y in zip(treatment[2:], control[2:], strict=True))
        return cls(treatment[0] - control[0], treatment[1] - control[1], *spreads)

    @classmethod
    def together(cls, several: Sequence[Terms]) -> Terms:
        """Some after others."""
        parts = ((each.a, each.c, each.s0, each.s1, each.s2) for each in several)
        return cls(*map(np.concatenate, zip(*parts, strict=True)))

    def of_some(self, some: Bools | slice) -> Terms:
        """Those of the chosen splits."""
        return Terms(self.a[some], self.c[some], self.s0[some], self.s1[some], self.s2[some])

    def without(self, some: Bools) -> Terms:
        """The same, but all 0 for the chosen splits."""
        parts = (self.a, self.c, self.s0, self.s1, self.s2)
        return Terms(*(np.where(some, 0.0, part) for part in parts))

    def made_alike(self, some: Ints, one: int) -> Terms:
        """The same, but one's own for the chosen splits too."""
        parts = [part.copy() for part in (self.a, self.c, self.s0, self.s1, self.s2)]
        for part in parts:
            part[some] = part[one]
        return Terms(*parts)

    def moved(self, v0: float) -> Terms:
        """The same in powers of v − v0."""
        s1 = self.s1 - v0 * self.s2
        return Terms(self.a - v0 * self.c, self.c, self.spread(v0), s1, self.s2)

    def spread(self, v: float | Floats) -> Floats:
        """Squared standard errors at a shift, shape (B,); rounding may take them below 0."""
        spread: Floats = self.s2 * v
        spread -= 2 * self.s1
        spread *= v
        spread += self.s0
        return spread


@dataclass(frozen=True, slots=True, eq=False)
class Shifts:
    """The squared statistics of all draws, as functions of the shift that is tested.

    Take a shift τ off the treatment's rates, refit them on the covariate if there is one, and
    what is left should not depend on the split. With v = (τ − effect)/scale every statistic is a
    difference over its standard error as `Terms` has them, and a draw is as extreme as what
    happened where a polynomial of degree 4 in v is not negative.
    """

    effect: float
    scale: float
    happened: Terms  # shape (1,)
    drawn: Terms
    is_always: Bools  # draws with the same two groups as what happened
    is_adjusted: bool

    @classmethod
    def of(cls, rates: Floats, treated: Bools, redraws: Splits) -> Shifts:
        """Without a covariate.

        Args:
            rates: Shape (G,).
            treated: Shape (G,).
            redraws: B of them.
        """
        centred, scale = scaled_deviations(rates, treated)
        q = treated - treated.mean()
        return cls._of(mean_difference(rates, treated), scale, centred, q, treated, redraws, False)

    @staticmethod
    def expect(rates: Floats, treated: Bools, redraws: Splits) -> None:
        """Say that these rates, among others, will be judged by these draws (`Splits.expect`)."""
        centred, _ = scaled_deviations(rates, treated)
        redraws.expect(_columns(centred, treated - treated.mean()))

    @classmethod
    def adjusted(
        cls, effect: float, residuals: Floats, q: Floats, treated: Bools, redraws: Splits
    ) -> Shifts:
        """With covariates, refitted at each shift.

        Args:
            effect: The least squares estimate.
            residuals: Of rates less so much for the treated, fitted on the covariates.
            q: What the covariates leave of having been treated; both of shape (G,).
        """
        scale = float(np.abs(residuals).max())
        return cls._of(effect, scale, residuals / scale, q, treated, redraws, True)

    @classmethod
    def _of(
        cls,
        effect: float,
        scale: float,
        u: Floats,
        q: Floats,
        treated: Bools,
        redraws: Splits,
        is_adjusted: bool,
    ) -> Shifts:
        always = redraws.has_groups_of(treated)
        happened = Terms.of(u, q, Splits(treated[np.newaxis]))
        drawn = Terms.of(u, q, redraws)
        return cls(effect, scale, happened, drawn, always, is_adjusted)

    @property
    def always(self) -> int:
        """How many draws are as extreme as what happened, whatever the rates."""
        return int(np.count_nonzero(self.is_always))

    def count_at(self, shift: float) -> int:
        """How many draws are at least as extreme as what happened when this shift is tested."""
        v = (shift - self.effect) / self.scale
        drawn, happened = self.drawn, self.happened
        extreme = (drawn.a - v * drawn.c) ** 2 * _spread(happened, v)
        edge = (v * happened.c) ** 2 * _spread(drawn, v)
        return int(np.count_nonzero(self.is_always | (extreme >= edge * (1 - _TIE))))

    def hull(self, least: int) -> Interval:
        """The lowest and highest shift at which `least` draws or more are as extreme."""
        needed = least - self.always
        if needed <= 0:
            return None, None
        quartics = self._quartics()
        mirrored = quartics * np.array([[1], [-1], [1], [-1], [1]])
        # Without a covariate what happened is the most extreme far out; else that is not sure.
        last = last_place if self.is_adjusted else farthest
        up, down = last(quartics, needed), last(mirrored, needed)
        low = None if down is None else self.effect - self.scale * down
        return low, None if up is None else self.effect + self.scale * up

    def _quartics(self) -> Floats:
        """Not negative where a draw is as extreme: coefficients from the constant upwards."""
        drawn, (t0, t1, t2) = self.drawn.of_some(~self.is_always), self._happened_spread
        a, c, s0, s1, s2 = drawn.a, drawn.c, drawn.s0, drawn.s1, drawn.s2
        own = float(self.happened.c[0]) ** 2
        return np.stack(
            [
                t0 * a**2,
                -2 * t0 * a * c - 2 * t1 * a**2,
                t0 * c**2 + 4 * t1 * a * c + t2 * a**2 - own * s0,
                -2 * t1 * c**2 - 2 * t2 * a * c + 2 * own * s1,
                t2 * c**2 - own * s2,
            ]
        )

    @property
    def _happened_spread(self) -> tuple[float, float, float]:
        happened = self.happened
        t0 = float(happened.s0[0])
        # Within its own two groups, having been treated does not vary.
        return (
            (t0, float(happened.s1[0]), float(happened.s2[0])) if self.is_adjusted else (t0, 0, 0)
        )


def _spread(terms: Terms, v: float) -> Floats:
    """Squared standard errors at a shift, shape (B,)."""
    spread: Floats = np.maximum(terms.spread(v), 0.0)
    return spread


def _columns(u: Floats, q: Floats) -> Floats:
    """What is summed up over the treated, shape (G, 5)."""
    return np.column_stack([u, q, u**2, u * q, q**2])


def _arm(n: Floats, sums: Iterable[Floats]) -> tuple[Floats, ...]:
    """One variant's means of u and q, and their share of the squared standard error's terms.

    Args:
        n: Its reps, shape (B,).
        sums: Of u, q, u², u·q and q², shape (B,) each.
    """
    u, q, uu, uq, qq = sums
    spreads = (uu - u**2 / n, uq - u * q / n, qq - q**2 / n)
    return (u / n, q / n, *(each / (n * (n - 1)) for each in spreads))
