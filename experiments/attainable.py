"""What a split of so few reps can show at best: the smallest p that can come out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assignment.design import LISTABLE, SAMPLED, Complete, largest_remainder, seeded
from experiments.experiment import Experiment, Unit

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
    """

    sizes: tuple[int, int]
    ways: int
    comparisons: int
    smallest_p: float
    alpha: float

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
    weights = [variant.weight for variant in found.variants]
    sizes = largest_remainder(len(found.participants), weights, seeded(0))
    control = next(at for at, variant in enumerate(found.variants) if variant.is_control)
    pairs = [(sizes[control], size) for at, size in enumerate(sizes) if at != control]
    return _best(pairs, alpha=round(1 - found.level, 12))


def _best(pairs: Sequence[tuple[int, int]], *, alpha: float) -> Attainable:
    best = max(pairs, key=_ways)
    # Holm judges the most striking of m comparisons at alpha / m.
    smallest = min(1.0, len(pairs) * _smallest_p(best))
    return Attainable(best, _ways(best), len(pairs), smallest, alpha)


def _ways(pair: tuple[int, int]) -> int:
    units = tuple(f"{number:06}" for number in range(sum(pair)))
    return Complete(units, pair).draw_count


def _smallest_p(pair: tuple[int, int]) -> float:
    ways = _ways(pair)
    if ways > LISTABLE:
        return 1 / (1 + SAMPLED)
    # Of equal halves, the mirrored split is as extreme as the split itself.
    return (2 if pair[0] == pair[1] else 1) / ways
