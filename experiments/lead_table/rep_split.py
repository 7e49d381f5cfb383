"""A table's reps as the methods take them: beside each other, with the split drawn again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from analysis.pairs import RepPair
from analysis.sufficient import Ints
from assignment.design import Complete, Design, Labels, seeded
from assignment.stratified import Stratified
from experiments.lead_table.answer import Question
from experiments.lead_table.counts import Group
from experiments.lead_table.looks import latest_look, rep_looks, so_far
from experiments.lead_table.recorded import redrawn
from experiments.lead_table.sums import mean_by_rep, rep_totals
from experiments.rep_pairs import rep_pairs

# The groups of each variant, the control's first.
Arms = Mapping[str, Sequence[Group]]


def split_pairs(outcomes: Mapping[str, Arms], question: Question) -> dict[str, dict[str, RepPair]]:
    """Each treatment's reps beside the control's, by outcome; all share the same re-draws.

    Args:
        outcomes: The arms of each, with the same reps in all.
    """
    arms = next(iter(outcomes.values()))
    variant = {group.rep: place for place, arm in enumerate(arms.values()) for group in arm}
    design, labels = _split(arms, variant, question)
    found = rep_pairs(
        design,
        labels,
        {name: rep_totals(_all(each)) for name, each in outcomes.items()},
        variants=list(arms),
        control=0,
        rng=seeded(question.seed),
    )
    return {
        name: {
            treatment: _with_beside(pair, _all(outcomes[name]), question)
            for treatment, pair in pairs.items()
        }
        for name, pairs in found.items()
    }


def _split(arms: Arms, variant_of: Mapping[str, int], question: Question) -> tuple[Design, Labels]:
    """The design that is drawn again, and each unit's variant."""
    if question.recorded is not None:
        return redrawn(question.recorded, variant_of, list(arms))
    design = design_of(arms)
    return design, np.array([variant_of[rep] for rep in design.units], dtype=np.int8)


def design_of(arms: Arms) -> Design:
    """What a table tells of the split: complete randomisation, within strata if it has them."""
    blocks = []
    for stratum in sorted({group.stratum for group in _all(arms)}):
        reps = [
            sorted({group.rep for group in arm if group.stratum == stratum})
            for arm in arms.values()
        ]
        units = tuple(sorted(rep for members in reps for rep in members))
        blocks.append(Complete(units, tuple(map(len, reps))))
    return Stratified(tuple(blocks)) if len(blocks) > 1 else blocks[0]


def _all(arms: Arms) -> list[Group]:
    return [group for arm in arms.values() for group in arm]


def _with_beside(pair: RepPair, groups: Sequence[Group], question: Question) -> RepPair:
    """The pair with what else is known of each rep."""
    reps = pair.totals.reps
    plan = question.looks and so_far(question.looks, latest_look(groups))
    return replace(
        pair,
        covariate=mean_by_rep(reps, groups, lambda group: group.covariate),
        followed=mean_by_rep(reps, groups, lambda group: group.followed),
        matched=_matched(reps, groups) if question.paired else None,
        looks=None if plan is None else rep_looks(reps, groups, plan),
    )


def _matched(reps: Sequence[str], groups: Sequence[Group]) -> Ints:
    strata = {group.rep: group.stratum for group in groups}
    places: Ints = np.unique([strata[rep] for rep in reps], return_inverse=True)[1]
    return places
