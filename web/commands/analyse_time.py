"""`stagelift analyse --time`: what had become of the leads by a horizon."""

from __future__ import annotations

from typing import TYPE_CHECKING

from web.commands.comparison_text import comparison_lines, in_columns

if TYPE_CHECKING:
    from experiments.lead_table.incidence import Share, TimeAnalysis, VariantTimes

_TITLES = {"won": "Won", "lost": "Lost", "time_to_won": "Time to won"}


def time_page(answer: TimeAnalysis, *, assumed: bool) -> list[str]:
    """The answer as lines of text."""
    question, horizon = answer.asked.question, answer.asked.horizon
    guess = " (assumed: if reps were split, name their column with --rep)" if assumed else ""
    lines = [
        f"Split: {question.unit}s{guess}. Intervals at {question.level:g}.",
        f"By {horizon:g} after enrolment; a lead that is still open counts as open.",
        "",
        *in_columns(_variants(answer)),
    ]
    for measure, compared in answer.comparisons.items():
        for name, comparison in compared.items():
            title = f"{_TITLES[measure]}: {name} minus the control"
            lines += comparison_lines(title, comparison)
    return lines


def _variants(answer: TimeAnalysis) -> list[list[str]]:
    head = ["variant", "reps", "leads", "won", "lost", "time to won"]
    rows = [_row(variant) for variant in answer.variants]
    rows[0][0] += " (control)"
    return [head, *rows]


def _row(variant: VariantTimes) -> list[str]:
    from analysis.estimate import NotEstimable

    named = [variant.variant, "-" if variant.reps is None else str(variant.reps)]
    named.append(str(variant.leads))
    if isinstance(variant.measures, NotEstimable):
        return [*named, variant.measures.why.replace("_", " "), "", ""]
    return [*named, *map(_cell, variant.measures.values())]


def _cell(share: Share) -> str:
    return f"{share.value:.4g}" + ("" if share.se is None else f" (se {share.se:.4g})")
