"""Which shifts of the treatment's rates a re-drawn split would make look as extreme."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.estimate import Interval
from analysis.quartics import farthest
from analysis.rep_level import mean_difference, scaled_deviations
from analysis.sufficient import Bools, Floats

# Squared statistics that differ by less, relative to their size, are ties: rates such as
# 0.1 + 0.2 and 0.3 differ only in how they were added up.
_TIE = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Shifts:
    """The squared statistics of all draws, as functions of the shift that is tested.

    Take a shift τ off the treatment's rates, and what is left should not depend on the split.
    With v = (τ − effect)/scale, a draw's difference is a − v·c and its squared standard error
    s0 − 2v·s1 + v²·s2; those of the split that happened are −v and `spread`. A draw is as
    extreme where (a − v·c)²·spread ≥ v²·(s0 − 2v·s1 + v²·s2): a polynomial of degree 4.
    """

    effect: float
    scale: float
    spread: float
    a: Floats  # differences of the centred rates, shape (B,)
    c: Floats  # differences in the share of reps who were treated, shape (B,)
    s0: Floats  # squared standard error of the centred rates, shape (B,)
    s1: Floats  # the same, of centred rates with having been treated
    s2: Floats  # the same, of having been treated

    @classmethod
    def of(cls, rates: Floats, treated: Bools, redraws: Bools) -> Shifts:
        """Sum up every draw once.

        Args:
            rates: Shape (G,).
            treated: Shape (G,).
            redraws: Shape (B, G).
        """
        centred, scale = scaled_deviations(rates, treated)
        happened = treated.astype(np.float64)
        columns = np.column_stack([centred, happened, centred**2, centred * happened])
        a, c, s0, s1, s2 = _welch(columns, redraws)
        spread = _welch(columns, treated[np.newaxis])[2][0]
        effect = mean_difference(rates, treated)
        return cls(effect, scale, float(spread), a, c, s0, s1, s2)

    @property
    def is_always(self) -> Bools:
        """Draws with the same two groups as what happened, as extreme at every shift."""
        return self.s2 < _TIE

    @property
    def always(self) -> int:
        """How many draws are as extreme as what happened, whatever the rates."""
        return int(np.count_nonzero(self.is_always))

    def count_at(self, shift: float) -> int:
        """How many draws are at least as extreme as what happened when this shift is tested."""
        v = (shift - self.effect) / self.scale
        drawn = (self.a - v * self.c) ** 2 * self.spread
        happened = v**2 * (self.s0 - 2 * v * self.s1 + v**2 * self.s2)
        return int(np.count_nonzero(drawn >= happened * (1 - _TIE)))

    def hull(self, least: int) -> Interval:
        """The lowest and highest shift at which `least` draws or more are as extreme."""
        needed = least - self.always
        if needed <= 0:
            return None, None
        quartics = self._quartics()
        mirrored = quartics * np.array([[1], [-1], [1], [-1], [1]])
        up, down = farthest(quartics, needed), farthest(mirrored, needed)
        return self.effect - self.scale * down, self.effect + self.scale * up

    def _quartics(self) -> Floats:
        """Not negative where a draw is as extreme: coefficients from the constant upwards."""
        some = ~self.is_always
        a, c, s0, s1, s2 = (each[some] for each in (self.a, self.c, self.s0, self.s1, self.s2))
        spread = self.spread
        return np.stack([spread * a**2, -2 * spread * a * c, spread * c**2 - s0, 2 * s1, -s2])


def _welch(columns: Floats, redraws: Bools) -> tuple[Floats, ...]:
    """Differences, then squared standard errors, of the centred rates and of the treatment.

    Args:
        columns: Centred rate, treatment, and the sums of squares' terms, shape (G, 4).
        redraws: Shape (B, G).
    """
    n1 = np.count_nonzero(redraws, axis=1).astype(np.float64)
    sums1 = redraws @ columns
    sums0 = columns.sum(axis=0) - sums1
    terms = []
    for n, sums in ((n1, sums1), (len(columns) - n1, sums0)):
        rate, share, rate_squares, products = sums.T
        squares = (
            rate_squares - rate**2 / n,
            products - rate * share / n,
            share - share**2 / n,
        )
        terms.append([rate / n, share / n, *(each / (n * (n - 1)) for each in squares)])
    treatment, control = terms
    a, c = treatment[0] - control[0], treatment[1] - control[1]
    s0, s1, s2 = (x + y for x, y in zip(treatment[2:], control[2:], strict=True))
    return a, c, s0, s1, s2
