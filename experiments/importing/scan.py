"""The first reading of a deals or history file: what its columns hold, before a row is stored.

One order of dates and one decimal sign are found for a whole column, the words for stages
and owners are gathered, and the latest date tells through when the data is complete.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from experiments.crm.header import ColumnMap, said
from experiments.crm.preset import Field
from experiments.problem import Refused, problem
from experiments.tables import dates
from experiments.tables.amounts import AmountColumn
from experiments.tables.dates import Chosen, DateColumn, Order
from experiments.tables.table_file import TableFile

DATES = (Field.CREATED, Field.ENTERED, Field.CLOSED, Field.WON, Field.LOST)
MOST_STAGES = 300
MOST_OWNERS = 5000


@dataclass(frozen=True, slots=True)
class State:
    """What a row says of where its deal stands, in the file's own words."""

    stage: str
    status: str = ""
    closed: str = ""
    won: str = ""


@dataclass(frozen=True, slots=True)
class Scan:
    """What a whole file says.

    `dates` and the latest moments are by column; `naive` tells of times without a zone.
    """

    rows: int
    states: Counter[State]
    owners: Counter[str]
    processes: Counter[str]
    dates: Mapping[int, Chosen]
    decimal: str
    naive: bool
    _latest: Mapping[tuple[int, State | None, Order], datetime]

    def latest(self, is_closed: Callable[[State], bool]) -> datetime | None:
        """The latest moment of the file that has been: the close date of an open deal is a hope.

        Args:
            is_closed: Whether deals in a state are won or lost.
        """
        told = [
            at
            for (column, state, order), at in self._latest.items()
            if order is self.dates[column].order and (state is None or is_closed(state))
        ]
        return max(told, default=None)


class _Scanner:
    def __init__(self, columns: ColumnMap, zone: ZoneInfo, now: datetime) -> None:
        self.map, self.zone, self.now = columns, zone, now
        self.states: Counter[State] = Counter()
        self.owners: Counter[str] = Counter()
        self.processes: Counter[str] = Counter()
        self.columns: dict[int, DateColumn] = defaultdict(DateColumn)
        self.amounts = AmountColumn()
        self.latest: dict[tuple[int, State | None, Order], datetime] = {}
        self.naive = False

    def see(self, cells: list[str]) -> None:
        cell = self.map.cell
        state = state_of(self.map, cells)
        self.states[state] += 1
        for counter, field in ((self.owners, Field.OWNER), (self.processes, Field.PROCESS)):
            word = cell(cells, field)
            if word:
                counter[word] += 1
        for field in DATES:
            at = self.map.columns.get(field)
            if at is not None:
                self._see_date(at, said(cells[at]), state if field is Field.CLOSED else None)
        for at in self.map.stage_columns:
            self._see_date(at, said(cells[at]), None)
        amount = cell(cells, Field.VALUE)
        if amount:
            self.amounts.see(amount)

    def _see_date(self, column: int, text: str, state: State | None) -> None:
        if not text:
            return
        for order, moment in self.columns[column].see(text, self.zone).items():
            if moment.at > self.now:
                continue
            self.naive = self.naive or not moment.zoned
            key = (column, state, order)
            self.latest[key] = max(moment.at, self.latest.get(key, moment.at))


def state_of(columns: ColumnMap, cells: list[str]) -> State:
    """Where a row says that its deal stands."""
    return State(
        columns.cell(cells, Field.STAGE),
        columns.cell(cells, Field.STATUS).casefold(),
        columns.cell(cells, Field.IS_CLOSED).casefold(),
        columns.cell(cells, Field.IS_WON).casefold(),
    )


def scan(table: TableFile, columns: ColumnMap, *, zone: ZoneInfo, now: datetime) -> Scan:
    """Read a file through once.

    Args:
        zone: The company's, for times without one.
    Raises:
        Refused: where a column holds too many different words to be what it was taken for.
    """
    seen = _Scanner(columns, zone, now)
    rows = 0
    for line in table.lines():
        rows += 1
        if line.problem is None:
            seen.see(line.cells)
            _refuse_too_many(seen, columns)
    return Scan(
        rows=rows,
        states=seen.states,
        owners=seen.owners,
        processes=seen.processes,
        dates=dates.choose(seen.columns),
        decimal=seen.amounts.decimal(table.delimiter),
        naive=seen.naive,
        _latest=seen.latest,
    )


def _refuse_too_many(seen: _Scanner, columns: ColumnMap) -> None:
    for words, field, most in (
        (seen.states, Field.STAGE, MOST_STAGES),
        (seen.owners, Field.OWNER, MOST_OWNERS),
    ):
        if len(words) > most:
            text = "The column {title} holds over {most} different words: is it the {field}?"
            title = columns.header[columns.columns[field]]
            raise Refused(problem("header", text, title=title, most=most, field=str(field)))
