"""Where selling slows or leaks: stages that changed, or that differ between teams or processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import ibis
import numpy as np
from ibis import _
from ibis.expr.types import Table
from sqlalchemy.orm import Session

from analysis.patterns import Pattern, Sides, patterns
from analysis.sufficient import RepTotals
from experiments.counting import fetched
from experiments.insight.cohort import (
    Cohort,
    Scope,
    cohort,
    process_names,
    team_names,
)
from experiments.insight.visits import Nodes, nodes, visits
from experiments.problem import Refused, problem
from experiments.process import StageKind
from experiments.store.columns import DAY_MICROS, to_micros

LONGEST_PERIOD = 365


class Against(StrEnum):
    """What a stage is compared with."""

    PERIOD = "period"  # itself in the period before
    TEAM = "team"  # a team with all others
    PROCESS = "process"  # a process with all others


class Measure(StrEnum):
    """What is compared."""

    GOES_ON = "goes_on"  # the share of leads that ever went on from the stage
    DAYS = "days"  # the mean days in it, all visits together


@dataclass(frozen=True, slots=True)
class Finding:
    """One comparison of a stage; `group` is the team or process, "" for periods."""

    against: Against
    measure: Measure
    node: str
    group: str
    pattern: Pattern


@dataclass(frozen=True, slots=True)
class Bottlenecks:
    """Every comparison of a scope, judged as one family.

    `names` are those of the places, where they are a process's stages.
    """

    scope: Scope
    days: int
    by_key: bool
    names: Mapping[str, str]
    findings: tuple[Finding, ...]
    complete_through: datetime
    tests_left_out: int

    @property
    def family(self) -> int:
        """How many comparisons had enough leads and reps to be judged."""
        return sum(each.pattern.adjusted_p is not None for each in self.findings)

    @property
    def claimed(self) -> tuple[Finding, ...]:
        """What is more than noise, the most certain first."""
        found = [each for each in self.findings if each.pattern.claimed]
        return tuple(sorted(found, key=lambda each: each.pattern.adjusted_p or 0.0))


Rows = list[dict[str, Any]]
Asked = tuple[Against, Measure, str, str, Sides]


def bottlenecks(session: Session, scope: Scope, *, now: datetime, days: int = 56) -> Bottlenecks:
    """Compare every stage with the period before, teams with each other, and processes.

    Args:
        days: The length of a period: leads that began in the last so many days of those that
            had their days, against as many before.
    Raises:
        Refused: for a length outside a year.
        NotFound: for a process or team that is not there.
    """
    if not 7 <= days <= LONGEST_PERIOD:
        text = "Give a period of 7 to {most} days."
        raise Refused(problem("days", text, most=LONGEST_PERIOD))
    found = cohort(session, scope, now=now)
    known = nodes(session, scope.process)
    asked = [*_periods(session, found, known, days), *_teams(session, found, known)]
    apart = cohort(session, scope, now=now, apart=True)
    if not scope.process:
        asked += _processes(session, apart, known)
    judged = patterns([sides for *_what, sides in asked])
    return Bottlenecks(
        scope,
        days,
        known.by_key,
        known.names,
        tuple(
            Finding(against, measure, node, group, pattern)
            for (against, measure, node, group, _sides), pattern in zip(asked, judged, strict=True)
        ),
        found.complete_through,
        len(apart.hidden),
    )


def _periods(session: Session, found: Cohort, known: Nodes, days: int) -> Iterator[Asked]:
    last = to_micros(found.complete_through) - found.scope.horizon_days * DAY_MICROS
    recent, before = (last - count * days * DAY_MICROS for count in (1, 2))
    leads = found.leads.filter(_.enrolled_at > before)
    part = (leads.enrolled_at > recent).ifelse(1, 0)
    rows = _counted(session, found, leads.mutate(part=part), known)
    for node in known.open:
        here = [row for row in rows if row["node"] == node]
        now, then = ([row for row in here if row["part"] == part] for part in (1, 0))
        yield from _asked(Against.PERIOD, node, "", now, then, within_reps=True)


def _teams(session: Session, found: Cohort, known: Nodes) -> Iterator[Asked]:
    teams = team_names(session)
    leads = found.leads.mutate(part=ibis.literal(0, "int64"))
    rows = _counted(session, found, leads, known)
    yield from _one_against_others(
        Against.TEAM, known, rows, lambda row: teams.get(row["rep_id"], "")
    )


def _processes(session: Session, found: Cohort, known: Nodes) -> Iterator[Asked]:
    names = {key: each.name for key, each in process_names(session).items()}
    leads = found.leads.mutate(part=_.process_id)
    rows = _counted(session, found, leads, known)
    yield from _one_against_others(
        Against.PROCESS, known, rows, lambda row: names.get(row["part"], "")
    )


def _one_against_others(
    against: Against, known: Nodes, rows: Rows, group_of: Callable[[dict[str, Any]], str]
) -> Iterator[Asked]:
    groups = sorted({group_of(row) for row in rows} - {""})
    # Of two groups, the one against the other says it all.
    for group in groups[:1] if len(groups) == 2 else groups if len(groups) > 2 else []:
        for node in known.open:
            here = [row for row in rows if row["node"] == node and group_of(row)]
            mine = [row for row in here if group_of(row) == group]
            other = [row for row in here if group_of(row) != group]
            yield from _asked(against, node, group, mine, other, within_reps=False)


def _asked(
    against: Against, node: str, group: str, mine: Rows, other: Rows, *, within_reps: bool
) -> Iterator[Asked]:
    for measure, column in ((Measure.GOES_ON, "goes_on"), (Measure.DAYS, "days")):
        sides = Sides(_totals(mine, column), _totals(other, column), within_reps)
        yield against, measure, node, group, sides


def _totals(rows: Rows, column: str) -> RepTotals:
    """By rep; one who works several processes on a side is one."""
    reps = sorted({row["rep_id"] for row in rows})
    place = {rep: at for at, rep in enumerate(reps)}
    n, total = np.zeros(len(reps), dtype=np.int64), np.zeros(len(reps))
    for row in rows:
        n[place[row["rep_id"]]] += int(row["leads"])
        total[place[row["rep_id"]]] += float(row[column])
    # The methods used here need no squares: each rep counts by its mean.
    return RepTotals(tuple(map(str, reps)), n, total, np.zeros(len(reps)), 0.0)


def _counted(session: Session, found: Cohort, leads: Table, known: Nodes) -> Rows:
    """Leads, those that went on, and days, by stage, rep and part."""
    chosen = Cohort(found.scope, leads, found.complete_through, found.as_of, found.hidden)
    stays = visits(chosen, by_key=known.by_key)
    whole = ibis.window(group_by="lead_id")
    reach = (stays.kind == StageKind.LOST.value).ifelse(-1, stays.rank)
    ranked = stays.mutate(reach=reach)
    furthest = ranked.mutate(
        furthest=ranked.reach.max().over(whole),
        stay=(ranked.left_at - ranked.entered_at) / DAY_MICROS,
    )
    by_lead = (
        furthest.filter(_.kind == StageKind.OPEN.value)
        .group_by("node", "rep_id", "part", "lead_id")
        .agg(goes_on=(_.furthest > _.rank).ifelse(1, 0).max(), days=_.stay.sum())
    )
    summed = by_lead.group_by("node", "rep_id", "part").agg(
        leads=_.count(), goes_on=_.goes_on.sum(), days=_.days.sum()
    )
    return fetched(session, summed, deep=True)
