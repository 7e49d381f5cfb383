"""A company's leads by month: where they stood, when they were won, and for how much."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.sufficient import Floats, Ints

# A stay is told apart by the months since it began, up to this many.
LONGEST_AGE = 3
# Thin cells are drawn to the average of all by so many leads.
BORROWED_LEADS = 10
BORROWED_DEALS = 20


@dataclass(frozen=True, slots=True, eq=False)
class Pipeline:
    """A group's months, M of them; the last is over.

    Attributes:
        stays: A row per kind of stay in a stage that is still worked, shape (N, 5): the stage's
            number, the month it was entered, the month it was left and the month in which the
            lead was won (M for both where that has not happened), and how many leads.
        begun: Leads that began, shape (M,).
        begun_won: Of the leads begun in a month (row), those won in a month (column), (M, M).
        deals, value, squares: Leads won, what they are worth, and the sum of its squares, by the
            month of winning, shape (M,) each.
    """

    stays: Ints
    begun: Ints
    begun_won: Ints
    deals: Ints
    value: Floats
    squares: Floats

    @property
    def months(self) -> int:
        """How many months there are."""
        return len(self.begun)


def pooled(groups: Sequence[Pipeline]) -> Pipeline:
    """All groups as one.

    Raises:
        ValueError: without groups, or where their months differ.
    """
    if len({each.months for each in groups}) != 1:
        raise ValueError("groups are pooled over the same months")
    return Pipeline(
        np.concatenate([each.stays for each in groups]),
        np.sum([each.begun for each in groups], axis=0),
        np.sum([each.begun_won for each in groups], axis=0),
        np.sum([each.deals for each in groups], axis=0),
        np.sum([each.value for each in groups], axis=0),
        np.sum([each.squares for each in groups], axis=0),
    )


def standing(pipeline: Pipeline, month: int) -> tuple[Ints, Ints, Ints]:
    """The stays that lasted over the end of a month: stage and age in months, won in, leads."""
    _stage, entered, left, _won, _leads = pipeline.stays.T
    lasting = pipeline.stays[(entered <= month) & (left > month)]
    ages = np.minimum(month - lasting[:, 1], LONGEST_AGE)
    return lasting[:, 0] * (LONGEST_AGE + 1) + ages, lasting[:, 3], lasting[:, 4]


def chances(pool: Pipeline, origin: int, ahead: int, *, since: int) -> Floats:
    """By stage and age, the share of open leads won in the month that lies so far ahead.

    Args:
        origin: The last month that is known.
        ahead: 1 for the month after.
        since: The first month with wins; before it nothing was recorded.
    Returns:
        By the cells of `standing`, each drawn to the mean of all by ten leads.
    """
    cells = (int(pool.stays[:, 0].max(initial=0)) + 1) * (LONGEST_AGE + 1)
    leads, won = np.zeros(cells), np.zeros(cells)
    for month in range(max(since - 1, 0), origin - ahead + 1):
        cell, won_in, count = standing(pool, month)
        leads += np.bincount(cell, weights=count, minlength=cells)
        hit = won_in == month + ahead
        won += np.bincount(cell[hit], weights=count[hit], minlength=cells)
    mean = won.sum() / max(leads.sum(), 1.0)
    found: Floats = (won + BORROWED_LEADS * mean) / (leads + BORROWED_LEADS)
    return found


def quick_shares(pool: Pipeline, origin: int, ahead: int, *, since: int) -> Floats:
    """Of leads yet to come, the share won 0, 1, … months after the one in which they begin."""
    found = np.zeros(ahead)
    for lag in range(ahead):
        months = np.arange(max(since - lag, 0), origin - lag + 1)
        begun = pool.begun[months].sum()
        found[lag] = pool.begun_won[months, months + lag].sum() / begun if begun else 0.0
    return found


def deal_value(group: Pipeline, pool: Pipeline, origin: int) -> tuple[float, float]:
    """What a deal of the group is worth on average, and its mean square; 0 before any win."""
    until = slice(0, origin + 1)
    deals = int(pool.deals[until].sum())
    if not deals:
        return 0.0, 0.0
    own = int(group.deals[until].sum())
    found = []
    for mine, all_of_them in ((group.value, pool.value), (group.squares, pool.squares)):
        mean = float(all_of_them[until].sum()) / deals
        found.append((float(mine[until].sum()) + BORROWED_DEALS * mean) / (own + BORROWED_DEALS))
    return found[0], found[1]
