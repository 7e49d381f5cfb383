"""A table of leads into sums, by one Ibis expression that runs where the table is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ibis import _
from ibis.expr.types import Column, Table

from experiments.lead_table.columns import Columns
from experiments.lead_table.numbers import (
    BLANKS,
    capped,
    check_columns,
    columns_of,
    is_whole,
    number_of,
    refuse_other,
    refused_at,
)
from experiments.lead_table.source import LeadTable
from experiments.problem import Refused, problem

_NO_NUMBER = "{said} is not a number."
_NO_YES = "{said} is neither 0 nor 1."
_NEGATIVE = "{said} is below 0."


@dataclass(frozen=True, slots=True)
class Group:
    """One outcome y of the leads of one variant, rep, stratum, segment and look.

    "" stands for what has no column.
    """

    variant: str
    rep: str
    stratum: str
    n: int  # leads, at least 1
    mean: float  # of the outcome
    variance: float  # Σ(y − mean)²/n
    is_binary: bool  # every y is 0 or 1
    covariate: float | None = None  # its leads' mean; `None` without a column
    covariate_variance: float = 0.0  # Σ(x − mean)²/n
    covariance: float = 0.0  # Σ(x − mean)(y − mean)/n
    followed: float | None = None  # the share of its leads
    segment: str = ""
    look: str = ""
    per: float | None = None  # the mean of what the outcome is divided by
    largest: float = 0.0  # the largest y

    @property
    def place(self) -> tuple[str, ...]:
        """Where it stands among the groups."""
        return self.variant, self.rep, self.stratum, self.segment, self.look


Counted = Mapping[str, Sequence[Group]]
"""By outcome, the groups in order of variant, rep, stratum, segment and look."""


def count(leads: LeadTable, columns: Columns) -> dict[str, list[Group]]:
    """Sum up a table of leads, all outcomes in one pass over it.

    Amounts that are whole numbers take another: until the first it is not known that they are
    not all 0 and 1, which need no sum of squares.

    Raises:
        Refused: for a column that is not there, an empty cell where a name should be, an outcome
            or another number that is not one, or a table without rows; naming the column and
            the row.
    """
    check_columns(leads, list(columns.parts.values()), list(columns.numbers.values()))
    table = _selected(leads.table, columns)
    rows = leads.fetch(_summed(table, columns, by_bits=leads.reads_text))
    if not rows:
        raise Refused(problem("rows", "There are none: nothing to compare."))
    if _has_blanks(rows, columns):
        # Seldom there: cutting them off each cell first would cost all tables a quarter more.
        table = _trimmed(table, columns)
        rows = leads.fetch(_summed(table, columns, by_bits=leads.reads_text))
    _check(leads, columns, rows)
    rows = _with_spreads(leads, table, columns, rows)
    return {
        outcome: sorted((_group(row, f"y{at}") for row in rows), key=lambda group: group.place)
        for at, outcome in enumerate(columns.outcomes)
    }


def _summed(rows: Table, columns: Columns, *, by_bits: bool) -> Table:
    """The expression: a row per variant, rep and stratum, as far as there are columns for them.

    Args:
        by_bits: Where whole numbers hold nothing else, all of them together are 0 or 1 just when
            each of them is: that takes a third of what their least and largest do.
    """
    sums: dict[str, Any] = {"n": _.count()}
    for what in columns.numbers:
        sums |= _sums(rows[what], what, by_bits=by_bits and what in _outcomes(columns))
    if columns.covariate is not None:
        x = rows["covariate"]
        sums["covariate_variance"] = x.var(how="pop")
        # SQLite knows variances, and no covariance.
        both = {what: (rows[what] + x).var(how="pop") for what in _outcomes(columns)}
        sums |= {f"{what}_with": spread for what, spread in both.items()}
        sums |= {f"{what}_variance": rows[what].var(how="pop") for what in both}
    return rows.group_by(list(columns.parts)).aggregate(**sums)


def _selected(table: Table, columns: Columns) -> Table:
    numbers = {what: number_of(table[column]) for what, column in columns.numbers.items()}
    for what in _outcomes(columns):
        numbers[what] = capped(numbers[what], columns.cap)
    names = {part: table[column].cast("string") for part, column in columns.parts.items()}
    return table.select(**names, **numbers)


def _trimmed(selected: Table, columns: Columns) -> Table:
    return selected.mutate(**columns_of(selected, {part: part for part in columns.parts}))


def _has_blanks(rows: Sequence[Mapping[str, Any]], columns: Columns) -> bool:
    names = [row[part] for row in rows for part in columns.parts]
    return any(name is not None and (not name or name != name.strip(BLANKS)) for name in names)


def _outcomes(columns: Columns) -> list[str]:
    return [f"y{at}" for at in range(len(columns.outcomes))]


def _sums(number: Column, what: str, *, by_bits: bool) -> dict[str, Any]:
    """What tells how many are known, how large they are, and whether all are 0 or 1."""
    sums = {f"{what}_known": number.count(), f"{what}_mean": number.mean()}
    if by_bits and is_whole(number):
        return sums | {f"{what}_bits": number.bit_or()}
    sums[f"{what}_high"] = number.max()
    if is_whole(number) or what == "per":
        sums[f"{what}_low"] = number.min()
    if is_whole(number):
        return sums
    return sums | {
        f"{what}_variance": number.var(how="pop"),
        f"{what}_binary": number.isin([0.0, 1.0]).sum(),
    }


def _check(leads: LeadTable, columns: Columns, rows: Sequence[Mapping[str, Any]]) -> None:
    for part, column in columns.parts.items():
        if any(row[part] is None for row in rows):
            raise refused_at(leads, {column: None}, column, "The cell is empty.")
    for what, column in columns.numbers.items():
        highest = [row.get(f"{what}_high") for row in rows]
        texts = [said for said in highest if isinstance(said, str)]
        if texts:
            # SQLite keeps text in a column of whole numbers, above all of them.
            raise refused_at(leads, {column: texts[0]}, column, _NO_NUMBER, said=texts[0])
        if any(row[f"{what}_known"] < row["n"] for row in rows):
            refuse_other(leads, column, _NO_NUMBER)
        if what == "followed" and not all(_is_binary(row, what) for row in rows):
            refuse_other(leads, column, _NO_YES, lambda number: number.isin([0.0, 1.0]))
        if what == "per" and any(row["per_low"] < 0 for row in rows):
            refuse_other(leads, column, _NEGATIVE, lambda number: number >= 0)


def _with_spreads(
    leads: LeadTable, selected: Table, columns: Columns, rows: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """The rows with the variance and the largest of those whole numbers not all 0 and 1."""
    wanted = [
        what
        for what in _outcomes(columns)
        if any(f"{what}_binary" not in row and not _is_binary(row, what) for row in rows)
    ]
    if not wanted:
        return rows
    spreads = {f"{what}_variance": selected[what].var(how="pop") for what in wanted}
    spreads |= {f"{what}_high": selected[what].max() for what in wanted}
    parts = list(columns.parts)
    again = leads.fetch(selected.group_by(parts).aggregate(**spreads))
    found = {tuple(row[part] for part in parts): row for row in again}
    return [row | found[tuple(row[part] for part in parts)] for row in rows]


def _is_binary(row: Mapping[str, Any], what: str) -> bool:
    if f"{what}_binary" in row:
        return bool(row[f"{what}_binary"] == row["n"])
    if f"{what}_bits" in row:
        return row[f"{what}_bits"] in (0, 1)
    return bool(row[f"{what}_low"] >= 0 and row[f"{what}_high"] <= 1)


def _joint(row: Mapping[str, Any], what: str, variance: float) -> dict[str, float]:
    if "covariate_variance" not in row:
        return {}
    of_x, of_both = row["covariate_variance"], row[f"{what}_with"]
    return {"covariate_variance": of_x, "covariance": (of_both - of_x - variance) / 2}


def _group(row: Mapping[str, Any], what: str) -> Group:
    mean, is_binary = float(row[f"{what}_mean"]), _is_binary(row, what)
    variance = mean * (1 - mean) if is_binary else float(row[f"{what}_variance"])
    return Group(
        variant=row["variant"],
        rep=row.get("rep", ""),
        stratum=row.get("stratum", ""),
        n=row["n"],
        mean=mean,
        variance=variance,
        is_binary=is_binary,
        covariate=row.get("covariate_mean"),
        **_joint(row, what, variance),
        followed=row.get("followed_mean"),
        segment=row.get("segment", ""),
        look=row.get("look", ""),
        per=row.get("per_mean"),
        largest=float(row.get(f"{what}_high", mean > 0)),
    )
