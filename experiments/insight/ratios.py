"""Of 100 leads, how many reach each milestone and pay: by process, segment, team or period."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

import ibis
import numpy as np
from ibis import _
from ibis.expr.types import Table
from sqlalchemy.orm import Session

from analysis.estimate import Interval, NotEstimable
from analysis.ratio_metric import ratio
from experiments.company import the_company
from experiments.counting import Tables, Window, counting, fetched, store_tables
from experiments.insight.cohort import (
    Cohort,
    Scope,
    cohort,
    process_names,
    team_names,
)
from experiments.insight.periods import month_of, months_between, period_index
from experiments.metric import MILESTONES
from experiments.process import Milestone
from experiments.store.columns import from_micros


class By(StrEnum):
    """What the ratios stand side by side for."""

    ALL = "all"
    PROCESS = "process"
    SEGMENT = "segment"
    TEAM = "team"
    MONTH = "month"
    QUARTER = "quarter"


_STEPS = {By.MONTH: 1, By.QUARTER: 3}
_APART = (By.PROCESS, By.SEGMENT)


@dataclass(frozen=True, slots=True)
class Reached:
    """How many leads reached a milestone; the interval of the average lead respects reps."""

    reached: int
    rate: float
    interval: Interval | None


@dataclass(frozen=True, slots=True)
class RatioGroup:
    """The leads of a process, segment, team or period.

    Attributes:
        name: Of the process, segment or team; "" for all, and for what has none.
        period: The first day of a period; None for other groups.
        leads: Matured ones, which are counted.
        young: Leads that have not had their days yet, which are not.
        reached: By milestone, in their order; empty without matured leads.
    """

    name: str
    period: date | None
    leads: int
    young: int
    reached: Mapping[Milestone, Reached]


@dataclass(frozen=True, slots=True)
class Ratios:
    """The ratios of a scope, and the bounds of what they know."""

    scope: Scope
    by: By
    groups: tuple[RatioGroup, ...]
    complete_through: datetime
    tests_left_out: int

    @property
    def leads(self) -> int:
        """Matured leads of all groups."""
        return sum(each.leads for each in self.groups)


@dataclass(frozen=True, slots=True)
class _Key:
    """A group's place in the order, its name and its period."""

    order: tuple[int, str]
    name: str = ""
    period: date | None = None


def ratios(session: Session, scope: Scope, by: By, *, now: datetime) -> Ratios:
    """Count the leads of a scope that began and have had their days.

    Raises:
        NotFound: for a process or team that is not there.
    """
    found = cohort(session, scope, now=now, apart=by in _APART)
    leads, key_of = _grouped(session, found, by)
    window = Window(0, scope.horizon_days, found.complete_through, found.as_of)
    ours = store_tables()
    rows = fetched(session, counting(Tables(leads, ours.events, ours.stages), window))
    gathered: dict[_Key, list[dict[str, Any]]] = {}
    for row in rows:
        gathered.setdefault(key_of(row["variant_id"], row["rep_id"]), []).append(row)
    groups = [_group(key, gathered[key]) for key in sorted(gathered, key=lambda key: key.order)]
    return Ratios(scope, by, tuple(groups), found.complete_through, len(found.hidden))


def _grouped(session: Session, found: Cohort, by: By) -> tuple[Table, Callable[[int, int], _Key]]:
    """The leads with their group as the variant, and what a variant and rep mean."""
    if by in _APART:
        known = process_names(session)
        leads = found.leads.mutate(variant_id=_.process_id)
        return leads, lambda variant, _rep: _of_process(known.get(variant), by)
    if by in _STEPS:
        zone = the_company(session).zone
        bounds = _bounds(session, found, _STEPS[by])
        index = period_index(found.leads.enrolled_at, bounds, zone)
        leads = found.leads.mutate(variant_id=index)
        return leads, lambda variant, _rep: _Key((variant, ""), period=bounds[variant])
    leads = found.leads.mutate(variant_id=ibis.literal(0, "int64"))
    if by is By.TEAM:
        teams = team_names(session)
        return leads, lambda _variant, rep: _named(teams.get(rep, ""))
    return leads, lambda _variant, _rep: _Key((0, ""))


def _of_process(process: Any, by: By) -> _Key:
    if process is None:
        return _named("")
    return _named(process.name if by is By.PROCESS else process.segment)


def _named(name: str) -> _Key:
    # What has no name comes last.
    return _Key((0 if name else 1, name), name)


def _bounds(session: Session, found: Cohort, step: int) -> list[date]:
    zone = the_company(session).zone
    ends = fetched(session, found.leads.agg(first=_.enrolled_at.min(), last=_.enrolled_at.max()))[
        0
    ]
    first, last = (from_micros(ends[each] or 0) for each in ("first", "last"))
    return months_between(month_of(first, zone), month_of(last, zone), step=step)


def _group(key: _Key, rows: list[dict[str, Any]]) -> RatioGroup:
    n = np.array([int(row["matured"]) for row in rows])
    enrolled = sum(int(row["enrolled"]) for row in rows)
    leads = int(n.sum())
    reached: dict[Milestone, Reached] = {}
    for each in MILESTONES if leads else ():
        reached[each] = _reached(n, np.array([int(row[each.value]) for row in rows]))
    return RatioGroup(key.name, key.period, leads, enrolled - leads, reached)


def _reached(n: Any, reached: Any) -> Reached:
    has = n > 0
    found = ratio(reached[has].astype(float), n[has].astype(float))
    interval = None
    if not isinstance(found, NotEstimable):
        low, high = found.ci
        interval = (max(low or 0.0, 0.0), min(1.0 if high is None else high, 1.0))
    return Reached(int(reached.sum()), float(reached.sum() / n.sum()), interval)
