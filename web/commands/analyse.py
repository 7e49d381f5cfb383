"""`stagelift analyse`: the variants of a file or table of leads, compared."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from web.commands import BadInput, clear_errors, json_option
from web.commands.analyse_options import Asked, question_options

if TYPE_CHECKING:
    from experiments.lead_table.source import LeadTable

# A smaller file is read before anybody wonders.
_LARGE_BYTES = 20_000_000

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.argument("file", required=False, type=_FILE)
@question_options
@click.option("--source", metavar="URL", help="A database, instead of FILE.")
@click.option("--table", metavar="NAME", help="The table in it.")
@json_option
def analyse(
    file: Path | None, source: str | None, table: str | None, as_json: bool, **options: Any
) -> None:
    """Compare the variants in FILE, a CSV or Parquet file with a row a lead."""
    from web.cli import print_json

    asked = Asked(**options)
    asked.check()
    document, page = _answered(asked, file, source, table)
    if as_json:
        print_json(document)
    else:
        click.echo("\n".join(page))


def _answered(
    asked: Asked, file: Path | None, source: str | None, table: str | None
) -> tuple[dict[str, Any], list[str]]:
    """The answer as a document and as lines of text."""
    from experiments.lead_table import analysis, incidence
    from web.commands.analyse_text import page
    from web.commands.analyse_time import time_page

    question = asked.question()
    with _told(file), clear_errors(), _opened(file, source, table) as leads:
        if asked.asked_time:
            of_time = incidence.TimeQuestion(question, *asked.asked_time)
            times = incidence.analyse_times(leads, of_time)
            return times.as_dict(), time_page(times, assumed=asked.assumed)
        answer = analysis.analyse(leads, question)
        return answer.as_dict(), page(answer, assumed=asked.assumed)


def _told(file: Path | None) -> AbstractContextManager[None]:
    """Tells that a large table is being read, where that takes long."""
    from web.commands.progress import waiting

    if file is not None and file.stat().st_size < _LARGE_BYTES:
        return nullcontext()
    return waiting(f"Reading and comparing {file.name if file else 'the table'}")


def _opened(
    file: Path | None, source: str | None, table: str | None
) -> AbstractContextManager[LeadTable]:
    from experiments.lead_table.source import database_table, file_table

    if file is not None and not (source or table):
        return file_table(file)
    if file is None and source and table:
        return database_table(source, table)
    raise BadInput("Give a FILE, or both --source and --table.")
