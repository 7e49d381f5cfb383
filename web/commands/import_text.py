"""What an import says on the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from experiments.importing.result import FileReading, Imported
    from experiments.importing.team import TeamImport
    from experiments.tables.refused import RefusedRow

SHOWN_ROWS = 20
SHOWN_NAMES = 8
DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}


def result_lines(result: Imported) -> list[str]:
    """What became of an import of deals, or would become of it."""
    lines = [*_file(result.deals, result.zone), ""]
    if result.history:
        lines += [*_file(result.history, result.zone), ""]
    lines += [*_frame(result), ""]
    if result.people:
        lines += people_lines(result.people, dry_run=result.dry_run)
    if result.reps_added:
        lines.append(f"{_names(result.reps_added)} added as reps without team or account.")
    lines += [*_outcome(result), *_kept(result), *_refused(result.refused)]
    if result.dry_run:
        lines.append("This was a dry run: nothing was stored.")
    return lines


def people_lines(people: TeamImport, *, dry_run: bool) -> list[str]:
    """What became of a file of people."""
    would = "would be added" if dry_run else "added"
    lines = [f"{len(people.added)} reps {would}, {people.unchanged} known before."]
    if people.teams_added:
        lines.append(f"Teams {would}: {', '.join(people.teams_added)}.")
    if people.moved:
        lines.append(f"Moved to another team: {_names(people.moved)}.")
    if people.joined:
        lines.append(f"Joined the running test of their team: {_names(people.joined)}.")
    if people.left_out:
        lines.append(f"Without a deal here, so not added: {_names(people.left_out)}.")
    if people.without_account:
        lines.append(
            f"Without an account: {_names(people.without_account)} (`stagelift user add`)."
        )
    return lines + _refused(people.refused)


def _file(reading: FileReading, zone: str) -> list[str]:
    delimiter = DELIMITERS.get(reading.delimiter, reading.delimiter)
    lines = [
        f"{reading.name}: {reading.rows:,} rows, read as {reading.title}"
        f" ({reading.encoding}, {delimiter})"
    ]
    lines += [f"  {field:20}{title}" for field, title in reading.columns]
    lines += [f"  {f'entry of {stage}':20}{title}" for stage, title in reading.stage_columns]
    if reading.unused:
        lines.append(f"  {'not used':20}{', '.join(reading.unused)}")
    for title, order, doubtful in reading.dates:
        guess = "; its values leave a doubt, the day is taken first" if doubtful else ""
        lines.append(f"  {'dates':20}{title} as {order}{guess}")
    if reading.naive:
        lines.append(f"  {'time zone':20}{zone}, as the file names none")
    return lines


def _frame(result: Imported) -> list[str]:
    made = ", made for this file" if result.made_process else ""
    lines = [
        f"  {'source':20}{result.source}",
        f"  {'process':20}{result.process}{made}",
        f"  {'currency':20}{result.currency} where the file names none",
    ]
    if result.complete_through:
        why = "as you say" if result.through_was_said else "the latest date in the file"
        lines.append(f"  {'complete through':20}{result.complete_through}, {why}")
    return lines


def _outcome(result: Imported) -> list[str]:
    lines = [
        f"{result.taken:,} rows taken: {result.leads:,} new leads, {result.accepted:,} new events,"
        f" {result.repeated:,} told before."
    ]
    if result.present_only:
        lines.append(
            "A deals file alone tells where each deal stands and how it ended, and only that:"
            " bring the stages in between with --history."
        )
    return lines


def _kept(result: Imported) -> list[str]:
    if not result.kept:
        return []
    lines = [f"{result.kept_events:,} events wait for you on the page Data:"]
    return lines + [
        f"  {each.events:,} × {each.problem.text}" for each in result.kept[:SHOWN_ROWS]
    ]


def _refused(rows: Sequence[RefusedRow]) -> list[str]:
    if not rows:
        return []
    lines = [f"{len(rows):,} rows refused:"]
    lines += [f"  {row.file}, line {row.line}: {row.problem.text}" for row in rows[:SHOWN_ROWS]]
    more = len(rows) - SHOWN_ROWS
    if more > 0:
        lines.append(f"  and {more:,} more; --json lists all, --refused FILE writes them out.")
    return lines


def _names(names: Sequence[str]) -> str:
    shown = ", ".join(names[:SHOWN_NAMES])
    more = len(names) - SHOWN_NAMES
    return f"{shown} and {more} more" if more > 0 else shown
