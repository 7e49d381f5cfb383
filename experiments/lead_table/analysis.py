"""`stagelift analyse`: the variants of a table of leads, compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from analysis.comparison import Comparison
from analysis.icc import anova
from analysis.methods import (
    Unit,
    compare_adjusted_leads,
    compare_amounts,
    compare_crossover,
    compare_leads,
    compare_reps,
)
from analysis.pairs import AmountPair, JointPair, LeadPair, RepPair
from analysis.rep_level import rep_rates
from assignment.design import Complete, Design, seeded
from assignment.stratified import Stratified
from experiments.lead_table.answer import Likeness, Question, TableAnalysis, VariantLeads
from experiments.lead_table.checks import (
    check_crossover,
    check_pairs,
    check_segments,
    check_split_reps,
    check_strata,
    control_first,
)
from experiments.lead_table.counts import Columns, Group, count
from experiments.lead_table.crossing import crossover_pair
from experiments.lead_table.segments import Tested, over_segments
from experiments.lead_table.source import LeadTable
from experiments.lead_table.sums import (
    amounts,
    counts,
    joint,
    mean_by_rep,
    mean_of,
    rep_totals,
    share_followed,
    strata,
    without_largest,
)
from experiments.problem import Refused, problem
from experiments.rep_pairs import rep_pairs

# The groups of each variant, the control's first.
Arms = Mapping[str, Sequence[Group]]


def analyse(leads: LeadTable, question: Question) -> TableAnalysis:
    """Compare a table's variants by the methods of the unit that was randomised.

    Raises:
        Refused: for a table that does not fit the question; naming the column and the row.
    """
    columns = question.columns
    found = count(leads, columns)
    names = control_first(found, columns.variant, question.control)
    if question.crossover:
        check_crossover(leads, columns, found)
        return _crossed(names, found, question)
    if question.unit is Unit.REP:
        check_split_reps(leads, columns, found)
        if columns.segment is not None:
            check_segments(leads, columns, found)
    if columns.stratum is not None:
        check_strata(leads, columns.stratum, found)
        if question.paired:
            check_pairs(leads, columns.stratum, found)
    arms = {name: [group for group in found if group.variant == name] for name in names}
    groups = tuple(_described(name, arm, columns) for name, arm in arms.items())
    compared = _compared(arms, question)
    return TableAnalysis(
        question,
        _likeness(arms, question),
        groups,
        compared,
        _over_segments(arms, question) if columns.segment else {},
        _trimmed(arms, question) if not _is_binary(arms) else {},
    )


def _compared(arms: Arms, question: Question) -> dict[str, Comparison]:
    if question.unit is Unit.REP:
        return compare_reps(_pairs(arms, question), level=question.level)
    return _compared_leads(arms, question)


def _likeness(arms: Arms, question: Question) -> Likeness:
    if question.columns.rep is None:
        return Likeness()
    totals = [rep_totals(arm) for arm in arms.values()]
    leads = [n for each in totals for n in each.n.tolist()]
    return Likeness.of(anova(totals), leads, question.level)


def _over_segments(arms: Arms, question: Question) -> dict[str, Tested]:
    (_, control), *treatments = arms.items()
    pairs = _pairs(arms, question) if question.unit is Unit.REP else {}
    return {
        name: over_segments(
            control,
            arm,
            unit=question.unit,
            pair=pairs.get(name),
            column=question.columns.segment or "",
            level=question.level,
        )
        for name, arm in treatments
    }


def _trimmed(arms: Arms, question: Question) -> dict[str, Comparison]:
    """The comparisons without the one lead whose amount is the largest of all."""
    largest = max(arms, key=lambda name: max(group.largest for group in arms[name]))
    left = {name: without_largest(arm) if name == largest else arm for name, arm in arms.items()}
    return _compared(left, question) if all(left.values()) else {}


def _is_binary(arms: Arms) -> bool:
    return all(group.is_binary for arm in arms.values() for group in arm)


def _crossed(names: list[str], found: list[Group], question: Question) -> TableAnalysis:
    control, treatment = names
    arms = {name: [group for group in found if group.variant == name] for name in names}
    pair = crossover_pair(found, control, seed=question.seed)
    comparison = compare_crossover(pair, level=question.level)
    groups = tuple(_described(name, arm, question.columns) for name, arm in arms.items())
    # A rep's leads are alike over both periods: no variant holds a rep of its own.
    return TableAnalysis(question, Likeness(), groups, {treatment: comparison}, {}, {})


def _described(name: str, arm: Sequence[Group], columns: Columns) -> VariantLeads:
    leads, mean = sum(group.n for group in arm), mean_of(arm)
    if columns.rep is None:
        return VariantLeads(name, None, leads, None, mean, share_followed(arm))
    rates = rep_rates(rep_totals(arm))
    average = float(rates.mean())
    return VariantLeads(name, len(rates), leads, average, mean, share_followed(arm))


def _pairs(arms: Arms, question: Question) -> dict[str, RepPair]:
    """Each treatment's reps beside the control's."""
    design = design_of(arms)
    variant = {group.rep: place for place, arm in enumerate(arms.values()) for group in arm}
    outcome = question.columns.outcome
    pairs = rep_pairs(
        design,
        np.array([variant[rep] for rep in design.units], dtype=np.int8),
        {outcome: rep_totals([group for arm in arms.values() for group in arm])},
        variants=list(arms),
        control=0,
        rng=seeded(question.seed),
    )
    compared = {name: _with_beside(pair, arms) for name, pair in pairs[outcome].items()}
    if question.paired:
        return {name: _matched(pair, arms) for name, pair in compared.items()}
    return compared


def _with_beside(pair: RepPair, arms: Arms) -> RepPair:
    """The pair with what else is known of each rep: a value from before, the share followed."""
    groups = [group for arm in arms.values() for group in arm]
    return replace(
        pair,
        covariate=mean_by_rep(pair.totals.reps, groups, lambda group: group.covariate),
        followed=mean_by_rep(pair.totals.reps, groups, lambda group: group.followed),
    )


def _matched(pair: RepPair, arms: Arms) -> RepPair:
    strata = {group.rep: group.stratum for arm in arms.values() for group in arm}
    _, places = np.unique([strata[rep] for rep in pair.totals.reps], return_inverse=True)
    return replace(pair, matched=places)


def design_of(arms: Arms) -> Design:
    """What a table tells of the split: complete randomisation, within strata if it has them."""
    blocks = []
    for stratum in sorted({group.stratum for arm in arms.values() for group in arm}):
        reps = [[group.rep for group in arm if group.stratum == stratum] for arm in arms.values()]
        units = tuple(sorted(rep for members in reps for rep in members))
        blocks.append(Complete(units, tuple(map(len, reps))))
    return Stratified(tuple(blocks)) if len(blocks) > 1 else blocks[0]


def _compared_leads(arms: Arms, question: Question) -> dict[str, Comparison]:
    (_, control), *treatments = arms.items()
    columns = question.columns
    if columns.covariate is not None:
        if columns.stratum is not None:
            text = "Split leads are compared within strata or by a value from before, not both."
            raise Refused(problem(columns.covariate, text))
        adjusted = {name: JointPair(joint(control), joint(arm)) for name, arm in treatments}
        return compare_adjusted_leads(adjusted, level=question.level)
    if not _is_binary(arms):
        if columns.stratum is not None:
            text = "Within strata the outcome is 0 or 1; {column} holds other amounts."
            raise Refused(problem(columns.outcome, text, column=columns.outcome))
        of_amounts = {name: AmountPair(amounts(control), amounts(arm)) for name, arm in treatments}
        return compare_amounts(of_amounts, level=question.level)
    pairs = {
        name: LeadPair(
            counts(control),
            counts(arm),
            strata(control, arm) if columns.stratum is not None else (),
        )
        for name, arm in treatments
    }
    return compare_leads(pairs, level=question.level)
