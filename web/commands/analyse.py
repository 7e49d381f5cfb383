"""`stagelift analyse`: the variants of a file or table of leads, compared."""

from __future__ import annotations

import math
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from web.commands import BadInput, clear_errors, json_option
from web.commands.analyse_time import asked_time, time_options, time_page
from web.commands.comparison_text import comparison_lines, in_columns

if TYPE_CHECKING:
    from experiments.lead_table.answer import TableAnalysis
    from experiments.lead_table.source import LeadTable

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.argument("file", required=False, type=_FILE)
@click.option("--variant", required=True, metavar="COL", help="Column of the variant.")
@click.option("--outcome", metavar="COL", help="Column of 0 and 1, or an amount.")
@time_options
@click.option("--control", metavar="NAME", help="The control's name; else control, A or 0.")
@click.option("--unit", type=click.Choice(["rep", "lead"]), help="What was split; rep with --rep.")
@click.option("--rep", metavar="COL", help="Column of the rep.")
@click.option("--stratum", metavar="COL", help="Column of the block that was split within.")
@click.option("--pair", metavar="COL", help="Column of the pair of reps that was split.")
@click.option("--period", metavar="COL", help="Column of the period; reps followed both in turn.")
@click.option("--covariate", metavar="COL", help="Column of a value from before.")
@click.option("--followed", metavar="COL", help="Column of 0 and 1: treated as the treatment is.")
@click.option("--segment", metavar="COL", help="Column over which the effect may differ.")
@click.option("--cap", type=float, metavar="X", help="No amount counts for more.")
@click.option("--level", default=0.95, show_default=True, help="Level of the intervals.")
@click.option("--seed", default=0, show_default=True, help="Of re-draws too many to list.")
@click.option("--source", metavar="URL", help="A database, instead of FILE.")
@click.option("--table", metavar="NAME", help="The table in it.")
@json_option
def analyse(
    file: Path | None,
    variant: str,
    outcome: str | None,
    time: str | None,
    event: str | None,
    horizon: float | None,
    control: str | None,
    unit: str | None,
    rep: str | None,
    stratum: str | None,
    pair: str | None,
    period: str | None,
    covariate: str | None,
    followed: str | None,
    segment: str | None,
    cap: float | None,
    level: float,
    seed: int,
    source: str | None,
    table: str | None,
    as_json: bool,
) -> None:
    """Compare the variants in FILE, a CSV or Parquet file with a row a lead."""
    from analysis.methods import Unit
    from experiments.lead_table import analysis as lead_table
    from experiments.lead_table import incidence
    from experiments.lead_table.answer import Question
    from experiments.lead_table.counts import Columns
    from web.cli import print_json

    _check_options(
        of_reps=bool(rep) and unit != "lead",
        time=time,
        stratum=stratum,
        pair=pair,
        period=period,
        covariate=covariate,
        followed=followed,
        segment=segment,
    )
    _check_numbers(level, seed, cap, time)
    asked = asked_time(outcome, time, event, horizon)
    if asked and stratum and (not rep or unit == "lead"):
        raise BadInput("--stratum: with --time, strata are of reps who were split; give --rep.")
    guessed = unit or ("rep" if rep else "lead")
    columns = Columns(
        variant=variant,
        outcome=event or outcome or "",
        rep=rep,
        stratum=pair or period or stratum,
        covariate=covariate,
        followed=followed,
        segment=segment,
        cap=cap,
    )
    question = Question(
        columns=columns,
        unit=Unit(guessed),
        control=control,
        level=level,
        seed=seed,
        paired=pair is not None,
        crossover=period is not None,
    )
    assumed = not (unit or rep)
    with clear_errors(), _opened(file, source, table) as leads:
        if asked:
            of_time = incidence.analyse_times(leads, incidence.TimeQuestion(question, *asked))
            document, page = of_time.as_dict(), time_page(of_time, assumed=assumed)
        else:
            answer = lead_table.analyse(leads, question)
            document, page = answer.as_dict(), _page(answer, assumed=assumed)
    if as_json:
        print_json(document)
    else:
        click.echo("\n".join(page))


def _check_numbers(level: float, seed: int, cap: float | None, time: str | None) -> None:
    if not 0 < level < 1:
        raise BadInput(f"--level: a confidence level is between 0 and 1, not {level}.")
    if seed < 0:
        raise BadInput(f"--seed: a seed is 0 or more, not {seed}.")
    if cap is not None and (time or not math.isfinite(cap)):
        raise BadInput("--cap: it is a number, and goes with --outcome.")


def _check_options(
    *,
    of_reps: bool,
    time: str | None,
    stratum: str | None,
    pair: str | None,
    period: str | None,
    covariate: str | None,
    followed: str | None,
    segment: str | None,
) -> None:
    if pair and (stratum or not of_reps):
        raise BadInput("--pair: pairs are of reps, so it needs --rep, and no --stratum beside it.")
    if followed and (not of_reps or time):
        raise BadInput("--followed: it is of reps who were split; give --rep, and no --time.")
    if covariate and time:
        raise BadInput("--covariate: it goes with --outcome, and without --time.")
    if period and (not of_reps or time or stratum or pair or covariate or followed):
        raise BadInput("--period: it goes with --rep alone, where reps followed both variants.")
    if segment and (time or period):
        raise BadInput("--segment: it goes with --outcome, and without --period.")


def _opened(
    file: Path | None, source: str | None, table: str | None
) -> AbstractContextManager[LeadTable]:
    from experiments.lead_table.source import database_table, file_table

    if file is not None and not (source or table):
        return file_table(file)
    if file is None and source and table:
        return database_table(source, table)
    raise BadInput("Give a FILE, or both --source and --table.")


def _page(answer: TableAnalysis, *, assumed: bool) -> list[str]:
    question = answer.question
    icc = "" if answer.icc is None else f", ICC within variants {answer.icc:.3f}"
    guess = " (assumed: if reps were split, name their column with --rep)" if assumed else ""
    return [
        f"Split: {question.unit}s{guess}. Intervals at {question.level:g}{icc}.",
        "",
        *_groups(answer),
        *(
            line
            for name, each in answer.comparisons.items()
            for line in [
                *comparison_lines(f"{name} minus the control", each),
                *_beside(answer, name),
            ]
        ),
    ]


def _beside(answer: TableAnalysis, variant: str) -> list[str]:
    from web.commands.comparison_text import heterogeneity_lines, trimmed_line

    lines = []
    if variant in answer.trimmed:
        lines.append(trimmed_line(answer.trimmed[variant]))
    if variant in answer.heterogeneity:
        lines += heterogeneity_lines(*answer.heterogeneity[variant])
    return lines


def _groups(answer: TableAnalysis) -> list[str]:
    def cell(value: float | None) -> str:
        return "-" if value is None else f"{value:.4g}"

    names = ["variant", "reps", "leads", "average rep", "average lead"]
    rows = [
        [each.variant, cell(each.reps), str(each.leads)]
        + [cell(average) for average in (each.average_rep, each.average_lead)]
        for each in answer.groups
    ]
    rows[0][0] += " (control)"
    if answer.question.columns.followed:
        names.append("followed")
        rows = [[*row, cell(each.followed)] for row, each in zip(rows, answer.groups, strict=True)]
    return in_columns([names, *rows])
