"""A deals file, alone or with its history and its people, into events.

The files are read twice: once to find out how they are written and what their words mean,
then in batches that are ingested. A dry run is the same import, undone at its end, so that
it cannot promise anything but what would happen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from experiments import audit
from experiments.company import the_company
from experiments.crm import DEALS, HISTORIES
from experiments.crm.header import ColumnMap, map_columns
from experiments.crm.preset import Field
from experiments.events import source_named
from experiments.importing import batches
from experiments.importing.cells import Reading
from experiments.importing.deal import DealReader
from experiments.importing.history import MoveReader
from experiments.importing.passes import DealPass, HistoryPass, Tally
from experiments.importing.records import RecordWriter
from experiments.importing.result import FileReading, Imported
from experiments.importing.scan import Scan, scan
from experiments.importing.stage_book import StageBook, choose_process
from experiments.importing.team import Person, TeamImport, read_people, store_people
from experiments.leads import Lead
from experiments.money import known_currency
from experiments.problem import Refused, problem
from experiments.rep_finder import RepFinder
from experiments.sources import import_subject
from experiments.store.bulk import count_anew
from experiments.tables.refused import RefusedRow
from experiments.tables.table_file import TableFile
from experiments.users import User

# Rows done so far, and all rows that will be read.
Progress = Callable[[int, int], None]
LONGEST_SOURCE = 120


@dataclass(frozen=True, slots=True)
class Request:
    """What a person asks to import.

    Args:
        columns: Field → header of the deals file, and of the history file, where a person
            knows better than the presets.
        process: The key of the process that all deals follow; found by itself when empty.
        source: The source's name; the preset's when empty.
        complete_through: The last day of which the file tells; its latest date when None.
        currency: Of amounts that stand without one; the preset's or the company's when empty.
    """

    deals: TableFile
    history: TableFile | None = None
    people: TableFile | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    history_columns: Mapping[str, str] = field(default_factory=dict)
    process: str = ""
    source: str = ""
    complete_through: date | None = None
    currency: str = ""


@dataclass(frozen=True, slots=True)
class _Files:
    """The files of a request, mapped and read through once."""

    deals: ColumnMap
    scan: Scan
    history: ColumnMap | None
    history_scan: Scan | None

    @property
    def rows(self) -> int:
        """How many rows will be read; with a history, the deals' are read twice."""
        if self.history_scan is None:
            return self.scan.rows
        return 2 * self.scan.rows + self.history_scan.rows

    def history_reading(self, request: Request) -> FileReading | None:
        """How the history file was read."""
        if request.history is None or self.history is None or self.history_scan is None:
            return None
        return _reading(request.history, self.history, self.history_scan)


