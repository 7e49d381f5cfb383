"""A plan's split, drawn from its seed, and drawn again for the analysis."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from assignment.design import Complete, Labels, complete
from experiments.plan import Plan, Split

# Re-draws use another stream than the split itself, from the same recorded seed.
_REDRAW_STREAM = 1


def split_reps(units: Sequence[str], weights: Sequence[float], seed: int) -> Split:
    """Decide the variants' sizes; `drawn_labels` then says who is where."""
    design = complete(units, weights, _generator(seed))
    return Split("complete", seed, salt="", units=design.units, sizes=design.sizes)


def split_leads(experiment: str, seed: int) -> Split:
    """The salt by which leads are hashed; another seed gives another split."""
    return Split("hash", seed, salt=f"{experiment}:{seed}", units=(), sizes=())


def drawn_labels(plan: Plan) -> list[int]:
    """The variant's index of each unit in `plan.split.units`, as the seed drew it."""
    rng = _generator(plan.split.seed)
    weights = [variant.weight for variant in plan.variants]
    return [int(label) for label in complete(plan.split.units, weights, rng).draw(rng)]


def design_of(plan: Plan) -> Complete:
    """The recorded design, for re-draws."""
    return Complete(plan.split.units, plan.split.sizes)


def redraw_generator(plan: Plan) -> np.random.Generator:
    """The generator of the report's re-draws: the same report every time it is opened."""
    return _generator(plan.split.seed, _REDRAW_STREAM)


def label_array(labels: Sequence[int]) -> Labels:
    """Labels as the analysis takes them, shape (G,)."""
    return np.array(labels, dtype=np.int8)


def _generator(seed: int, stream: int = 0) -> np.random.Generator:
    # PCG64 by name: NumPy may change what `default_rng` means.
    return np.random.Generator(np.random.PCG64([seed, stream]))
