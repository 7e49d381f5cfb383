"""Whether the effect differs between the segments of a table's leads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from analysis.estimate import NotEstimable
from analysis.heterogeneity import Heterogeneity, lead_heterogeneity, rep_heterogeneity
from analysis.methods import Unit
from analysis.pairs import RepPair
from analysis.proportion import Stratum
from analysis.rep_level import rep_rates
from experiments.lead_table.counts import Group
from experiments.lead_table.sums import counts
from experiments.problem import Refused, problem

Tested = tuple[Sequence[str], Heterogeneity | NotEstimable]
"""The segments' names in order, and their one test."""


def over_segments(
    control: Sequence[Group],
    treatment: Sequence[Group],
    *,
    unit: Unit,
    pair: RepPair | None,
    column: str,
    level: float,
) -> Tested:
    """One treatment against the control over all segments.

    Args:
        pair: The reps that were compared, where reps were split.
        column: Of the segment, for what is said of it.
    Raises:
        Refused: where leads were split and the outcome is not 0 or 1.
    """
    names = sorted({group.segment for group in (*control, *treatment)})
    if unit is Unit.REP and pair is not None:
        return names, _of_reps(names, [*control, *treatment], pair, level)
    if not all(group.is_binary for group in (*control, *treatment)):
        text = "Over segments of split leads the outcome is 0 or 1."
        raise Refused(problem(column, text))
    strata = []
    for name in names:
        arms = [[g for g in arm if g.segment == name] for arm in (control, treatment)]
        if not all(arms):
            text = "Segment {segment} has leads of one variant only."
            raise Refused(problem(column, text, segment=name))
        strata.append(Stratum(*map(counts, arms)))
    return names, lead_heterogeneity(strata, level=level)


def as_dict(tested: Tested) -> dict[str, Any]:
    """The test as `stagelift analyse --json` prints it."""
    names, found = tested
    if isinstance(found, NotEstimable):
        return found.as_dict()
    told: Mapping[str, Any] = {
        "segments": [
            {"segment": name} | effect.as_dict()
            for name, effect in zip(names, found.effects, strict=True)
        ],
        "statistic": found.statistic,
        "p": found.p,
        "df": found.df,
        "draws": found.draws,
    }
    return {name: value for name, value in told.items() if value is not None}


def _of_reps(
    names: Sequence[str], groups: Sequence[Group], pair: RepPair, level: float
) -> Heterogeneity | NotEstimable:
    place = {group.rep: names.index(group.segment) for group in groups}
    segments = np.array([place[rep] for rep in pair.totals.reps])
    rates = rep_rates(pair.totals)
    return rep_heterogeneity(
        rates, pair.treated, segments, pair.redraws, exact=pair.exact, level=level
    )