def import_deals(
    session: Session,
    request: Request,
    *,
    now: datetime,
    by: User | None = None,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> Imported:
    """Import deals; good rows are taken, the others are listed with line and reason.

    Args:
        by: Who asks; None for the command line.
        dry_run: Whether to undo everything at the end.
    Raises:
        Refused: for a file that cannot be read, lacks needed columns, or has stages that no
            process knows. Then nothing is stored.
    """
    with session.begin_nested() as undo:
        imported = _Import(session, request, now, progress).run(dry_run=dry_run)
        if dry_run:
            undo.rollback()
        else:
            _write_down(session, imported, by, now)
            count_anew(session, ("leads", "events", "enrolments"), added=imported.accepted)
    return imported


class _Import:
    def __init__(
        self, session: Session, request: Request, now: datetime, progress: Progress | None
    ) -> None:
        self.session, self.request, self.now = session, request, now
        company = the_company(session)
        self.zone = company.zone
        self.files = _look(request, self.zone, now)
        preset = self.files.deals.preset
        self.source = request.source.strip()[:LONGEST_SOURCE] or preset.key
        self.currency = (request.currency or preset.currency or company.currency).upper()
        if not known_currency(self.currency):
            text = "No currency has the code {code}."
            raise Refused(problem("currency", text, code=self.currency))
        self.tally = Tally(now, progress, self.files.rows)

    def run(self, *, dry_run: bool) -> Imported:
        """Take it all in; who calls undoes a dry run."""
        files, request = self.files, self.request
        people = self._people()
        reps = RepFinder(self.session)
        book, made = choose_process(
            self.session, files.deals.preset, files.scan, reps, key=request.process, now=self.now
        )
        through, day = self._complete_through(book)
        before = self._count_leads()
        self._take(book, reps, through)
        return Imported(
            source=self.source,
            deals=_reading(request.deals, files.deals, files.scan),
            history=files.history_reading(request),
            currency=self.currency,
            zone=str(self.zone),
            process=book.title,
            made_process=made,
            complete_through=day,
            through_was_said=request.complete_through is not None,
            present_only=self._present_only(),
            dry_run=dry_run,
            reps_added=tuple(reps.added),
            people=people,
            leads=self._count_leads() - before,
            accepted=self.tally.accepted,
            repeated=self.tally.repeated,
            kept=tuple(sorted(self.tally.kept.values(), key=lambda lack: -lack.events)),
            refused=tuple(sorted(self.tally.refused.values(), key=_place)),
        )

    def _people(self) -> TeamImport | None:
        """Store the people of a people file whom the deals name, and nobody else."""
        if self.request.people is None:
            return None
        named = {word.casefold() for word in self.files.scan.owners}

        def owns(person: Person) -> bool:
            return bool({person.name.casefold(), person.external_id.casefold()} & named)

        found = read_people(self.request.people)
        return store_people(self.session, found, now=self.now, only=owns)

    def _complete_through(self, book: StageBook) -> tuple[datetime, date | None]:
        """Through when the files tell what happened, and its day; kept with the source."""
        files, said = self.files, self.request.complete_through
        told = [files.scan.latest(book.is_closed)]
        told += [files.history_scan.latest(book.is_closed)] if files.history_scan else []
        latest = max((at for at in told if at), default=None)
        day = said or (latest.astimezone(self.zone).date() if latest else None)
        if day is None:
            return self.now, None
        end = datetime.combine(day + timedelta(days=1), time(), self.zone)
        through = min(end, self.now)
        source = source_named(self.session, self.source)
        # An older file, brought later, does not take away what a newer one told.
        known = source.complete_through_at
        source.complete_through_at = through if said or known is None else max(known, through)
        return through, day

    def _take(self, book: StageBook, reps: RepFinder, through: datetime) -> None:
        files, request = self.files, self.request
        seen_at = through - timedelta(microseconds=1)
        reading = Reading(files.deals, files.scan, self.zone, self.now, self.currency)
        deals = DealPass(
            session=self.session,
            table=request.deals,
            reader=DealReader(reading, book, reps, seen_at),
            writer=RecordWriter(
                source=self.source,
                book=book,
                seen_at=seen_at,
                seen_day=seen_at.astimezone(self.zone).date().isoformat(),
                follows_history=request.history is not None,
            ),
            tally=self.tally,
            repeats=Field.ENTERED in files.deals.columns,
        )
        if request.history is None or files.history is None or files.history_scan is None:
            deals.run()
            return
        moves = Reading(files.history, files.history_scan, self.zone, self.now)
        reader = MoveReader(moves, reps)
        deals.run(courses=False)
        HistoryPass(self.session, request.history, reader, self.source, self.tally).run()
        deals.run(beginnings=False)

    def _present_only(self) -> bool:
        columns = self.files.deals
        told = Field.ENTERED in columns.columns or len(columns.stage_columns) > 1
        return self.request.history is None and not told

    def _count_leads(self) -> int:
        return self.session.scalar(select(func.count()).select_from(Lead)) or 0


def _place(row: RefusedRow) -> tuple[str, int]:
    return row.file, row.line


def _look(request: Request, zone: ZoneInfo, now: datetime) -> _Files:
    """Map the files' columns and read them through once."""
    deals = map_columns(request.deals, DEALS, request.columns)
    scanned = scan(request.deals, deals, zone=zone, now=now)
    if request.history is None:
        return _Files(deals, scanned, None, None)
    if request.history.name == request.deals.name:
        text = "The history file has the name of the deals file: give it another."
        raise Refused(problem("history", text))
    history = map_columns(request.history, HISTORIES, request.history_columns)
    return _Files(deals, scanned, history, scan(request.history, history, zone=zone, now=now))


def _reading(table: TableFile, columns: ColumnMap, scanned: Scan) -> FileReading:
    return FileReading(
        name=table.name,
        preset=columns.preset.key,
        title=columns.preset.title,
        encoding=table.encoding,
        delimiter=table.delimiter,
        columns=tuple(columns.titles()),
        stage_columns=tuple(columns.stage_titles()),
        unused=columns.unused,
        dates=tuple(
            (columns.header[at], str(chosen.order), chosen.doubtful)
            for at, chosen in sorted(scanned.dates.items())
        ),
        naive=scanned.naive,
        rows=scanned.rows,
    )


def _write_down(session: Session, imported: Imported, by: User | None, now: datetime) -> None:
    detail = f"{imported.deals.name}: {imported.leads} leads, {imported.accepted} events"
    subject = import_subject(imported.source)
    audit.record(session, "imported", subject, by=by, now=now, detail=detail)
    if imported.accepted or imported.kept:
        batches.note(
            session,
            imported.source,
            file=imported.deals.name,
            leads=imported.leads,
            events=imported.accepted,
            by=by,
            now=now,
        )
