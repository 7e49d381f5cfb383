"""A row of a deals file → what it says of its deal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from experiments.crm.preset import Field
from experiments.importing.cells import Reading
from experiments.importing.course import Entry, course
from experiments.importing.stage_book import StageBook
from experiments.problem import Refused, problem
from experiments.records import Value
from experiments.rep_finder import RepFinder

LONGEST_NAME, LONGEST_REASON = 200, 5000


@dataclass(frozen=True, slots=True)
class Deal:
    """What a row says. `owner` is a rep's external id; `entries` are in order of time."""

    line: int
    id: str
    owner: str | None
    created_at: datetime | None
    entries: tuple[Entry, ...]
    value: Value | None
    process: str | None
    account: str | None
    name: str
    reason: str
    row: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class DealReader:
    """Reads the rows of one deals file.

    Args:
        seen_at: The end of the file's data.
    """

    reading: Reading
    book: StageBook
    reps: RepFinder
    seen_at: datetime

    def read(self, line: int, cells: list[str]) -> Deal:
        """What a row says. Raises Refused with the reason where it cannot be used."""
        text, short = self.reading.text, self.reading.short
        lead_id = short(cells, Field.LEAD_ID)
        if not lead_id:
            raise Refused(problem("lead_id", "The row has no id of a deal."))
        if not short(cells, Field.STAGE):
            raise Refused(problem("stage", "The row names no stage."))
        created = self.reading.moment(cells, Field.CREATED)
        return Deal(
            line=line,
            id=lead_id,
            created_at=created.at if created else None,
            entries=course(self.reading, self.book, cells, created=created, seen_at=self.seen_at),
            value=self.reading.value(cells),
            process=self.book.process_of(text(cells, Field.PROCESS)),
            account=short(cells, Field.ACCOUNT) or None,
            name=text(cells, Field.NAME)[:LONGEST_NAME],
            reason=text(cells, Field.REASON)[:LONGEST_REASON],
            row=self.reading.row(cells),
            # Last, when nothing can refuse the row any more: nobody is added in vain.
            owner=self._owner(short(cells, Field.OWNER)),
        )

    def _owner(self, word: str) -> str | None:
        if not word:
            return None
        return self.reps.find_or_add(word, now=self.reading.now).external_id
