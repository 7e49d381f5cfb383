"""Many splits by one design, and the test of each: what replays and simulations share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from analysis.many_splits import p_values
from analysis.planned_design import Design
from analysis.sufficient import Bools, Floats
from assignment.design import LISTABLE, SAMPLED, Complete, Redraws, redraws
from assignment.design import Design as Splitter
from assignment.paired import paired
from assignment.rerandomised import FEWEST_ACCEPTABLE, rerandomised
from assignment.stratified import Stratified
from experiments.problem import Refused, problem
from experiments.split import ACCEPTED

# Re-draws that each split is judged against where there are too many to list.
DRAWS = 1_999
FEWEST_REPS = 4


@dataclass(frozen=True, slots=True, eq=False)
class KnownReps:
    """The reps that are split, and what is known of them.

    Args:
        names: One per rep, each once.
        teams: The team of each.
        before: Values from before, shape (G, k); the first is the covariate of a test that has
            one.
    """

    names: tuple[str, ...]
    teams: tuple[str, ...]
    before: Floats


@dataclass(frozen=True, slots=True, eq=False)
class TriedSplits:
    """Splits of the same reps by one design.

    Attributes:
        happened: True for the treatment's reps (in a crossover for those who have it later),
            shape (W, G).
        redraws: What the design could have given, shape (B, G).
        exact: Whether those are every possible split, each once.
        ways: In how many ways the design can fall out.
        covariate: A value of each rep from before, shape (G,); `None` where the test has none.
    """

    happened: Bools
    redraws: Bools
    exact: bool
    ways: int
    covariate: Floats | None = None

    @classmethod
    def of(
        cls,
        kind: Design,
        reps: KnownReps,
        *,
        runs: int,
        rng: np.random.Generator,
        adjusted: bool = False,
        draws: int = DRAWS,
    ) -> Self:
        """Draw so many splits, half and half.

        Args:
            draws: Re-draws that stand for all where there are over twice as many.
            adjusted: Whether the test has the first value from before as its covariate.
        Raises:
            Refused: for reps who cannot be split so.
        """
        design = splitter(kind, reps, rng)
        order = [design.units.index(name) for name in reps.names]
        happened = design.redraw(rng, runs)[:, order] == 1
        again: Redraws = redraws(design, rng, listable=2 * draws, sampled=draws)
        covariate = reps.before[:, 0] if adjusted and np.ptp(reps.before[:, 0]) > 0 else None
        labels = again.labels[:, order] == 1
        return cls(happened, labels, again.exact, design.draw_count, covariate)

    def found(self, outcomes: Floats, *, alpha: float) -> Bools:
        """Which splits the test that decides calls significant, shape (W,).

        Args:
            outcomes: Of each rep in each split, shape (W, G).
        """
        left = outcomes if self.covariate is None else _left_by(self.covariate, outcomes)
        p = p_values(left, self.happened, self.redraws, exact=self.exact)
        significant: Bools = p <= alpha + 1e-12
        return significant

    def attainable(self, alpha: float) -> float:
        """The largest share of the draws that a p of at most alpha can stand for."""
        if not self.exact:
            return alpha
        step = self._mirrored
        return int((alpha + 1e-12) * len(self.redraws) / step) * step / len(self.redraws)

    @property
    def smallest_p(self) -> float:
        """The least p that can come out in a report, which lists far more draws."""
        return self._mirrored / self.ways if self.ways <= LISTABLE else 1 / (1 + SAMPLED)

    @property
    def _mirrored(self) -> int:
        # Of equal arms every draw has its mirror image, and the two are as extreme.
        sizes = self.redraws.sum(axis=1)
        return 2 if (2 * sizes == self.redraws.shape[1]).all() else 1


def splitter(kind: Design, reps: KnownReps, rng: np.random.Generator) -> Splitter:
    """The design by which these reps are split, half and half.

    Raises:
        Refused: for reps who cannot be split so.
    """
    _check(kind, reps)
    if kind is Design.BY_TEAM:
        return by_team(reps.names, reps.teams)
    before = dict(zip(reps.names, reps.before.tolist(), strict=True))
    if kind is Design.PAIRED:
        return paired(before, [1, 1], rng)
    whole = by_team(reps.names, [""] * len(reps.names))
    if kind is Design.RERANDOMISED:
        return rerandomised(whole, before, share=ACCEPTED, rng=rng)
    return whole


def by_team(names: Sequence[str], teams: Sequence[str]) -> Complete | Stratified:
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


def _check(kind: Design, reps: KnownReps) -> None:
    count = len(reps.names)
    if count < FEWEST_REPS:
        text = "{count} reps are too few to be split: {least} are needed."
        raise Refused(problem("design", text, count=count, least=FEWEST_REPS))
    if not kind.uses_past:
        return
    if not reps.before.size or not np.ptp(reps.before, axis=0).any():
        text = "There are no leads from before by which the reps could be compared."
        raise Refused(problem("design", text))
    ways = by_team(reps.names, [""] * count).draw_count
    if kind is Design.RERANDOMISED and ways < FEWEST_ACCEPTABLE:
        text = "{ways} ways to split are too few to choose among: {least} must be acceptable."
        raise Refused(problem("design", text, ways=ways, least=FEWEST_ACCEPTABLE))


def _left_by(covariate: Floats, outcomes: Floats) -> Floats:
    """What the covariate leaves of each split's outcomes, as in `randomization_ancova` at no
    difference."""
    x = covariate - covariate.mean()
    centred = outcomes - outcomes.mean(axis=1, keepdims=True)
    left: Floats = centred - np.outer(centred @ x / float(x @ x), x)
    return left
