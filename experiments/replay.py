"""The company's past, split at random again and again: what the planned test says of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.icc import anova_icc
from analysis.many_splits import p_values
from analysis.power import USUAL_POWER
from analysis.sufficient import Bools, Floats, Ints, RepTotals
from assignment.design import Complete, Design, Redraws, redraws, seeded
from assignment.stratified import Stratified
from experiments.problem import Refused, problem
from experiments.sales_history import SalesHistory

# Re-draws that each split is judged against where there are too many to list.
DRAWS = 1_999
FEWEST_REPS = 4
MOST_RUNS = 20_000
USUAL_WEEKS = (4, 8, 13, 26, 52)

Progress = Callable[[int, int], None]
"""Told how many of how many steps are done."""


@dataclass(frozen=True, slots=True)
class Detectable:
    """What a test as long as this could have found in the company's past.

    Args:
        weeks: Of enrolment; the horizon comes on top.
        leads: That began in them.
        effect: The least rise in the average rep's rate found 80% of the time; `None` where
            none is.
    """

    weeks: int
    leads: int
    effect: float | None


@dataclass(frozen=True, slots=True)
class Replay:
    """What replaying a plan on the past says of it.

    Args:
        rate: The average rep's.
        icc: How alike one rep's leads were; `None` where that cannot be told.
        cv: Of leads per rep.
        false_positives: Share of random splits of the unchanged past called significant.
        false_positives_se: Its standard error, from the splits tried and the re-draws.
        attainable: The share that this design can call significant at most, by its draws.
    """

    reps: int
    rate: float
    icc: float | None
    cv: float
    runs: int
    false_positives: float
    false_positives_se: float
    attainable: float
    detectable: tuple[Detectable, ...]


def replay(
    history: SalesHistory,
    *,
    weeks: Sequence[int],
    stratified: bool = False,
    runs: int = 1_000,
    level: float = 0.95,
    seed: int = 0,
    progress: Progress | None = None,
) -> Replay:
    """Split the reps of the past at random, half and half, and test each split.

    Unchanged, a split is called significant as often as the design's draws allow, whatever the
    data: a check of both. Then outcomes of the treatment's leads are flipped to successes, more
    and more of them, until 80% of the splits are.

    Args:
        weeks: Lengths of enrolment to try, the latest weeks of the past each time.
        stratified: Whether the reps are split within their teams.
        runs: Random splits.
    Raises:
        Refused: for a past too thin, or more weeks than there are.
    """
    _check(history, weeks, runs)
    lengths = sorted(set(weeks))
    worlds = [_World.of(history, each, stratified, seed, runs) for each in lengths]
    alpha = round(1 - level, 12)
    found: list[Detectable] = []
    for length, world in zip(lengths, worlds, strict=True):
        found.append(Detectable(length, int(world.leads.sum()), world.detectable(alpha)))
        if progress:
            progress(len(found), len(lengths))
    longest = worlds[-1]
    rates = longest.reached / longest.leads
    totals = RepTotals.of_counts(longest.names, longest.leads, longest.reached)
    return Replay(
        reps=len(rates),
        rate=float(rates.mean()),
        icc=anova_icc([totals]),
        cv=float(longest.leads.std(ddof=1) / longest.leads.mean()),
        runs=runs,
        false_positives=longest.found_share(0.0, alpha),
        false_positives_se=longest.standard_error(alpha),
        attainable=longest.attainable(alpha),
        detectable=tuple(found),
    )


def usual_weeks(history: SalesHistory) -> list[int]:
    """The usual lengths that fit into the past; all of it where none does."""
    return [each for each in USUAL_WEEKS if each <= history.weeks] or [max(history.weeks, 1)]


@dataclass(frozen=True, slots=True, eq=False)
class _World:
    """The reps of some weeks, and the random splits that all effects are tried on."""

    names: tuple[str, ...]
    leads: Ints  # (G,)
    reached: Ints  # (G,)
    splits: Bools  # (runs, G)
    redraws: Bools  # (B, G)
    exact: bool
    # One number per split and rep, the same for every effect: more effect never finds less.
    luck: Floats

    @classmethod
    def of(
        cls, history: SalesHistory, weeks: int, stratified: bool, seed: int, runs: int
    ) -> _World:
        leads, reached = history.latest(weeks)
        some = leads > 0
        names = tuple(name for name, has in zip(history.reps, some, strict=True) if has)
        teams = [team for team, has in zip(history.teams, some, strict=True) if has]
        if len(names) < FEWEST_REPS:
            text = (
                "Only {count} reps had leads in the latest {weeks} weeks; a replay needs {least}."
            )
            values = {"count": len(names), "weeks": weeks, "least": FEWEST_REPS}
            raise Refused(problem("weeks", text, **values))
        rng = seeded(seed)
        design = _design(names, teams if stratified else [""] * len(names))
        order = [design.units.index(name) for name in names]
        splits = design.redraw(rng, runs)[:, order] == 1
        again: Redraws = redraws(design, rng, listable=2 * DRAWS, sampled=DRAWS)
        luck = rng.random((runs, len(names)))
        drawn = again.labels[:, order] == 1
        return cls(names, leads[some], reached[some], splits, drawn, again.exact, luck)

    def found_share(self, effect: float, alpha: float) -> float:
        """Share of the splits called significant when the treatment adds this to each rate."""
        # Enough of the lost are won to raise every treated rep's rate by the effect.
        lost = self.leads - self.reached
        share = np.minimum(effect * self.leads / np.maximum(lost, 1), 1)
        flipped = np.where(self.splits, _binomial(self.luck, lost, share), 0)
        rates = (self.reached + flipped) / self.leads
        found = p_values(rates, self.splits, self.redraws, exact=self.exact)
        return float((found <= alpha + 1e-12).mean())

    def detectable(self, alpha: float) -> float | None:
        """The least effect that is found often enough, to a thousandth."""
        most = float(1 - (self.reached / self.leads).mean())
        if self.found_share(most, alpha) < USUAL_POWER:
            return None

        def lacking(effect: float) -> bool:
            return self.found_share(effect, alpha) < USUAL_POWER

        low, high = 0.0, most
        while high - low > 0.001:
            middle = (low + high) / 2
            low, high = (middle, high) if lacking(middle) else (low, middle)
        return high

    def standard_error(self, alpha: float) -> float:
        """Of a share of the splits that is alpha in truth."""
        drawn = 0 if self.exact else 1 / len(self.redraws)
        return math.sqrt(alpha * (1 - alpha) * (1 / len(self.splits) + drawn))

    def attainable(self, alpha: float) -> float:
        """The largest share of the draws that a p of at most alpha can stand for."""
        draws = len(self.redraws)
        if not self.exact:
            return alpha
        # Of equal arms every draw has its mirror image, and the two are as extreme.
        sizes = self.redraws.sum(axis=1)
        step = 2 if (2 * sizes == len(self.names)).all() else 1
        return int((alpha + 1e-12) * draws / step) * step / draws


def _check(history: SalesHistory, weeks: Sequence[int], runs: int) -> None:
    if not 1 <= runs <= MOST_RUNS:
        raise Refused(problem("runs", "Between 1 and {most} runs.", most=MOST_RUNS))
    if not history.weeks:
        text = "No leads of the past have had {days} days yet: nothing to replay."
        raise Refused(problem("horizon", text, days=history.horizon_days))
    if not weeks or min(weeks) < 1 or max(weeks) > history.weeks:
        text = "There are 1 to {most} weeks to replay."
        raise Refused(problem("weeks", text, most=history.weeks))


def _design(names: Sequence[str], teams: Sequence[str]) -> Design:
    """Half and half, within each team; the odd reps of teams go to either side in turn."""
    blocks = []
    more_treated = False
    for team in sorted(set(teams)):
        units = tuple(sorted(n for n, of in zip(names, teams, strict=True) if of == team))
        half, odd = divmod(len(units), 2)
        treated = half + (odd if more_treated else 0)
        more_treated ^= bool(odd)
        blocks.append(Complete(units, (len(units) - treated, treated)))
    return blocks[0] if len(blocks) == 1 else Stratified(tuple(blocks))


def _binomial(luck: Floats, n: Ints, share: Floats) -> Floats:
    """The binomial numbers at these quantiles: with more of a share never fewer.

    Numbers drawn anew for each effect would let the search for the least one chase noise.
    """
    from scipy.stats import binom

    return np.asarray(binom.ppf(luck, n, share))
