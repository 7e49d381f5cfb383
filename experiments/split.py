"""A plan's split, drawn from its seed, and drawn again for the analysis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from assignment.arrivals import joined, joiner_label
from assignment.design import Design, Labels, complete
from assignment.paired import paired
from assignment.rerandomised import Rerandomised, directions_of, rerandomised, restored
from assignment.stratified import stratified
from experiments.experiment import SplitDesign
from experiments.plan import Plan
from experiments.planned_split import HASH, Split

# Re-draws use another stream than the split itself, from the same recorded seed; so does the
# sample from which re-randomisation takes its limit.
_REDRAW_STREAM = 1
_LIMIT_STREAM = 2
_JOIN_STREAM = 3
# Re-randomisation accepts this share of the splits, the most alike.
ACCEPTED = 0.1


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of each unit before the split."""

    teams: Mapping[str, str] = field(default_factory=dict)
    covariates: tuple[str, ...] = ()
    baseline: Mapping[str, list[float]] = field(default_factory=dict)


def split_reps(
    units: Sequence[str],
    weights: Sequence[float],
    seed: int,
    design: SplitDesign = SplitDesign.COMPLETE,
    known: Known | None = None,
) -> Split:
    """Record how reps are split; `drawn_labels` then says who is where.

    Args:
        known: What the design or the test needs: the teams of units, their values from before.
    Raises:
        ValueError: for a team that cannot be split so.
    """
    known = known or Known()
    by_team = design is SplitDesign.BY_TEAM
    split = Split(
        kind=design,
        seed=seed,
        salt="",
        units=tuple(sorted(units)),
        sizes=(),
        strata={unit: known.teams[unit] for unit in units} if by_team else {},
        covariates=known.covariates,
        baseline={unit: known.baseline[unit] for unit in units if unit in known.baseline},
    )
    planned, labels, tried = _drawn(split, weights)
    return replace(
        split,
        units=planned.units,
        sizes=tuple(np.bincount(labels, minlength=len(weights)).tolist()),
        limit=planned.limit if isinstance(planned, Rerandomised) else None,
        tried=tried,
    )


def split_leads(experiment: str, seed: int) -> Split:
    """The salt by which leads are hashed; another seed gives another split."""
    return Split(HASH, seed, salt=f"{experiment}:{seed}", units=(), sizes=())


def drawn_labels(plan: Plan, joiners: Sequence[str] = ()) -> list[int]:
    """The variant's index of each unit in `plan.split.units`, then of each who joined since."""
    _, labels, _ = _drawn(plan.split, _weights(plan))
    later = [label_of_arrival(plan, arrival) for arrival in range(len(joiners))]
    return [*(int(label) for label in labels), *later]


def first_labels(plan: Plan) -> list[int] | None:
    """The first draw of the plan's seed, where its design may have passed it over; else None."""
    rng = _generator(plan.split.seed)
    design = _designed(plan.split, _weights(plan), rng)
    if not isinstance(design, Rerandomised):
        return None
    return [int(label) for label in design.base.draw(rng)]


def design_of(plan: Plan, joiners: Sequence[str] = ()) -> Design:
    """The recorded design, for re-draws.

    Args:
        joiners: Who joined since the launch, in order of arrival.
    """
    planned, _, _ = _drawn(plan.split, _weights(plan))
    if plan.join_rule is None or not joiners:
        return planned
    return joined(planned, joiners, _weights(plan), plan.join_rule)


def label_of_arrival(plan: Plan, arrival: int) -> int:
    """The variant's index of who joins as the `arrival`-th, counted from 0.

    Raises:
        ValueError: for a plan by which nobody joins.
    """
    if plan.join_rule is None:
        raise ValueError(f"by its plan nobody joins {plan.experiment}")
    rng = _generator(plan.split.seed, _JOIN_STREAM)
    return joiner_label(arrival, _weights(plan), plan.join_rule, rng)


def redraw_generator(plan: Plan) -> np.random.Generator:
    """The generator of the report's re-draws: the same report every time it is opened."""
    return _generator(plan.split.seed, _REDRAW_STREAM)


def label_array(labels: Sequence[int]) -> Labels:
    """Labels as the analysis takes them, shape (G,)."""
    return np.array(labels, dtype=np.int8)


def _drawn(split: Split, weights: Sequence[float]) -> tuple[Design, Labels, int | None]:
    """The design, the split that the seed draws from it, and how many it tried."""
    rng = _generator(split.seed)
    design = _designed(split, weights, rng)
    if isinstance(design, Rerandomised):
        return design, *design.tried(rng)
    return design, design.draw(rng), None


def _designed(split: Split, weights: Sequence[float], rng: np.random.Generator) -> Design:
    if split.design is SplitDesign.BY_TEAM:
        return stratified(split.strata, weights, rng)
    if split.design is SplitDesign.PAIRED:
        return paired(split.baseline, weights, rng)
    whole = complete(split.units, weights, rng)
    if split.limit is not None:
        rows = [split.baseline[unit] for unit in whole.units]
        return restored(whole, directions_of(rows), split.limit)
    if split.design is SplitDesign.RERANDOMISED:
        sample = _generator(split.seed, _LIMIT_STREAM)
        return rerandomised(whole, split.baseline, share=ACCEPTED, rng=sample)
    return whole


def _weights(plan: Plan) -> list[float]:
    return [variant.weight for variant in plan.variants]


def _generator(seed: int, stream: int = 0) -> np.random.Generator:
    # PCG64 by name: NumPy may change what `default_rng` means.
    return np.random.Generator(np.random.PCG64([seed, stream]))
