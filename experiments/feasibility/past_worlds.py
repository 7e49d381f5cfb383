"""A stretch of the company's past, split by a design again and again, with effects put into it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from math import ceil
from typing import Protocol

import numpy as np

from analysis.many_leads import score_p_values
from analysis.pace import DAYS_A_WEEK
from analysis.planned_design import Design
from analysis.sufficient import Bools, Floats, Ints
from assignment.design import seeded
from experiments.feasibility.injected import binomial_at, flipped, share_flipped
from experiments.feasibility.tried_splits import FEWEST_REPS, KnownReps, TriedSplits
from experiments.problem import Refused, problem
from experiments.sales_history import SalesHistory

# Older weeks say less of how a rep does today, as in `known_before`.
MOST_WEEKS_BEFORE = 26


class PastWorld(Protocol):
    """A stretch of the past, and the splits that all effects are tried on."""

    @property
    def reps(self) -> int:
        """Who take part."""

    @property
    def total_leads(self) -> int:
        """That began in the weeks that count."""

    @property
    def most(self) -> float:
        """The largest rise of the average rep's rate that there is room for."""

    def found(self, effect: float, alpha: float) -> Bools:
        """Which splits are significant when the treatment adds this to each rate, shape (W,)."""

    def attainable(self, alpha: float) -> float:
        """The largest share that a p of at most alpha can stand for."""

    def standard_error(self, alpha: float) -> float:
        """Of a share of the splits that is alpha in truth."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Which weeks of the past stand for a test.

    Args:
        weeks: Of enrolment.
        washout: Between the periods of a crossover.
    """

    weeks: int
    design: Design
    horizon_days: int

    @property
    def gap(self) -> int:
        """Weeks in which leads mature."""
        return ceil(self.horizon_days / DAYS_A_WEEK)

    @property
    def spans(self) -> int:
        """Weeks of the past from the first lead to the last, and those that say who was alike."""
        washout = self.gap if self.design is Design.CROSSOVER else 0
        before = self.gap + 1 if self.design.uses_past else 0
        return self.weeks + washout + before


def past_world(
    history: SalesHistory, stretch: Stretch, *, adjusted: bool, seed: int, runs: int
) -> PastWorld:
    """The latest weeks of the past as a test of this design.

    Args:
        adjusted: Whether the share won before is a covariate of the test.
    Raises:
        Refused: for too few reps with leads, or reps who cannot be split so.
    """
    rng = seeded(seed)
    if stretch.design is Design.LEADS:
        return _Leads.of(history, stretch, rng, runs)
    if stretch.design is Design.CROSSOVER:
        return _Crossing.of(history, stretch, rng, runs)
    return _Reps.of(history, stretch, adjusted, rng, runs)


def known_reps(history: SalesHistory, some: Bools, *, latest: int, gap: int) -> KnownReps:
    """Some reps, and how they did before the latest weeks: share won, and leads a week.

    Args:
        latest: Weeks of the test itself; those before them whose leads had matured count.
        gap: Weeks in which leads mature.
    """
    end = max(history.weeks - latest - gap, 0) if latest else history.weeks
    start = max(end - MOST_WEEKS_BEFORE, 0)
    leads = history.leads[some, start:end].sum(axis=1)
    reached = history.reached[some, start:end].sum(axis=1)
    usual = reached.sum() / max(leads.sum(), 1)
    shares = np.where(leads > 0, reached / np.maximum(leads, 1), usual)
    return KnownReps(
        _chosen(history.reps, some),
        _chosen(history.teams, some),
        np.column_stack([shares, leads / max(end - start, 1)]),
    )


def _chosen(names: tuple[str, ...], some: Bools) -> tuple[str, ...]:
    return tuple(name for name, has in zip(names, some, strict=True) if has)


@dataclass(frozen=True, slots=True, eq=False)
class _Reps:
    """Reps split."""

    leads: Ints  # (G,)
    reached: Ints  # (G,)
    splits: TriedSplits
    # One number per split and rep, the same for every effect: more effect never finds less.
    luck: Floats

    @classmethod
    def of(
        cls,
        history: SalesHistory,
        stretch: Stretch,
        adjusted: bool,
        rng: np.random.Generator,
        runs: int,
    ) -> _Reps:
        leads, reached = history.latest(stretch.weeks)
        some = _with_leads(leads, stretch)
        reps = known_reps(history, some, latest=stretch.weeks, gap=stretch.gap)
        splits = TriedSplits.of(stretch.design, reps, runs=runs, rng=rng, adjusted=adjusted)
        luck = rng.random((runs, int(some.sum())))
        return cls(leads[some], reached[some], splits, luck)

    @property
    def reps(self) -> int:
        return len(self.leads)

    @property
    def total_leads(self) -> int:
        return int(self.leads.sum())

    @property
    def most(self) -> float:
        return float(1 - (self.reached / self.leads).mean())

    def found(self, effect: float, alpha: float) -> Bools:
        more = np.where(
            self.splits.happened, flipped(self.luck, self.leads, self.reached, effect), 0
        )
        return self.splits.found((self.reached + more) / self.leads, alpha=alpha)

    def attainable(self, alpha: float) -> float:
        return self.splits.attainable(alpha)

    def standard_error(self, alpha: float) -> float:
        return _standard_error(alpha, self.splits)


