"""A report's figures as charts: which numbers go where, the control always first."""

from __future__ import annotations

from analysis.estimate import Estimate, NotEstimable, Result, Why
from experiments.comparing import Comparison, Group
from experiments.metric import MILESTONES, Kind
from experiments.process import Milestone
from experiments.report import Report
from web.charts import milestones
from web.charts.forest import Forest, ForestRow, forest
from web.charts.funnel import FunnelGroup, FunnelStep, Share, funnel
from web.charts.interval import Difference
from web.charts.milestones import MilestoneTable, milestone_table
from web.measures import POINTS
from web.method_texts import METHODS
from web.method_words import ELSEWHERE
from web.wording import Words


def variant_names(report: Report) -> list[str]:
    """The variants' names in the order of their colours: the control, then the others."""
    return [group.variant.name for group in in_order(report)]


def milestone_rows(report: Report, words: Words) -> MilestoneTable:
    """Every milestone's rates, differences and intervals."""
    control, *_ = in_order(report)
    rows = [
        milestones.Milestone(
            name=words.milestone(row.milestone),
            control=_share(control, row.milestone),
            comparisons=[
                milestones.Comparison(
                    _share(_group_of(report, each), row.milestone),
                    difference_of(slot, each, words, POINTS),
                )
                for slot, each in enumerate(row.comparisons, start=1)
            ],
            soft=words.primary(report) if row.primary else "",
            primary=row.primary,
        )
        for row in report.rows
        if row.metric.kind is Kind.SHARE
    ]
    return milestone_table(rows, mirrored=words.reader.mirrored)


def funnel_of_variants(report: Report, words: Words) -> tuple[FunnelGroup, ...]:
    """Of 100 leads of each variant, how many reach each milestone."""
    groups, primary = in_order(report), report.plan.primary
    steps = [
        FunnelStep(
            words.milestone(milestone),
            [_share(group, milestone) for group in groups],
            primary=primary.key == milestone,
        )
        for milestone in MILESTONES
        if milestone in report.plan.staged
    ]
    return funnel(steps, mirrored=words.reader.mirrored)


def funnel_of_all(report: Report, words: Words) -> tuple[FunnelGroup, ...]:
    """The same of all variants together: it tells nothing of the difference."""
    matured = report.matured
    steps = [
        FunnelStep(
            words.milestone(milestone),
            [Share(reached / matured if matured else None, reached, matured)],
            primary=report.plan.primary.key == milestone,
        )
        for milestone, reached in report.pooled.items()
        if milestone in report.plan.staged
    ]
    return funnel(steps, mirrored=words.reader.mirrored)


def forest_of_methods(report: Report, words: Words) -> Forest:
    """The primary milestone's difference by every method that applies."""
    comparisons = report.primary.comparisons if report.primary else ()
    rows = [
        ForestRow(
            name=words.say(METHODS[name]),
            soft=each.variant.name if len(comparisons) > 1 else "",
            difference=_plain_difference(slot, result, words, words.unit(report)),
            primary=name == each.methods.primary,
        )
        for slot, each in enumerate(comparisons, start=1)
        for name, result in each.methods.estimates.items()
        if name not in ELSEWHERE and not _was_not_asked(result)
    ]
    return forest(rows, mirrored=words.reader.mirrored)


def in_order(report: Report) -> list[Group]:
    """The groups in the order of their colours: the control's first."""
    return sorted(report.groups, key=lambda group: not group.variant.control)


def _group_of(report: Report, comparison: Comparison) -> Group:
    return next(each for each in report.groups if each.variant.key == comparison.variant.key)


def _share(group: Group, milestone: Milestone) -> Share:
    return Share(group.rates[milestone], group.reached[milestone], group.matured)


def difference_of(slot: int, comparison: Comparison, words: Words, unit: str) -> Difference:
    """A comparison as it is drawn, its interval wider where several are compared."""
    plain = _plain_difference(slot, comparison.result, words, unit)
    if comparison.interval is None:
        return plain
    return Difference(slot, plain.effect, *comparison.interval, unit=unit)


def _plain_difference(slot: int, result: Result, words: Words, unit: str) -> Difference:
    if isinstance(result, Estimate):
        return Difference(slot, result.effect, *result.ci, unit=unit)
    return Difference(slot, None, why=words.why(result.why), unit=unit)


NOT_ASKED = (Why.NO_COVARIATE, Why.TOO_MANY_LEADS)


def _was_not_asked(result: Result) -> bool:
    """Whether a method lacks what this plan does not have, which is no news to anybody."""
    return isinstance(result, NotEstimable) and result.why in NOT_ASKED
