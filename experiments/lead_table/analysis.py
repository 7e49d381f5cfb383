"""`stagelift analyse`: the variants of a table of leads, compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from analysis.comparison import Comparison
from analysis.icc import anova
from analysis.methods import Unit, compare_crossover, compare_reps
from analysis.pairs import RepPair
from analysis.rep_level import rep_rates
from experiments.lead_table.answer import (
    Likeness,
    OutcomeAnalysis,
    Question,
    TableAnalysis,
    VariantLeads,
)
from experiments.lead_table.checks import (
    check_accounts,
    check_crossover,
    check_pairs,
    check_segments,
    check_split_reps,
    check_strata,
    control_first,
)
from experiments.lead_table.counts import Counted, Group, count
from experiments.lead_table.crossing import crossover_pair
from experiments.lead_table.family import corrected
from experiments.lead_table.lead_split import compared_leads, is_binary
from experiments.lead_table.looks import latest_look, numbered
from experiments.lead_table.ratios import ratios_of
from experiments.lead_table.rep_rates import rep_rates_of
from experiments.lead_table.rep_split import Arms, split_pairs
from experiments.lead_table.segments import Tested, over_segments
from experiments.lead_table.source import LeadTable
from experiments.lead_table.sums import mean_of, rep_totals, share_followed, without_largest

Compared = dict[str, Comparison]
"""By treatment."""


def analyse(leads: LeadTable, question: Question) -> TableAnalysis:
    """Compare a table's variants by the methods of the unit that was randomised.

    Raises:
        Refused: for a table that does not fit the question; naming the column and the row.
    """
    counted = _counted(leads, question)
    first = next(iter(counted.values()))
    names = control_first(first, question.columns.variant, question.control)
    _check(leads, question, first)
    outcomes = {
        outcome: {name: [group for group in groups if group.variant == name] for name in names}
        for outcome, groups in counted.items()
    }
    look = None if question.looks is None else latest_look(first)
    if question.crossover:
        compared = {each: _crossed(arms, question) for each, arms in outcomes.items()}
        answers = tuple(
            _answer(each, arms, compared[each], question, {}) for each, arms in outcomes.items()
        )
        return TableAnalysis(question, answers, corrected(compared, {}))
    pairs = split_pairs(outcomes, question) if question.unit is Unit.REP else {}
    compared = {
        each: _compared(each, arms, pairs.get(each, {}), question)
        for each, arms in outcomes.items()
    }
    answers = tuple(
        _answer(each, arms, compared[each], question, pairs.get(each, {}))
        for each, arms in outcomes.items()
    )
    return TableAnalysis(question, answers, corrected(compared, pairs), look)


def _counted(leads: LeadTable, question: Question) -> Counted:
    counted = count(leads, question.columns)
    if question.looks is None or question.columns.look is None:
        return counted
    return numbered(leads, question.columns.look, counted, question.looks)


def _check(leads: LeadTable, question: Question, groups: Sequence[Group]) -> None:
    columns = question.columns
    if question.crossover:
        check_crossover(leads, columns, groups)
        return
    if question.by_account:
        check_accounts(leads, columns, groups)
    if question.unit is Unit.REP:
        check_split_reps(leads, columns, groups)
        if columns.segment is not None:
            check_segments(leads, columns, groups)
    if columns.stratum is not None:
        check_strata(leads, columns.stratum, groups)
        if question.paired:
            check_pairs(leads, columns.stratum, groups)


def _compared(
    outcome: str, arms: Arms, pairs: Mapping[str, RepPair], question: Question
) -> Compared:
    if question.unit is Unit.REP:
        return compare_reps(pairs, level=question.level)
    return compared_leads(outcome, arms, question)


def _crossed(arms: Arms, question: Question) -> Compared:
    control, treatment = arms
    groups = [group for arm in arms.values() for group in arm]
    pair = crossover_pair(groups, control, seed=question.seed)
    return {treatment: compare_crossover(pair, level=question.level)}


def _answer(
    outcome: str,
    arms: Arms,
    compared: Compared,
    question: Question,
    pairs: Mapping[str, RepPair],
) -> OutcomeAnalysis:
    columns, level = question.columns, question.level
    return OutcomeAnalysis(
        outcome=outcome,
        of_amounts=not is_binary(arms),
        likeness=_likeness(arms, question),
        groups=tuple(_described(name, arm, question) for name, arm in arms.items()),
        comparisons=compared,
        heterogeneity=_over_segments(arms, question, pairs) if columns.segment else {},
        trimmed=_trimmed(outcome, arms, question),
        ratios=ratios_of(arms, columns.per, level=level) if columns.per else None,
        rep_rates=rep_rates_of(arms, level=level) if question.each_rep else None,
    )


def _likeness(arms: Arms, question: Question) -> Likeness:
    # In a crossover a rep's leads are alike over both periods: no variant holds a rep of its own.
    if question.columns.rep is None or question.crossover:
        return Likeness()
    totals = [rep_totals(arm) for arm in arms.values()]
    leads = [n for each in totals for n in each.n.tolist()]
    return Likeness.of(anova(totals), leads, question.level)


def _over_segments(
    arms: Arms, question: Question, pairs: Mapping[str, RepPair]
) -> dict[str, Tested]:
    (_, control), *treatments = arms.items()
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


def _trimmed(outcome: str, arms: Arms, question: Question) -> Compared:
    """The comparisons of amounts without the one lead whose amount is the largest of all."""
    if question.crossover or question.looks is not None or is_binary(arms):
        return {}
    largest = max(arms, key=lambda name: max(group.largest for group in arms[name]))
    left = {name: without_largest(arm) if name == largest else arm for name, arm in arms.items()}
    if not all(left.values()):
        return {}
    of_reps = question.unit is Unit.REP
    pairs = split_pairs({outcome: left}, question)[outcome] if of_reps else {}
    return _compared(outcome, left, pairs, question)


def _described(name: str, arm: Sequence[Group], question: Question) -> VariantLeads:
    leads, mean = sum(group.n for group in arm), mean_of(arm)
    if question.by_account:
        accounts = len({group.rep for group in arm})
        return VariantLeads(name, None, leads, None, mean, accounts=accounts)
    if question.columns.rep is None:
        return VariantLeads(name, None, leads, None, mean, share_followed(arm))
    rates = rep_rates(rep_totals(arm))
    average = float(rates.mean())
    return VariantLeads(name, len(rates), leads, average, mean, share_followed(arm))
