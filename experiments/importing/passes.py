"""Reading a file's rows in batches, and ingesting what they say."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from experiments.importing.batches import revived
from experiments.importing.deal import Deal, DealReader
from experiments.importing.history import Move, MoveReader, beginnings_of
from experiments.importing.records import RecordWriter, known_leads
from experiments.importing.result import Lack
from experiments.ingest import Row, ingest
from experiments.problem import Problem, Refused, problem
from experiments.tables.refused import RefusedRow
from experiments.tables.table_file import Line, TableFile

# Small enough for little memory, large enough that a batch's queries cost little a row.
BATCH = 2000


@dataclass(slots=True)
class Tally:
    """What has become of the rows so far; all but `refused` count events."""

    now: datetime
    progress: Callable[[int, int], None] | None
    total: int
    done: int = 0
    accepted: int = 0
    repeated: int = 0
    kept: dict[str, Lack] = field(default_factory=dict)
    refused: dict[tuple[str, int], RefusedRow] = field(default_factory=dict)

    def refuse(self, file: str, line: int, found: Problem) -> None:
        """Add a row to those that were not taken; its first fault is told."""
        self.refused.setdefault((file, line), RefusedRow(file, line, found))

    @contextmanager
    def refusing(self, file: str, line: int) -> Iterator[None]:
        """Refuse the row in whose reading `Refused` is raised, and go on."""
        try:
            yield
        except Refused as refusal:
            self.refuse(file, line, refusal.problems[0])

    def ingest(self, session: Session, file: str, rows: list[Row]) -> None:
        """Ingest the records of a batch; the place of each is its line."""
        result = ingest(session, revived(session, rows), now=self.now)
        self.accepted += result.accepted
        self.repeated += result.duplicates
        for rejection in result.rejected:
            if rejection.kept:
                text = rejection.problem.text
                before = self.kept[text].events if text in self.kept else 0
                self.kept[text] = Lack(rejection.problem, before + 1)
            else:
                self.refuse(file, rejection.index, rejection.problem)

    def advance(self, rows: int) -> None:
        """Tell how far the reading has come."""
        self.done += rows
        if self.progress:
            self.progress(self.done, self.total)


@dataclass(slots=True)
class DealPass:
    """The rows of the deals file, as often as they have to be read.

    Args:
        repeats: Whether a deal may have several rows, each an entry into a stage.
    """

    session: Session
    table: TableFile
    reader: DealReader
    writer: RecordWriter
    tally: Tally
    repeats: bool

    def run(self, *, beginnings: bool = True, courses: bool = True) -> None:
        """Ingest how the deals began, what became of them, or both."""
        seen: dict[str, tuple[int, int]] = {}
        for batch in _batches(self.table):
            deals = list(self._read(batch, seen))
            known = known_leads(self.session, self.writer.source, {deal.id for deal, _ in deals})
            rows: list[Row] = []
            for deal, first in deals:
                with self.tally.refusing(self.table.name, deal.line):
                    before = known.get(deal.id)
                    told = self.writer.beginning(deal, before) if beginnings and first else []
                    told = told + (self.writer.course(deal, before) if courses else [])
                    rows += [(deal.line, record) for record in told]
            self.tally.ingest(self.session, self.table.name, rows)
            self.tally.advance(len(batch))

    def _read(
        self, batch: list[Line], seen: dict[str, tuple[int, int]]
    ) -> Iterator[tuple[Deal, bool]]:
        """The deals of a batch, each with whether it is the first row of its deal."""
        for line in batch:
            with self.tally.refusing(self.table.name, line.number):
                deal = self._deal(line)
                first = self._is_first(deal, line, seen)
                if first or self.repeats:
                    yield deal, first

    def _deal(self, line: Line) -> Deal:
        if line.problem:
            raise Refused(line.problem)
        return self.reader.read(line.number, line.cells)

    def _is_first(self, deal: Deal, line: Line, seen: dict[str, tuple[int, int]]) -> bool:
        said = hash(tuple(line.cells))
        number, before = seen.setdefault(deal.id, (line.number, said))
        if number != line.number and said != before and not self.repeats:
            text = "The deal {deal} is on line {line} too, with other content."
            raise Refused(problem("lead_id", text, deal=deal.id, line=number))
        return number == line.number


@dataclass(slots=True)
class HistoryPass:
    """The rows of the history file."""

    session: Session
    table: TableFile
    reader: MoveReader
    source: str
    tally: Tally

    def run(self) -> None:
        """Ingest every move."""
        for batch in _batches(self.table):
            moves = list(self._read(batch))
            began = beginnings_of(self.session, {move.lead_id for move in moves})
            rows: list[Row] = []
            for move in moves:
                with self.tally.refusing(self.table.name, move.line):
                    at = began.get(move.lead_id)
                    rows.append((move.line, self.reader.record(self.source, move, at)))
            self.tally.ingest(self.session, self.table.name, rows)
            self.tally.advance(len(batch))

    def _read(self, batch: list[Line]) -> Iterator[Move]:
        for line in batch:
            with self.tally.refusing(self.table.name, line.number):
                if line.problem:
                    raise Refused(line.problem)
                yield self.reader.read(line.number, line.cells)


def _batches(table: TableFile) -> Iterator[list[Line]]:
    batch: list[Line] = []
    for line in table.lines():
        batch.append(line)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
