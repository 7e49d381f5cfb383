"""Wins of a test that have no value: without an amount, or in a currency without a rate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from experiments.counting import RepCount, Window, wins_without_value
from experiments.leads import Lead

# So many are listed by their ids; whoever has more mends the export and not each lead.
MOST_LISTED = 50


@dataclass(frozen=True, slots=True)
class MissingValues:
    """How many matured wins have no value, and the ids of the first of them."""

    wins: int
    leads: tuple[str, ...]


NONE_MISSING = MissingValues(0, ())


def missing_values(session: Session, window: Window, counts: Sequence[RepCount]) -> MissingValues:
    """The wins without value of a window that was counted."""
    wins = sum(row.value.missing for row in counts if row.value)
    if not wins:
        return NONE_MISSING
    ids = wins_without_value(session, window, most=MOST_LISTED)
    wanted = select(Lead.external_id).where(Lead.id.in_(ids)).order_by(Lead.id)
    return MissingValues(wins, tuple(session.scalars(wanted)))
