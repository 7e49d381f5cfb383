"""Re-drawn splits, and what many outcomes of the same reps need of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TypeVar, cast

import numpy as np

from analysis.sufficient import Bools, Floats

Made = TypeVar("Made")


class Splits:
    """Many splits of the same reps; what they are multiplied by is made ready once.

    Attributes:
        labels: True for the treatment's reps, shape (B, G).
    """

    def __init__(self, labels: Bools) -> None:
        self.labels = labels
        self._mirrors: dict[bytes, Bools] = {}
        self._latest: tuple[bytes, object] | None = None
        self._expected: dict[bytes, Floats] = {}
        self._summed: dict[bytes, Floats] = {}

    @classmethod
    def of(cls, redraws: Bools | Splits) -> Splits:
        """The same where they are ready already."""
        return redraws if isinstance(redraws, Splits) else cls(redraws)

    def __len__(self) -> int:
        return len(self.labels)

    @cached_property
    def weights(self) -> Floats:
        """The labels as numbers, shape (B, G)."""
        numbers: Floats = self.labels.astype(np.float64)
        return numbers

    @cached_property
    def sizes(self) -> Floats:
        """Reps of the treatment, shape (B,)."""
        sizes: Floats = np.count_nonzero(self.labels, axis=1).astype(np.float64)
        return sizes

    def latest(self, key: bytes, make: Callable[[], Made]) -> Made:
        """What was made for this key last, or it is made now.

        A comparison is estimated at its own level and again at a corrected one, from the same
        sums; no more than the latest are kept, as they are as large as the draws.
        """
        if self._latest is None or self._latest[0] != key:
            self._latest = key, make()
        return cast(Made, self._latest[1])

    def sums(self, columns: Floats) -> Floats:
        """Sums over the treatment's reps.

        Args:
            columns: Shape (G, k).
        Returns:
            Shape (B, k).
        """
        found: Floats = np.matmul(self.weights, columns)
        return found

    def expect(self, columns: Floats) -> None:
        """Say what `totals` will be asked for: the first that is asked for brings all of it.

        The labels are far larger than what is summed up over them, and are read only once.

        Args:
            columns: Shape (G, k).
        """
        self._expected |= {column.tobytes(): column for column in columns.T}

    def totals(self, columns: Floats) -> Floats:
        """As `sums`, with each column's own in a row, shape (k, B)."""
        keys = [column.tobytes() for column in columns.T]
        if any(key in self._expected for key in keys):
            found = np.matmul(np.stack(list(self._expected.values())), self.weights.T)
            self._summed |= dict(zip(self._expected, found, strict=True))
            self._expected.clear()
        if all(key in self._summed for key in keys):
            return np.stack([self._summed[key] for key in keys])
        totals: Floats = np.matmul(columns.T, self.weights.T)
        return totals

    def has_groups_of(self, treated: Bools) -> Bools:
        """Which have the same two groups as a split, whichever of them is treated; shape (B,)."""
        key = treated.tobytes()
        if key not in self._mirrors:
            together = self.weights @ treated.astype(np.float64)
            same = (together == treated.sum()) & (self.sizes == treated.sum())
            mirrored = (together == 0) & (self.sizes == len(treated) - treated.sum())
            self._mirrors[key] = same | mirrored
        return self._mirrors[key]
