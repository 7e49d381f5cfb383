"""What counting returns and estimating needs: sums, never leads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Counts:
    """A group of leads, and how many of them reached a milestone."""

    n: int  # leads observed, at least 1
    reached: int  # of those, leads that reached it

    def __post_init__(self) -> None:
        if not 0 <= self.reached <= self.n or self.n < 1:
            raise ValueError(f"of {self.n} leads, {self.reached} cannot have reached a milestone")

    @property
    def rate(self) -> float:
        """Share that reached it, in [0, 1]."""
        return self.reached / self.n


@dataclass(frozen=True, slots=True)
class Amounts:
    """A group of leads with an amount each, zeros included."""

    n: int  # leads, at least 1
    mean: float
    squares: float  # Σ(y − mean)²

    def __post_init__(self) -> None:
        if self.n < 1 or not self.squares >= 0 or not np.isfinite([self.mean, self.squares]).all():
            raise ValueError(f"amounts are finite, of one lead or more: {self}")


@dataclass(frozen=True, slots=True, eq=False)
class RepTotals:
    """One outcome y summed per rep; entry i of every array belongs to `reps[i]`.

    Squares are kept about a fixed centre c, because Σy² of large amounts loses their variance.
    A 0/1 outcome needs no more than its sums: see `RepTotals.of_counts`.
    """

    reps: tuple[str, ...]
    n: Ints  # leads, shape (G,); a rep without any has no rate
    total: Floats  # Σy, shape (G,)
    squares: Floats  # Σ(y − c)², shape (G,)
    centre: float

    def __post_init__(self) -> None:
        shape = (len(self.reps),)
        if not self.n.shape == self.total.shape == self.squares.shape == shape:
            raise ValueError(f"totals of {shape[0]} reps have {shape[0]} entries in every array")
        if len(set(self.reps)) < len(self.reps):
            raise ValueError("a rep stands once in the totals")
        if (self.n < 0).any() or (self.squares < 0).any():
            raise ValueError("leads and sums of squares are not negative")
        if not np.isfinite([*self.total, *self.squares, self.centre]).all():
            raise ValueError("totals are finite numbers")
        if self.total[self.n == 0].any():
            raise ValueError("a rep without leads has no total")

    @classmethod
    def of_counts(
        cls, reps: Sequence[str], n: Sequence[int] | Ints, reached: Sequence[int] | Ints
    ) -> RepTotals:
        """The totals of a 0/1 outcome: of each rep's n leads, so many reached a milestone.

        Raises:
            ValueError: if a rep's leads are fewer than those that reached it.
        """
        leads = np.asarray(n, dtype=np.int64)
        total = np.asarray(reached, dtype=np.float64)
        if leads.shape == total.shape and ((total < 0) | (total > leads)).any():
            raise ValueError("of a rep's leads, between none and all reach a milestone")
        return cls(tuple(reps), leads, total, squares=total, centre=0.0)

    @property
    def has_leads(self) -> Bools:
        """Which reps have a rate, shape (G,)."""
        return self.n > 0

    def of(self, chosen: Bools) -> RepTotals:
        """The totals of the chosen reps alone.

        Args:
            chosen: Shape (G,).
        """
        reps = tuple(rep for rep, keep in zip(self.reps, chosen, strict=True) if keep)
        return RepTotals(
            reps, self.n[chosen], self.total[chosen], self.squares[chosen], self.centre
        )

    def in_order(self, reps: Sequence[str]) -> RepTotals:
        """The totals of these reps in this order; one without any leads gets zeros.

        Raises:
            ValueError: if the totals hold a rep who is not among them.
        """
        place = {rep: index for index, rep in enumerate(reps)}
        unknown = [rep for rep in self.reps if rep not in place]
        if unknown:
            raise ValueError(f"totals of a rep who takes no part: {', '.join(unknown)}")
        rows = [place[rep] for rep in self.reps]
        n = np.zeros(len(place), dtype=np.int64)
        total, squares = np.zeros(len(place)), np.zeros(len(place))
        n[rows], total[rows], squares[rows] = self.n, self.total, self.squares
        return RepTotals(tuple(reps), n, total, squares, self.centre)