@dataclass(frozen=True, slots=True, eq=False)
class _Crossing:
    """Reps who follow both variants; the axis of periods comes first."""

    leads: Ints  # (2, G)
    reached: Ints  # (2, G)
    splits: TriedSplits
    luck: Floats  # (2, W, G)

    @classmethod
    def of(
        cls, history: SalesHistory, stretch: Stretch, rng: np.random.Generator, runs: int
    ) -> _Crossing:
        half = max(stretch.weeks // 2, 1)
        first = slice(
            history.weeks - half - stretch.gap - half, history.weeks - half - stretch.gap
        )
        periods = (first, slice(history.weeks - half, history.weeks))
        leads = np.stack([history.leads[:, each].sum(axis=1) for each in periods])
        reached = np.stack([history.reached[:, each].sum(axis=1) for each in periods])
        some = _with_leads(leads.min(axis=0), stretch)
        reps = known_reps(history, some, latest=0, gap=0)
        splits = TriedSplits.of(stretch.design, reps, runs=runs, rng=rng)
        luck = rng.random((2, runs, int(some.sum())))
        return cls(leads[:, some], reached[:, some], splits, luck)

    @property
    def reps(self) -> int:
        return int(self.leads.shape[1])

    @property
    def total_leads(self) -> int:
        return int(self.leads.sum())

    @property
    def most(self) -> float:
        return float(1 - (self.reached / self.leads).mean())

    def found(self, effect: float, alpha: float) -> Bools:
        later = self.splits.happened
        first, second = (
            (reached + np.where(treated, flipped(luck, leads, reached, effect), 0)) / leads
            for leads, reached, luck, treated in zip(
                self.leads, self.reached, self.luck, (~later, later), strict=True
            )
        )
        return self.splits.found((second - first) / 2, alpha=alpha)

    def attainable(self, alpha: float) -> float:
        return self.splits.attainable(alpha)

    def standard_error(self, alpha: float) -> float:
        return _standard_error(alpha, self.splits)


@dataclass(frozen=True, slots=True, eq=False)
class _Leads:
    """Leads split within reps."""

    leads: Ints  # (G,)
    reached: Ints  # (G,)
    treated: Ints  # (W, G)
    treated_reached: Ints  # (W, G)
    luck: Floats  # (W, G)

    @classmethod
    def of(
        cls, history: SalesHistory, stretch: Stretch, rng: np.random.Generator, runs: int
    ) -> _Leads:
        leads, reached = history.latest(stretch.weeks)
        some = _with_leads(leads, stretch)
        leads, reached = leads[some], reached[some]
        treated = rng.binomial(leads, 0.5, size=(runs, len(leads)))
        won = rng.hypergeometric(
            np.broadcast_to(reached, treated.shape),
            np.broadcast_to(leads - reached, treated.shape),
            treated,
        )
        return cls(leads, reached, treated, won, rng.random(treated.shape))

    @property
    def reps(self) -> int:
        return len(self.leads)

    @property
    def total_leads(self) -> int:
        return int(self.leads.sum())

    @property
    def most(self) -> float:
        return float(1 - (self.reached / self.leads).mean())

    def found(self, effect: float, alpha: float) -> Bools:
        share = share_flipped(self.leads, self.reached, effect)
        more = binomial_at(self.luck, self.treated - self.treated_reached, share)
        p = score_p_values(
            self.treated,
            self.treated_reached + more,
            self.leads - self.treated,
            self.reached - self.treated_reached,
        )
        significant: Bools = p <= alpha
        return significant

    def attainable(self, alpha: float) -> float:
        return alpha

    def standard_error(self, alpha: float) -> float:
        return math.sqrt(alpha * (1 - alpha) / len(self.treated))


def _with_leads(leads: Ints, stretch: Stretch) -> Bools:
    some: Bools = leads > 0
    if some.sum() < FEWEST_REPS:
        text = "Only {count} reps had leads in the latest {weeks} weeks; a replay needs {least}."
        values = {"count": int(some.sum()), "weeks": stretch.weeks, "least": FEWEST_REPS}
        raise Refused(problem("weeks", text, **values))
    return some


def _standard_error(alpha: float, splits: TriedSplits) -> float:
    drawn = 0 if splits.exact else 1 / len(splits.redraws)
    return math.sqrt(alpha * (1 - alpha) * (1 / len(splits.happened) + drawn))
