"""What `stagelift analyse` found of outcomes, as lines of text."""

from __future__ import annotations

from collections.abc import Iterator

from analysis.estimate import NotEstimable
from experiments.lead_table.answer import OutcomeAnalysis, TableAnalysis
from experiments.lead_table.ratios import Described, Ratios
from experiments.lead_table.rep_rates import RepRate
from web.commands.comparison_text import (
    comparison_lines,
    heterogeneity_lines,
    in_columns,
    trimmed_line,
)


def page(answer: TableAnalysis, *, assumed: bool) -> list[str]:
    """The answer as lines of text.

    Args:
        assumed: Whether nobody said what was split.
    """
    question = answer.question
    icc = answer.first.likeness.icc
    likeness = "" if icc is None else f", ICC within variants {icc:.3f}"
    guess = " (assumed: if reps were split, name their column with --rep)" if assumed else ""
    lines = [f"Split: {question.unit}s{guess}. Intervals at {question.level:g}{likeness}."]
    if answer.look is not None and question.looks is not None:
        planned = len(question.looks.information)
        lines.append(f"Look {answer.look} of {planned} planned; errors are held over all of them.")
    several = len(answer.outcomes) > 1
    for each in answer.outcomes:
        title = [each.outcome, "-" * len(each.outcome)] if several else []
        lines += ["", *title, *_outcome(answer, each)]
    return lines


def _outcome(answer: TableAnalysis, outcome: OutcomeAnalysis) -> Iterator[str]:
    if outcome.of_amounts:
        # A slip of the pen in a column of 0 and 1 would change the method unseen.
        yield f"Amounts: not every {outcome.outcome} is 0 or 1."
    yield from _groups(outcome)
    for name, each in outcome.comparisons.items():
        yield from comparison_lines(f"{name} minus the control", each)
        p = answer.family.get((outcome.outcome, name))
        if p is not None:
            yield f"  p {p:.4g} corrected for all {len(answer.outcomes)} outcomes"
        if name in outcome.trimmed:
            yield trimmed_line(outcome.trimmed[name])
        if name in outcome.heterogeneity:
            yield from heterogeneity_lines(*outcome.heterogeneity[name])
    if outcome.ratios is not None:
        yield from _ratios(outcome.ratios)
    if outcome.rep_rates is not None:
        yield from _reps(outcome.rep_rates)


def _groups(outcome: OutcomeAnalysis) -> list[str]:
    clusters = "reps" if outcome.groups[0].accounts is None else "accounts"
    names = ["variant", clusters, "leads", "average rep", "average lead"]
    rows = [
        [each.variant, _cell(each.accounts or each.reps), str(each.leads)]
        + [_cell(average) for average in (each.average_rep, each.average_lead)]
        for each in outcome.groups
    ]
    rows[0][0] += " (control)"
    if outcome.groups[0].followed is not None:
        names.append("followed")
        rows = [
            [*row, _cell(each.followed)] for row, each in zip(rows, outcome.groups, strict=True)
        ]
    return in_columns([names, *rows])


def _ratios(ratios: Ratios) -> Iterator[str]:
    yield from ("", f"Per {ratios.per}, a description:")
    rows = [[f"  {name}", *_ratio(found)] for name, found in ratios.variants.items()]
    rows += [
        [f"  {name} minus the control", *_ratio(found)]
        for name, found in ratios.differences.items()
    ]
    yield from in_columns(rows)


def _ratio(found: Described) -> list[str]:
    if isinstance(found, NotEstimable):
        return ["-", f"not estimable: {found.why.replace('_', ' ')}"]
    low, high = found.ci
    return [f"{found.value:.4g}", f"[{low:.4g}, {high:.4g}]"]


def _reps(rates: tuple[RepRate, ...]) -> list[str]:
    def row(rate: RepRate) -> list[str]:
        guess = rate.shrunken
        best = f"{guess.shrunken:.4g}" if guess else "-"
        between = "[{:.4g}, {:.4g}]".format(*guess.interval) if guess else ""
        return [rate.rep, rate.variant, str(rate.leads), f"{rate.raw:.4g}", best, between]

    head = ["rep", "variant", "leads", "raw", "best guess", ""]
    return ["", *in_columns([head, *map(row, rates)])]


def _cell(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"
