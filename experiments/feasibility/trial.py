"""A design tried on a simulated team, again and again, by the test that decides."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.many_leads import score_p_values
from analysis.planned_design import Design
from analysis.sufficient import Bools
from analysis.teams import Team, Worlds
from assignment.design import seeded
from experiments.feasibility.tried_splits import DRAWS, KnownReps, TriedSplits


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """A team and a design's splits of it.

    Attributes:
        splits: Of the reps, or of who follows what first; `None` where leads are split.
        seed: Of the worlds: the same for every effect and every length that is tried, so that a
            search for the least one chases no noise.
    """

    team: Team
    design: Design
    splits: TriedSplits | None
    runs: int
    alpha: float
    seed: int

    @classmethod
    def of(
        cls,
        team: Team,
        design: Design,
        reps: KnownReps,
        *,
        runs: int,
        level: float,
        rng: np.random.Generator,
        adjusted: bool = False,
        draws: int = DRAWS,
    ) -> Trial:
        """Draw the splits.

        Args:
            adjusted: Whether what is known from before is a covariate of the test too.
            draws: Re-draws that each split is judged against.
        Raises:
            Refused: for reps who cannot be split so.
        """
        splits = None
        if design is not Design.LEADS:
            splits = TriedSplits.of(
                design, reps, runs=runs, rng=rng, adjusted=adjusted, draws=draws
            )
        seed = int(rng.bit_generator.random_raw())
        return cls(team, design, splits, runs, round(1 - level, 12), seed)

    def found_share(self, effect: float, *, weeks: float = 1.0) -> float:
        """The share of the worlds in which that difference is called significant.

        Args:
            effect: Treatment minus control, in rate points as a fraction.
            weeks: For so many times the team's leads.
        """
        return float(self._found(effect, weeks).mean())

    def _found(self, effect: float, weeks: float) -> Bools:
        rng = seeded(self.seed)
        worlds = Worlds.of(self.team.with_leads(self.team.leads * weeks), self.runs, rng)
        if self.splits is None:
            significant: Bools = score_p_values(*worlds.arms(effect)) <= self.alpha
            return significant
        happened = self.splits.happened
        crosses = self.design is Design.CROSSOVER
        outcomes = (worlds.changes if crosses else worlds.rates)(effect, happened)
        return self.splits.found(outcomes, alpha=self.alpha)
