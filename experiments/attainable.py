"""What a split of so few reps can show at best: the smallest p that can come out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil, comb, prod

from assignment.design import LISTABLE, SAMPLED, largest_remainder, seeded
from assignment.rerandomised import FEWEST_ACCEPTABLE
from experiments.experiment import Experiment, SplitDesign, Unit
from experiments.split import ACCEPTED

# Fewer reps in a variant have no spread to measure a difference against.
FEWEST_REPS = 2


@dataclass(frozen=True, slots=True)
class Attainable:
    """The best that a plan's split can show.

    Args:
        sizes: Reps of the control and of the treatment whose pair can be split in most ways.
        ways: In how many ways that pair's reps can be split.
        comparisons: How many treatments are compared with the control.
        smallest_p: The least p that can come out, corrected for the number of comparisons.
        alpha: The error rate that the plan promises.
        uneven_teams: Teams, split by themselves, whose reps do not come out whole by the
            weights: the variants' averages then carry some of what teams differ by.
    """

    sizes: tuple[int, int]
    ways: int
    comparisons: int
    smallest_p: float
    alpha: float
    uneven_teams: tuple[str, ...] = ()

    @property
    def conclusive(self) -> bool:
        """Whether any outcome at all could show a difference."""
        return min(self.sizes) >= FEWEST_REPS and self.smallest_p <= self.alpha


def attainable(found: Experiment) -> Attainable | None:
    """What the planned split can show; None where leads are split or a variant would be empty.

    The split itself may round an odd rep to another variant: with weights that do not divide
    the team the figure is that of one such rounding.
    """
    if found.unit is not Unit.REP or len(found.participants) < len(found.variants):
        return None
    blocks = _blocks(found)
    control = next(at for at, variant in enumerate(found.variants) if variant.is_control)
    sides = [
        _Sides(tuple((block[control], block[at]) for block in blocks))
        for at in range(len(found.variants))
        if at != control
    ]
    share = ACCEPTED if found.design is SplitDesign.RERANDOMISED else 1.0
    best = _best(sides, share, alpha=round(1 - found.level, 12))
    return replace(best, uneven_teams=_uneven_teams(found))


@dataclass(frozen=True, slots=True)
class _Sides:
    """The control's reps and a treatment's in each block that is split by itself."""

    blocks: tuple[tuple[int, int], ...]

    @property
    def sizes(self) -> tuple[int, int]:
        control, treatment = zip(*self.blocks, strict=True)
        return sum(control), sum(treatment)

    @property
    def ways(self) -> int:
        return prod(comb(control + treatment, control) for control, treatment in self.blocks)

    def accepted(self, share: float) -> int:
        """In how many ways, where only that share of them is accepted."""
        if share == 1 or self.ways < FEWEST_ACCEPTABLE:
            return self.ways
        return max(FEWEST_ACCEPTABLE, ceil(share * self.ways))

    def smallest_p(self, share: float) -> float:
        ways = self.accepted(share)
        if ways > LISTABLE:
            return 1 / (1 + SAMPLED)
        # Of equal halves, the mirrored split is as extreme as the split itself.
        mirrored = all(control == treatment for control, treatment in self.blocks)
        return (2 if mirrored and ways > 1 else 1) / ways


def _best(sides: Sequence[_Sides], share: float, *, alpha: float) -> Attainable:
    best = max(sides, key=lambda each: each.ways)
    # Holm judges the most striking of m comparisons at alpha / m.
    smallest = min(1.0, len(sides) * best.smallest_p(share))
    return Attainable(best.sizes, best.accepted(share), len(sides), smallest, alpha)


def _uneven_teams(found: Experiment) -> tuple[str, ...]:
    if found.design is not SplitDesign.BY_TEAM:
        return ()
    weights = [Fraction(str(variant.weight)) for variant in found.variants]
    shares = [weight / sum(weights) for weight in weights]
    sizes = sorted(_team_sizes(found).items())
    return tuple(
        team or "–"
        for team, size in sizes
        if any((size * share).denominator > 1 for share in shares)
    )


def _team_sizes(found: Experiment) -> Counter[str]:
    return Counter(rep.team.name if rep.team else "" for rep in found.participants)


def _blocks(found: Experiment) -> list[tuple[int, ...]]:
    """The sizes of the variants in each block of the design."""
    weights = [variant.weight for variant in found.variants]
    rng, count = seeded(0), len(found.participants)
    if found.design is SplitDesign.PAIRED:
        pairs: list[tuple[int, ...]] = [(1, 1)] * (count // 2)
        return pairs + [largest_remainder(1, weights, rng)] * (count % 2)
    if found.design is SplitDesign.BY_TEAM:
        teams = _team_sizes(found)
        return [largest_remainder(teams[team], weights, rng) for team in sorted(teams)]
    return [largest_remainder(count, weights, rng)]
