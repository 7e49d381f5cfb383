"""Ratios of two sums over a variant's leads, such as value per win: described, never tested."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.estimate import NotEstimable
from analysis.ratio_metric import Ratio, ratio, ratio_difference
from analysis.sufficient import Floats
from experiments.lead_table.counts import Group

Described = Ratio | NotEstimable


@dataclass(frozen=True, slots=True)
class Ratios:
    """An outcome's sum over that of another column, with intervals over reps."""

    per: str  # the column of what it is divided by
    variants: Mapping[str, Described]  # the control's first
    differences: Mapping[str, Described]  # by treatment, less the control's

    def as_dict(self) -> dict[str, Any]:
        """The ratios as `stagelift analyse --json` prints them."""
        return {
            "per": self.per,
            "groups": [_told(name, found, "ratio") for name, found in self.variants.items()],
            "differences": [
                _told(name, found, "effect") for name, found in self.differences.items()
            ],
        }


def ratios_of(arms: Mapping[str, Sequence[Group]], per: str, *, level: float) -> Ratios:
    """Each variant's ratio of sums, and the treatments' less the control's."""
    sums = {name: _by_rep(arm) for name, arm in arms.items()}
    (_, control), *treatments = sums.items()
    return Ratios(
        per,
        {name: ratio(*each, level=level) for name, each in sums.items()},
        {name: ratio_difference(control, each, level=level) for name, each in treatments},
    )


def _by_rep(arm: Sequence[Group]) -> tuple[Floats, Floats]:
    reps = sorted({group.rep for group in arm})
    place = {rep: at for at, rep in enumerate(reps)}
    above, below = np.zeros(len(reps)), np.zeros(len(reps))
    for group in arm:
        above[place[group.rep]] += group.n * group.mean
        below[place[group.rep]] += group.n * (group.per or 0.0)
    return above, below


def _told(variant: str, found: Described, value: str) -> dict[str, Any]:
    if isinstance(found, NotEstimable):
        return {"variant": variant} | found.as_dict()
    told = {value: found.value, "se": found.se, "df": found.df, "ci": list(found.ci)}
    return {"variant": variant} | told
