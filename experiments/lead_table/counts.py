"""A table of leads into sums, by one Ibis expression that runs where the table is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ibis
from ibis import _
from ibis.expr.types import Column, Table

from experiments.lead_table.source import LeadTable
from experiments.problem import Refused, problem

# No amount or count is larger, and its square still is a float.
LARGEST = 1e150


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column says what."""

    variant: str
    outcome: str
    rep: str | None = None
    stratum: str | None = None
    covariate: str | None = None  # a value from before the test
    followed: str | None = None  # whether the lead received the treatment's defining actions
    segment: str | None = None  # over which the effect may differ
    cap: float | None = None  # no outcome counts for more

    @property
    def numbers(self) -> dict[str, str]:
        """The columns of numbers beside the outcome, by what they say."""
        named = {"covariate": self.covariate, "followed": self.followed}
        return {what: column for what, column in named.items() if column is not None}

    @property
    def parts(self) -> dict[str, str]:
        """The columns that part the leads into groups, by what they say."""
        named = {
            "variant": self.variant,
            "rep": self.rep,
            "stratum": self.stratum,
            "segment": self.segment,
        }
        return {part: column for part, column in named.items() if column is not None}


@dataclass(frozen=True, slots=True)
class Group:
    """The leads of one variant, rep, stratum and segment; "" stands for what has no column."""

    variant: str
    rep: str
    stratum: str
    n: int  # leads, at least 1
    mean: float  # of the outcome y
    variance: float  # Σ(y − mean)²/n
    is_binary: bool  # every y is 0 or 1
    covariate: float | None = None  # its leads' mean; `None` without a column
    covariate_variance: float = 0.0  # Σ(x − mean)²/n
    covariance: float = 0.0  # Σ(x − mean)(y − mean)/n
    followed: float | None = None  # the share of its leads
    segment: str = ""
    largest: float = 0.0  # the largest y


def count(leads: LeadTable, columns: Columns) -> list[Group]:
    """Sum up a table of leads, in order of variant, rep and stratum.

    Raises:
        Refused: for a column that is not there, an empty cell where a name should be, an outcome
            or another number that is not one, or a table without rows; naming the column and
            the row.
    """
    check_columns(leads, columns.parts.values(), [columns.outcome, *columns.numbers.values()])
    rows = leads.fetch(counting(leads.table, columns))
    if not rows:
        raise Refused(problem("rows", "There are none: nothing to compare."))
    for part, column in columns.parts.items():
        if any(row[part] is None for row in rows):
            raise refused_at(leads, {column: None}, column, "The cell is empty.")
    for row in rows:
        if row["wrong"]:
            _refuse_number(leads, columns.outcome, row["said"])
        for what, column in columns.numbers.items():
            if row[f"{what}_wrong"]:
                _refuse_number(leads, column, row[f"{what}_said"])
        if said := row.get("followed_other"):
            column, text = columns.numbers["followed"], "{said} is neither 0 nor 1."
            raise refused_at(leads, {column: said}, column, text, said=said)
    groups = (_group(row) for row in rows)
    return sorted(groups, key=lambda each: (each.variant, each.rep, each.stratum, each.segment))


def counting(table: Table, columns: Columns) -> Table:
    """The expression: a row per variant, rep and stratum, as far as there are columns for them."""
    said = table[columns.outcome]
    y = number_of(said)
    if columns.cap is not None:
        y = (y > columns.cap).ifelse(columns.cap, y)
    rows = table.select(
        **{part: name_of(table[column]) for part, column in columns.parts.items()},
        said=said.cast("string"),
        y=_finite(y),
        **{f"{what}_told": table[name].cast("string") for what, name in columns.numbers.items()},
        **{what: _finite(number_of(table[name])) for what, name in columns.numbers.items()},
    )
    return rows.group_by(list(columns.parts)).aggregate(
        n=_.count(),
        wrong=_.y.isnull().sum(),
        said=_.said.min(where=_.y.isnull()),
        mean=_.y.mean(),
        largest=_.y.max(),
        variance=_.y.var(how="pop"),
        binary=_.y.isin([0.0, 1.0]).sum(),
        **_sums_of(rows, columns.numbers),
    )


def _sums_of(rows: Table, numbers: Mapping[str, str]) -> dict[str, Any]:
    """Means of the other numbers, and what stands where they should."""
    sums: dict[str, Any] = {}
    for what in numbers:
        value, said = rows[what], rows[f"{what}_told"]
        sums[what] = value.mean()
        sums[f"{what}_wrong"] = value.isnull().sum()
        sums[f"{what}_said"] = said.min(where=value.isnull())
        if what == "covariate":
            sums["covariate_variance"] = value.var(how="pop")
            # SQLite knows variances, and no covariance.
            sums["with_covariate"] = (rows["y"] + value).var(how="pop")
        if what == "followed":
            sums["followed_other"] = said.min(where=~value.isin([0.0, 1.0]))
    return sums


def _finite(number: Column) -> Column:
    return number.between(-LARGEST, LARGEST).ifelse(number, ibis.null("float64"))


def refused_at(
    leads: LeadTable, texts: Mapping[str, str | None], column: str, message: str, **values: object
) -> Refused:
    """A fault of a column, at the first row with these texts."""
    place = leads.place_of(texts)
    return Refused(problem(f"{column}, {place}" if place else column, message, **values))


def check_columns(leads: LeadTable, names: Iterable[str], numbers: Sequence[str]) -> None:
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


def _refuse_number(leads: LeadTable, column: str, said: str | None) -> None:
    if not (said or "").strip():
        raise refused_at(leads, {column: None}, column, "The cell is empty.")
    text = "{said} is not a number."
    raise refused_at(leads, {column: said}, column, text, said=said)


def name_of(column: Column) -> Column:
    """A name as written, without the blanks about it; null where there is none."""
    return column.cast("string").strip().nullif("")


def number_of(column: Column) -> Column:
    """A number as written, true and false as 1 and 0; null for anything else."""
    if column.type().is_boolean():
        return column.cases((True, 1.0), (False, 0.0))
    if column.type().is_numeric():
        return column.cast("float64")
    text = column.cast("string").strip().lower()
    return text.cases(("true", "1"), ("false", "0"), else_=text).try_cast("float64")


def _joint(row: Mapping[str, Any]) -> dict[str, float]:
    if "with_covariate" not in row:
        return {}
    of_x, of_both = row["covariate_variance"], row["with_covariate"]
    return {"covariate_variance": of_x, "covariance": (of_both - of_x - row["variance"]) / 2}


def _group(row: Mapping[str, Any]) -> Group:
    return Group(
        variant=row["variant"],
        rep=row.get("rep", ""),
        stratum=row.get("stratum", ""),
        n=row["n"],
        mean=row["mean"],
        variance=row["variance"],
        is_binary=row["binary"] == row["n"],
        covariate=row.get("covariate"),
        **_joint(row),
        followed=row.get("followed"),
        segment=row.get("segment", ""),
        largest=row["largest"],
    )
