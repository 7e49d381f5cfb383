"""The cells of a row, read as the whole file is read; and the refusals of single cells."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from experiments.crm.header import ColumnMap, said
from experiments.crm.preset import Field
from experiments.findings import from_pydantic
from experiments.importing.scan import Scan
from experiments.money import known_currency
from experiments.placing import CLOCK_TOLERANCE
from experiments.problem import Refused, problem
from experiments.records import Value
from experiments.tables import amounts, dates
from experiments.tables.dates import DAY, Moment

LONGEST: dict[str, int] = {
    Field.LEAD_ID: 120,
    Field.OWNER: 120,
    Field.ACCOUNT: 120,
    Field.STAGE: 200,
}


@dataclass(frozen=True, slots=True)
class Reading:
    """How the cells of one file are read.

    Args:
        columns: Where each field is.
        scan: The order of dates and the decimal sign of each column.
        zone: Of times that name none; the company's.
        now: Nothing can have happened after it.
        currency: Of amounts that stand without one.
    """

    columns: ColumnMap
    scan: Scan
    zone: ZoneInfo
    now: datetime
    currency: str = ""

    def text(self, cells: list[str], field: str) -> str:
        """What a row says of a field; empty for nothing."""
        return self.columns.cell(cells, field)

    def short(self, cells: list[str], field: str) -> str:
        """`text` of a field that the store keeps whole. Raises Refused for one too long."""
        text, most = self.text(cells, field), LONGEST[field]
        if len(text) > most:
            title = self.columns.header[self.columns.columns[field]]
            shown = "{title} holds at most {most} characters."
            raise Refused(problem(field, shown, title=title, most=most))
        return text

    def moment(self, cells: list[str], field: str) -> Moment | None:
        """The date in a field. Raises Refused for no date, or one in the future."""
        at = self.columns.columns.get(field)
        return None if at is None else self.moment_at(cells, at)

    def moment_at(self, cells: list[str], at: int) -> Moment | None:
        """The date in a column, as `moment`."""
        text = said(cells[at])
        if not text:
            return None
        title, order = self.columns.header[at], self.scan.dates[at].order
        moment = dates.read(text, order, self.zone)
        if moment is None:
            shown = "{text} in {title} is no date written as {order}."
            values = {"text": text[:60], "title": title, "order": str(order)}
            raise Refused(problem(title, shown, **values))
        if moment.at > self.now + CLOCK_TOLERANCE:
            shown = "{text} in {title} is in the future."
            raise Refused(problem(title, shown, text=text[:60], title=title))
        return moment

    def value(self, cells: list[str]) -> Value | None:
        """The amount with its currency. Raises Refused for what is neither."""
        text = self.text(cells, Field.VALUE)
        if not text:
            return None
        found = amounts.read(text, self.scan.decimal)
        if found is None:
            raise Refused(problem("value", "{text} is no amount.", text=text[:60]))
        if found.number < 0:
            raise Refused(problem("value", "{text} is below zero.", text=text[:60]))
        code = self.text(cells, Field.CURRENCY) or found.code or self.currency
        if not known_currency(code.upper()):
            raise Refused(problem("currency", "No currency has the code {code}.", code=code[:20]))
        try:
            return Value(amount=found.number, currency=code)
        except ValidationError as error:
            raise from_pydantic(error) from None

    def mark(self, moment: Moment) -> str:
        """A moment as part of an id: the day, or the time where the file tells it."""
        local = moment.at.astimezone(self.zone)
        return local.date().isoformat() if moment.precision == DAY else moment.at.isoformat()

    def row(self, cells: list[str]) -> dict[str, str]:
        """The row as it stood; empty cells say nothing."""
        pairs = zip(self.columns.header, cells, strict=True)
        return {title: cell for title, cell in pairs if cell}
