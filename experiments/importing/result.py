"""What became of an import, or would become: for the terminal, the page and programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from experiments.importing.team import TeamImport
from experiments.problem import Problem
from experiments.tables.refused import RefusedRow


@dataclass(frozen=True, slots=True)
class FileReading:
    """How a file was read.

    Args:
        preset: The key of the preset, and `title` its name.
        columns: Field and title of its column.
        stage_columns: Stage and title of the column that dates its entry.
        dates: Title of a column, how its dates are written, and whether that is a guess.
        naive: Whether times stood without a zone, and the company's was taken.
    """

    name: str
    preset: str
    title: str
    encoding: str
    delimiter: str
    columns: tuple[tuple[str, str], ...]
    stage_columns: tuple[tuple[str, str], ...]
    unused: tuple[str, ...]
    dates: tuple[tuple[str, str, bool], ...]
    naive: bool
    rows: int


@dataclass(frozen=True, slots=True)
class Lack:
    """What some events lack to have a place, and how many lack it."""

    problem: Problem
    events: int


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of an import.

    Args:
        zone: The company's, taken for times without one.
        leads: Leads that are new; `accepted` and `repeated` count events.
        kept: What events that wait for a person lack.
        made_process: The key of a process that was made for the file.
        present_only: Whether nothing is told but where each deal stands and how it ended.
    """

    source: str
    deals: FileReading
    history: FileReading | None
    currency: str
    zone: str
    process: str
    made_process: str
    complete_through: date | None
    through_was_said: bool
    present_only: bool
    dry_run: bool
    reps_added: tuple[str, ...]
    people: TeamImport | None = None
    leads: int = 0
    accepted: int = 0
    repeated: int = 0
    kept: tuple[Lack, ...] = ()
    refused: tuple[RefusedRow, ...] = ()

    @property
    def taken(self) -> int:
        """Rows of the deals file that were taken."""
        return self.deals.rows - sum(row.file == self.deals.name for row in self.refused)

    @property
    def kept_events(self) -> int:
        """How many events wait for a person."""
        return sum(lack.events for lack in self.kept)


def as_json(imported: Imported) -> dict[str, Any]:
    """An import's result for programs."""
    through = imported.complete_through
    return {
        "dry_run": imported.dry_run,
        "source": imported.source,
        "deals": _file(imported.deals),
        "history": _file(imported.history) if imported.history else None,
        "currency": imported.currency,
        "process": imported.process,
        "made_process": imported.made_process or None,
        "complete_through": through.isoformat() if through else None,
        "present_stage_only": imported.present_only,
        "leads": imported.leads,
        "events": {"accepted": imported.accepted, "repeated": imported.repeated},
        "reps_added": list(imported.reps_added),
        "people": people_as_json(imported.people) if imported.people else None,
        "kept": {lack.problem.text: lack.events for lack in imported.kept},
        "refused": refused_as_json(imported.refused),
    }


def people_as_json(people: TeamImport) -> dict[str, Any]:
    """What became of a file of people, for programs."""
    return {
        "added": people.added,
        "moved": people.moved,
        "unchanged": people.unchanged,
        "teams_added": people.teams_added,
        "left_out": people.left_out,
        "without_account": people.without_account,
        "refused": refused_as_json(people.refused),
    }


def refused_as_json(rows: Sequence[RefusedRow]) -> list[Mapping[str, Any]]:
    """Refused rows for programs."""
    return [
        {
            "file": row.file,
            "line": row.line,
            "field": row.problem.where,
            "reason": row.problem.text,
        }
        for row in rows
    ]


def _file(reading: FileReading) -> dict[str, Any]:
    return {
        "file": reading.name,
        "preset": reading.preset,
        "encoding": reading.encoding,
        "delimiter": reading.delimiter,
        "rows": reading.rows,
        "columns": dict(reading.columns),
        "stage_columns": dict(reading.stage_columns),
        "unused": list(reading.unused),
        "dates": [
            {"column": title, "order": order, "ambiguous": doubtful}
            for title, order, doubtful in reading.dates
        ],
        "company_zone_assumed": reading.naive,
    }
