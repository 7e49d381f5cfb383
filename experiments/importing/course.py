"""The course of a deal, as far as one row of a deals file tells it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from experiments.crm.preset import Field
from experiments.importing.cells import Reading
from experiments.importing.scan import State, state_of
from experiments.importing.stage_book import StageBook
from experiments.problem import Refused, problem
from experiments.process import StageKind
from experiments.tables.dates import Moment

# A stage that the process does not know comes after those that it knows.
_LAST = 1000

Steps = dict[str, Moment | None]


@dataclass(frozen=True, slots=True)
class Entry:
    """A deal's entry into a stage; `mark` is its time as part of an id.

    `dated` is false for an open deal whose file does not say since when it stands there:
    it is known to stand there at the end of the file's data, and `at` is that.
    """

    stage: str
    at: datetime
    mark: str
    dated: bool = True


def course(
    reading: Reading,
    book: StageBook,
    cells: list[str],
    *,
    created: Moment | None,
    seen_at: datetime,
) -> tuple[Entry, ...]:
    """The stages that a row tells of, in order of time.

    Args:
        seen_at: The end of the file's data.
    Raises:
        Refused: where the row cannot be placed in time.
    """
    passed = _passed(reading, cells)
    entered = reading.moment(cells, Field.ENTERED)
    if created is None and entered is None and not passed:
        text = "No date says when this deal began, so it has no place in time."
        raise Refused(problem("created_at", text))
    steps = _present(reading, book, cells, entered, passed) | passed
    entries = [_entry(reading, word, at, created, seen_at) for word, at in steps.items()]
    return tuple(
        sorted(
            entries, key=lambda each: (each.at, book.positions.get(each.stage.casefold(), _LAST))
        )
    )


def _passed(reading: Reading, cells: list[str]) -> Steps:
    """The stages whose entry has a column of its own, where the row fills it."""
    columns = reading.columns.stage_columns
    found = {word: reading.moment_at(cells, at) for at, word in columns.items()}
    return {word: moment for word, moment in found.items() if moment}


def _present(
    reading: Reading, book: StageBook, cells: list[str], entered: Moment | None, passed: Steps
) -> Steps:
    """Where the deal stands, and how it ended; None where no time is told."""
    state = state_of(reading.columns, cells)
    kind = book.kind(state)
    if kind is None and state.status:
        text = "{status} is no status that we know: open, won or lost."
        raise Refused(problem("status", text, status=state.status))
    if kind is StageKind.OPEN:
        return {state.stage: entered}
    if kind is None:
        return {state.stage: entered or _perhaps_closed(reading, cells)}
    ended = _ended(reading, cells, kind)
    end = _end(book, state, kind)
    ended = ended or passed.get(end) or entered
    if ended is None:
        text = "The deal is {kind}, and no date says since when."
        raise Refused(problem("closed_at", text, kind=str(kind)))
    if end == state.stage:
        return {end: ended}
    # The stage in which a deal was won or lost was entered by then at the latest.
    before = entered if entered and entered.at <= ended.at else ended
    return {state.stage: before, end: ended}


def _end(book: StageBook, state: State, kind: StageKind) -> str:
    """The stage in which a deal is over: its own, or the one that its status stands for."""
    own = book.kinds.get(state.stage.casefold())
    if own is kind or (own is None and not state.status):
        return state.stage
    return book.ends[kind]


def _ended(reading: Reading, cells: list[str], kind: StageKind) -> Moment | None:
    field = Field.WON if kind is StageKind.WON else Field.LOST
    return reading.moment(cells, field) or reading.moment(cells, Field.CLOSED)


def _perhaps_closed(reading: Reading, cells: list[str]) -> Moment | None:
    # In an unknown stage the close date may be the one that is hoped for.
    try:
        return reading.moment(cells, Field.CLOSED)
    except Refused:
        return None


def _entry(
    reading: Reading, stage: str, moment: Moment | None, created: Moment | None, seen_at: datetime
) -> Entry:
    if moment is None:
        at = max(seen_at, created.at) if created else seen_at
        day = seen_at.astimezone(reading.zone).date().isoformat()
        return Entry(stage, at, f"seen {day}", dated=False)
    at = moment.not_before(created.at) if created else moment.at
    if created and at < created.at:
        text = "{day} ({stage}) is before the deal began on {began}."
        values = {"day": reading.mark(moment), "stage": stage, "began": reading.mark(created)}
        raise Refused(problem("closed_at", text, **values))
    return Entry(stage, at, reading.mark(moment))
