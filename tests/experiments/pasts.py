"""Made-up pasts of companies."""

from __future__ import annotations

import numpy as np

from analysis.sufficient import Ints
from experiments.process import Milestone
from experiments.sales_history import SalesHistory


def past(leads: Ints, reached: Ints, teams: tuple[str, ...] | None = None) -> SalesHistory:
    """A past of that many leads and wins per rep and week."""
    names = tuple(f"rep {number:02d}" for number in range(len(leads)))
    return SalesHistory(names, teams or ("",) * len(names), leads, reached, 60, Milestone.WON)


def believable(reps: int, weeks: int, *, alike: float = 1, a_week: float = 5) -> SalesHistory:
    """Reps who differ, or are nearly alike, with wins by chance."""
    rng = np.random.default_rng(5)
    rates = rng.beta(4 * alike, 12 * alike, size=(reps, 1))
    leads = rng.poisson(a_week, size=(reps, weeks)) + 1
    teams = tuple("north" if number % 3 else "south" for number in range(reps))
    return past(leads, rng.binomial(leads, rates), teams)
