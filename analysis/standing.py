"""How all draws of a design stand at one shift, look by look: who crosses, and when."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from analysis.sufficient import Bools, Floats, Ints

# As in `Shifts`: squared statistics that differ by less, relative to their size, are ties.
_TIE = 1e-9


class Standing:
    """Which draws are how extreme at each look, as far as a verdict asks."""

    def __init__(
        self,
        statistics: Callable[[int], tuple[Ints, Floats]],
        looks: int,
        draws: int,
        own: int,
    ) -> None:
        """Find the draws as extreme as what happened at the latest look.

        Args:
            statistics: Of a look, draws and their squared statistics; it need not know draws
                that neither cross at the look nor are as extreme as what happened.
            looks: How many there are.
            draws: How many there are, with what happened.
            own: Which draw happened.
        """
        places, found = statistics(looks - 1)
        edge = found[places == own]
        self._as_extreme = places[found * (1 + _TIE) >= edge]
        self._statistics, self._draws, self._own = statistics, draws, own
        self._ranked: dict[int, tuple[Ints, Floats]] = {}

    def rejects(self, totals: Sequence[int]) -> bool:
        """Whether what happened crosses at the latest look.

        At each look those draws cross that are the most extreme of those left, as many as are
        allowed by then. What happened is followed to the latest look, whatever an earlier one
        said: there it crosses if no more than are allowed have crossed before or are as extreme.

        Args:
            totals: How many draws may have crossed by each look, never falling.
        """
        count, allowed = len(self._as_extreme), totals[-1]
        if count > allowed:
            return False
        if count + (totals[-2] if len(totals) > 1 else 0) <= allowed:
            return True
        crossed = self._crossed(totals[:-1])
        others = np.count_nonzero(crossed) - np.count_nonzero(crossed[self._as_extreme])
        return bool(count + others <= allowed)

    def _crossed(self, totals: Sequence[int]) -> Bools:
        """Which draws cross before the latest look, shape (draws,)."""
        crossed = np.zeros(self._draws, dtype=np.bool_)
        count = 0
        for look, total in enumerate(totals):
            room = total - count
            if room < 1:
                continue
            beyond = self._first(look, total + 1, crossed, room)
            beyond = beyond[beyond != self._own]
            crossed[beyond] = True
            count += len(beyond)
        return crossed

    def _first(self, look: int, most: int, crossed: Bools, room: int) -> Ints:
        """So many or fewer of the most extreme draws that have not crossed: ties stay together."""
        places, found = self._most_extreme(look, most)
        left = ~crossed[places]
        places, found = places[left], found[left]
        if len(places) <= room:
            return places
        ahead: Ints = places[:room][found[:room] > found[room] * (1 + _TIE)]
        return ahead

    def _most_extreme(self, look: int, count: int) -> tuple[Ints, Floats]:
        """So many of a look's draws and their statistics, the most extreme first."""
        ranked = self._ranked.get(look)
        if ranked is None or len(ranked[0]) < min(count, self._draws):
            places, found = self._statistics(look)
            if count < len(found):
                some = np.argpartition(found, len(found) - count)[len(found) - count :]
                places, found = places[some], found[some]
            order = np.argsort(-found)
            ranked = self._ranked[look] = places[order], found[order]
        return ranked[0][:count], ranked[1][:count]
