"""Columns of names and of numbers, whatever type a table gives them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import ibis
from ibis.expr.types import Column, Table

from experiments.lead_table.source import LeadTable
from experiments.problem import Refused, problem

# No amount or count is larger, and its square still is a float.
LARGEST = 1e150
# What is cut off names, as Ibis does it.
BLANKS = " \t\n\r\v\f"


def name_of(column: Column) -> Column:
    """A name as written, without the blanks about it; null where there is none."""
    return column.cast("string").strip().nullif("")


def number_of(column: Column) -> Column:
    """A number as written, true and false as 1 and 0; null for anything else."""
    kind = column.type()
    if kind.is_boolean():
        return column.cases((True, 1), (False, 0))
    if kind.is_integer():
        return column
    if kind.is_numeric():
        return _finite(column.cast("float64"))
    text = column.cast("string").strip()
    words = text.lower().cases(("true", 1.0), ("false", 0.0))
    return _finite(text.try_cast("float64").fill_null(words))


def is_whole(number: Column) -> bool:
    """Whether a number can be nothing but a whole one, by its type."""
    return bool(number.type().is_integer())


def capped(number: Column, cap: float | None) -> Column:
    """No number above the cap."""
    if cap is None:
        return number
    return (number > cap).ifelse(cap, number.cast("float64"))


def refused_at(
    leads: LeadTable, texts: Mapping[str, str | None], column: str, message: str, **values: object
) -> Refused:
    """A fault of a column, at the first row with these texts."""
    place = leads.place_of(texts)
    return Refused(problem(f"{column}, {place}" if place else column, message, **values))


def refuse_other(
    leads: LeadTable,
    column: str,
    message: str,
    fits: Callable[[Column], Column] = lambda number: number.notnull(),
) -> None:
    """Refuse a table for a cell that is no number, or does not fit; if there is one.

    Args:
        message: With `said` in it.
        fits: Which numbers do; those that are none never do.
    Raises:
        Refused: naming the column and the row.
    """
    number = number_of(leads.table[column])
    wrong = leads.table.filter(number.isnull() | ~fits(number))
    said = wrong.aggregate(rows=wrong.count(), said=wrong[column].cast("string").min())
    found: dict[str, Any] = leads.fetch(said)[0]
    if not found["rows"]:
        return
    text: str = found["said"] or ""
    if not text.strip():
        raise refused_at(leads, {column: None}, column, "The cell is empty.")
    raise refused_at(leads, {column: text}, column, message, said=text)


def check_columns(leads: LeadTable, names: list[str], numbers: list[str]) -> None:
    """Refuse a table that lacks a column, or whose columns of numbers cannot hold any."""
    there = leads.table.columns
    text = "There is no column {column}; there are {there}."
    for column in [*names, *numbers]:
        if column not in there:
            listed = ", ".join(there)
            raise Refused(problem(column, text, column=column, there=listed))
    for column in numbers:
        kind = leads.table[column].type()
        if not (kind.is_numeric() or kind.is_boolean() or leads.reads_text):
            raise Refused(problem(column, "The column does not hold numbers."))


def columns_of(table: Table, names: Mapping[str, str]) -> dict[str, Column]:
    """The columns of names, under what they say."""
    return {what: name_of(table[column]) for what, column in names.items()}


def _finite(number: Column) -> Column:
    return number.between(-LARGEST, LARGEST).ifelse(number, ibis.null("float64"))
