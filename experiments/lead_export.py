"""The leads of an experiment, one a row, so that somebody else can count them again."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from io import StringIO
from typing import Any

from babel.numbers import get_currency_precision
from ibis import _
from sqlalchemy import select
from sqlalchemy.orm import Session

from experiments.counting import Window, each_lead, fetched, store_tables
from experiments.enrolment import unit_of
from experiments.experiment import Experiment, Unit, status
from experiments.freshness import complete_through
from experiments.leads import Account, Lead
from experiments.opening import openings
from experiments.people import Rep
from experiments.plan import Plan, frozen_plan
from experiments.problem import Refused, problem
from experiments.process import Milestone
from experiments.standpoint import standpoint
from experiments.store.columns import from_micros
from experiments.tables.refused import harmless

# A database takes only so many values in one question.
_AT_ONCE = 5000


@dataclass(frozen=True, slots=True)
class LeadRow:
    """An enrolled lead. What became of it is None until its horizon has passed, and as long as
    the effects are hidden; `value` is in whole units of the plan's currency, None if unknown."""

    lead: str
    rep: str
    unit: str  # what was split: the rep, the lead, or its account
    variant: str
    enrolled_at: datetime
    matured: bool
    reached: dict[str, bool | None]
    value: float | None

    def as_dict(self) -> dict[str, Any]:
        """The row as `stagelift export` prints it."""
        return {
            "lead": self.lead,
            "rep": self.rep,
            "unit": self.unit,
            "variant": self.variant,
            "enrolled_at": self.enrolled_at.astimezone(UTC).isoformat(timespec="seconds"),
            "matured": int(self.matured),
            **{name: None if each is None else int(each) for name, each in self.reached.items()},
            "value": self.value,
        }


def lead_rows(
    session: Session, found: Experiment, *, now: datetime, matured: bool = False
) -> list[LeadRow]:
    """The leads that the report counts at this moment, in the order of their enrolment.

    Args:
        matured: Whether to leave out leads whose horizon has not passed.
    Raises:
        Refused: for a draft.
    """
    if found.launched_at is None:
        raise Refused(problem("status", "A draft has no leads yet: launch it first."))
    plan = frozen_plan(found)
    window, shown = _seen(session, found, plan, now)
    rows = fetched(session, each_lead(store_tables(), window).order_by(_.enrolled_at, _.lead_id))
    leads = _names(session, [row["lead_id"] for row in rows])
    reps = dict(session.execute(select(Rep.id, Rep.external_id)).all())
    keys = {each.id: each.key for each in plan.variants}
    return [
        LeadRow(
            lead=leads[row["lead_id"]][0],
            rep=reps[row["rep_id"]],
            unit=_unit(plan, reps[row["rep_id"]], *leads[row["lead_id"]]),
            variant=keys[row["variant_id"]],
            enrolled_at=from_micros(row["enrolled_at"]),
            matured=bool(row["matured"]),
            reached=_reached(row, shown=shown and bool(row["matured"])),
            value=_value(plan, row) if shown and row["matured"] else None,
        )
        for row in rows
        if row["matured"] or not matured
    ]


def as_csv(rows: Sequence[LeadRow]) -> str:
    """The rows as CSV; what somebody wrote is no formula to a spreadsheet."""
    stream = StringIO()
    writer = csv.writer(stream)
    writer.writerow(
        ["lead", "rep", "unit", "variant", "enrolled_at", "matured", *_outcomes(), "value"]
    )
    for row in rows:
        writer.writerow([_cell(each) for each in row.as_dict().values()])
    return stream.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, str):
        return harmless(value)
    return "" if value is None else value


def _seen(session: Session, found: Experiment, plan: Plan, now: datetime) -> tuple[Window, bool]:
    """Which leads the report counts, and whether what became of them may be seen."""
    as_of = min(now, found.decided_at or now)
    through = complete_through(session, found.id, now=as_of)
    state = status(found, now=now, complete_through=through)
    opened = openings(session, found)
    point = standpoint(session, found, plan, state, opened, through=through, as_of=as_of)
    return point.window, point.shown


def _outcomes() -> list[str]:
    return [each.value for each in Milestone if each is not Milestone.LEAD]


def _reached(row: dict[str, Any], *, shown: bool) -> dict[str, bool | None]:
    return {name: bool(row[name]) if shown else None for name in _outcomes()}


def _value(plan: Plan, row: dict[str, Any]) -> float | None:
    if plan.valuation is None or row["is_missing"]:
        return None
    minor: int = 10 ** get_currency_precision(plan.valuation.currency)
    return float(row["value"]) / minor


def _unit(plan: Plan, rep: str, lead: str, account: str | None) -> str:
    if plan.unit is Unit.REP:
        return rep
    return unit_of(lead, account, by_account=plan.by_account)


def _names(session: Session, ids: Sequence[int]) -> dict[int, tuple[str, str | None]]:
    """What leads are called, and their accounts."""
    named: dict[int, tuple[str, str | None]] = {}
    wanted = select(Lead.id, Lead.external_id, Account.external_id).outerjoin(Lead.account)
    for part in _parts(ids):
        rows = session.execute(wanted.where(Lead.id.in_(part)))
        named |= {at: (lead, account) for at, lead, account in rows}
    return named


def _parts(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    return (ids[start : start + _AT_ONCE] for start in range(0, len(ids), _AT_ONCE))
