"""`stagelift analyse --time`: what had become of the leads by a horizon."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import click

from web.commands import BadInput
from web.commands.comparison_text import comparison_lines, in_columns

if TYPE_CHECKING:
    from experiments.lead_table.incidence import Share, TimeAnalysis, VariantTimes

_TITLES = {"won": "Won", "lost": "Lost", "time_to_won": "Time to won"}


def time_options(command: click.decorators.FC) -> click.decorators.FC:
    """The three options that ask for time to close."""
    for option in (
        click.option("--horizon", type=float, metavar="T", help="How far, in the time's unit."),
        click.option("--event", metavar="COL", help="With --time: 0 open, 1 won, 2 lost."),
        click.option("--time", metavar="COL", help="Column of the time to the event."),
    ):
        command = option(command)
    return command


def asked_time(
    outcome: str | None, time: str | None, event: str | None, horizon: float | None
) -> tuple[str, float] | None:
    """The column of the time and the horizon; `None` where an outcome is compared.

    Raises:
        BadInput: for some of the three without the others, or beside an outcome.
    """
    if time is None and event is None and horizon is None:
        if outcome is None:
            raise BadInput("Give --outcome, or all of --time, --event and --horizon.")
        return None
    if time is None or event is None or horizon is None or outcome is not None:
        raise BadInput("--time, --event and --horizon go together, without --outcome.")
    if not 0 < horizon < math.inf:
        raise BadInput(f"--horizon: a horizon is above 0, not {horizon:g}.")
    return time, horizon


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
