"""`stagelift import`: deals, processes and people from files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from web.commands import import_batches, import_past, json_option, open_store, settled

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from experiments.importing.deals import Request
    from experiments.importing.result import Imported
    from experiments.tables.refused import RefusedRow
    from experiments.tables.table_file import TableFile

_NEW_COMPANY = (
    "There is no company yet: this makes {company.name}, with days in {company.time_zone} and "
    "money in {company.currency}. `stagelift company set` changes that."
)
FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)

encoding_option = click.option(
    "--encoding", default="", help="How the file is written, where the detection is wrong."
)
map_option = click.option(
    "--map",
    "maps",
    multiple=True,
    metavar="FIELD=HEADER",
    help="Which column holds a field, where the detection is wrong; FIELD= for none.",
)
dry_run_option = click.option(
    "--dry-run", is_flag=True, help="Store nothing; say what would be stored."
)


@click.group("import")
def import_() -> None:
    """Import deals, a process or people from a file; list imports, take one back."""


import_.add_command(import_batches.list_)
import_.add_command(import_batches.undo)
import_.add_command(import_past.crm)


@import_.command()
@click.argument("file", type=FILE)
@click.option("--history", type=FILE, help="Stage moves: lead id, stage, entered at.")
@click.option("--teams", type=FILE, help="The reps' teams: name, team, manager.")
@click.option("--process", default="", metavar="KEY", help="The process that the deals follow.")
@map_option
@click.option("--source", default="", help="What the source is called; else the preset's name.")
@click.option(
    "--complete-through",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The last day of which the file tells; else its latest date.",
)
@click.option("--currency", default="", help="Of amounts that stand without one.")
@encoding_option
@click.option(
    "--refused",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Write the refused rows into this CSV file, each with its reason.",
)
@dry_run_option
@json_option
def deals(
    file: Path,
    history: Path | None,
    teams: Path | None,
    maps: tuple[str, ...],
    complete_through: datetime | None,
    encoding: str,
    refused: Path | None,
    dry_run: bool,
    as_json: bool,
    **said: str,
) -> None:
    """Import the deals in FILE, a CSV export of a CRM.

    Columns are found by their headers (HubSpot, Pipedrive, Salesforce, or plain words). Good
    rows are stored, the others are listed with line and reason. The same file brought again
    adds nothing.
    """
    from experiments.crm.header import read_told
    from experiments.importing.deals import Request, import_deals
    from web.commands.progress import Progress
    from web.site import utc_now

    with open_store() as session:
        _begin(session)
        own, of_history = read_told(maps)
        request = Request(
            deals=_table(file, encoding),
            history=_table(history) if history else None,
            people=_table(teams) if teams else None,
            columns=own,
            history_columns=of_history,
            complete_through=_day(complete_through),
            **said,
        )
        with Progress() as progress, settled():
            result = import_deals(
                session, request, now=utc_now(), dry_run=dry_run, progress=progress
            )
        if dry_run:
            session.rollback()
    if refused:
        _write_refused(refused, request, result.refused)
    _tell(result, as_json=as_json)


@import_.command()
@click.argument("file", type=FILE)
@json_option
def process(file: Path, as_json: bool) -> None:
    """Import the process in FILE, written as YAML; it is taken whole or refused whole.

    A process whose key is known gets a new version where the file says something else.
    """
    from experiments.importing.process_file import read_process, store_process
    from web.cli import print_json
    from web.site import utc_now

    with open_store() as session:
        draft = read_process(file.read_bytes())
        version, stored = store_process(session, draft, now=utc_now())
        shown = {
            "key": draft.key,
            "name": draft.name,
            "version": version.number,
            "stages": [stage.key for stage in version.stages],
            "result": str(stored),
        }
    if as_json:
        print_json(shown)
    else:
        stages = len(draft.stages)
        click.echo(
            f"{draft.name} ({draft.key}): version {version.number}, {stages} stages, {stored}."
        )


@import_.command()
@click.argument("file", type=FILE)
@map_option
@encoding_option
@dry_run_option
@json_option
def team(file: Path, maps: tuple[str, ...], encoding: str, dry_run: bool, as_json: bool) -> None:
    """Import the people in FILE, a CSV file with a name and, where known, a team a row."""
    from experiments.crm.header import read_told
    from experiments.importing.result import people_as_json
    from experiments.importing.team import read_people, store_people
    from web.cli import print_json
    from web.commands.import_text import people_lines
    from web.site import utc_now

    with open_store() as session:
        people = read_people(_table(file, encoding), read_told(maps)[0])
        with session.begin_nested() as undo:
            result = store_people(session, people, now=utc_now())
            if dry_run:
                undo.rollback()
    if as_json:
        print_json({"dry_run": dry_run, **people_as_json(result)})
    else:
        click.echo("\n".join(people_lines(result, dry_run=dry_run)))


def _begin(session: Session) -> None:
    """Let there be a company, so that a first file can be tried at once."""
    from experiments.company import found_by_default
    from web.site import utc_now

    if new := found_by_default(session, now=utc_now()):
        click.echo(_NEW_COMPANY.format(company=new), err=True)


def _tell(result: Imported, *, as_json: bool) -> None:
    from experiments.importing.result import as_json as result_as_json
    from web.cli import print_json
    from web.commands.import_text import result_lines

    if as_json:
        print_json(result_as_json(result))
    else:
        click.echo("\n".join(result_lines(result)))


def _table(path: Path, encoding: str = "") -> TableFile:
    from experiments.tables.table_file import open_path

    return open_path(path, encoding=encoding)


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None


def _write_refused(path: Path, request: Request, refused: Sequence[RefusedRow]) -> None:
    """Write the refused rows; those of a history file go into a file beside."""
    from experiments.tables.refused import write_refused

    for table, target in (
        (request.deals, path),
        (request.history, path.with_stem(path.stem + "-history")),
    ):
        if table and any(row.file == table.name for row in refused):
            # The mark lets spreadsheets see that it is UTF-8.
            with target.open("w", encoding="utf-8-sig", newline="") as stream:
                write_refused(stream, table, refused)
