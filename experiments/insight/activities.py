"""Which actions go with winning: leads with an action against leads without, stage by stage."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import ibis
from ibis import _
from ibis.expr.types import Table
from sqlalchemy import select
from sqlalchemy.orm import Session

from analysis.association import Association, associations, stratum
from analysis.proportion import Stratum
from experiments.counting import fetched
from experiments.events import EventType
from experiments.insight.cohort import Cohort, Scope, cohort
from experiments.insight.visits import nodes, quantile, visits
from experiments.problem import Refused, problem
from experiments.process import Action, Process, ProcessVersion, Stage, StageKind
from experiments.store.columns import DAY_MICROS, to_micros

LONGEST_LANDMARK = 365


@dataclass(frozen=True, slots=True)
class Closing:
    """Leads of one side and how they ended.

    The close rate is of all of them, the win rate of those that are won or lost.
    """

    leads: int
    won: int
    closed: int

    @property
    def close_rate(self) -> float | None:
        """Share of all that was won."""
        return self.won / self.leads if self.leads else None

    @property
    def win_rate(self) -> float | None:
        """Share of the closed that was won."""
        return self.won / self.closed if self.closed else None


@dataclass(frozen=True, slots=True)
class Activity:
    """An action of a stage, and what goes with it.

    Attributes:
        landmark: The day after entering the stage on which leads are compared: those still in
            it then, with the action done by then or not.
        with_action, without: All leads at the landmark, of reps on either side.
        association: Within the reps who have leads on both sides.
    """

    stage: str
    stage_name: str
    action: str
    name: str
    landmark: timedelta
    with_action: Closing
    without: Closing
    association: Association


@dataclass(frozen=True, slots=True)
class Activities:
    """Every action of a process; `family` is how many were judged together."""

    scope: Scope
    activities: tuple[Activity, ...]
    complete_through: datetime
    tests_left_out: int

    @property
    def family(self) -> int:
        """How many actions have enough leads to be judged."""
        return sum(each.association.adjusted_p is not None for each in self.activities)


@dataclass(frozen=True, slots=True)
class _Known:
    """An action of the process as its newest version has it, and the stages that ever had it."""

    stage: str
    stage_name: str
    name: str
    stage_ids: set[int]


Counted = tuple[int, int, int]
"""Leads, won, closed."""
Rows = dict[tuple[int, int, str], Counted]
"""By stage's id, rep's id and action's key."""


def activities(
    session: Session, scope: Scope, *, now: datetime, day: int | None = None
) -> Activities:
    """Compare the matured leads of one process, action by action.

    Args:
        day: The landmark for all stages, in days after entering; else for each stage half of
            the median stay, by when most leads are still there.
    Raises:
        Refused: without a process, or for a day outside a year.
        NotFound: for a process or team that is not there.
    """
    if not scope.process:
        raise Refused(problem("process", "Choose a process: actions belong to its stages."))
    if day is not None and not 0 <= day <= LONGEST_LANDMARK:
        text = "Give a day from 0 to {most} after the stage is entered."
        raise Refused(problem("day", text, most=LONGEST_LANDMARK))
    found = cohort(session, scope, now=now)
    first = _first_visits(found)
    marks = _landmarks(session, first, scope, day)
    known = _known(session, scope.process)
    if not marks:
        return Activities(scope, (), found.complete_through, len(found.hidden))
    at_risk = _at_risk(first, marks)
    everyone = _rows(session, at_risk.mutate(action_key=ibis.literal("")))
    done = _rows(session, _done(found, at_risk))
    compared = {
        key: _compared(key, each, everyone, done)
        for key, each in known.items()
        if each.stage in marks
    }
    judged = associations([strata for _with, _without, strata in compared.values()])
    return Activities(
        scope,
        tuple(
            Activity(
                known[key].stage,
                known[key].stage_name,
                key,
                known[key].name,
                timedelta(microseconds=marks[known[key].stage]),
                with_action,
                without,
                association,
            )
            for (key, (with_action, without, _strata)), association in zip(
                compared.items(), judged, strict=True
            )
        ),
        found.complete_through,
        len(found.hidden),
    )


def _first_visits(found: Cohort) -> Table:
    """The first stay of each lead in each open stage."""
    stays = visits(found, by_key=True).filter(_.kind == StageKind.OPEN.value)
    turn = ibis.window(group_by=["lead_id", "node"], order_by="turn")
    first = stays.mutate(stay=_.left_at - _.entered_at, visit=ibis.row_number().over(turn))
    return first.filter(_.visit == 0)


def _landmarks(session: Session, first: Table, scope: Scope, day: int | None) -> dict[str, int]:
    """By stage the landmark in microseconds after entering it."""
    rows = fetched(session, quantile(first, "stay", ["node"], tenths=5), deep=True)
    order = list(nodes(session, scope.process).names)
    rows.sort(key=lambda row: order.index(row["node"]))
    if day is not None:
        return {row["node"]: day * DAY_MICROS for row in rows}
    return {row["node"]: round(row["value"] / 2) for row in rows}


def _at_risk(first: Table, marks: dict[str, int]) -> Table:
    """Leads still in a stage at its landmark, and how they ended within their days."""
    mark = ibis.cases(*((first.node == node, at) for node, at in marks.items()), else_=0)
    still = first.mutate(limit_at=_.entered_at + mark).filter(_.left_at >= _.limit_at)
    return still.select(
        "lead_id",
        "rep_id",
        "stage_id",
        "entered_at",
        "limit_at",
        won=(_.ended == StageKind.WON.value).ifelse(1, 0),
        closed=(_.ended != StageKind.OPEN.value).ifelse(1, 0),
    )


def _done(found: Cohort, at_risk: Table) -> Table:
    """A row per lead at risk and action that it had by the landmark."""
    names = ("id", "lead_id", "action_id", "occurred_at", "recorded_at", "voids_id")
    events = ibis.table(dict.fromkeys(names, "int64") | {"type": "string"}, name="events")
    known = events.filter(_.recorded_at <= to_micros(found.as_of))
    voided = known.filter(_.voids_id.notnull()).select(voided_id=_.voids_id)
    # A step that was skipped names its action too.
    told = known.filter(_.type == EventType.ACTION_DONE.value)
    told = told.anti_join(voided, _.id == voided.voided_id)
    kinds = ibis.table({"id": "int64", "stage_id": "int64", "key": "string"}, name="actions")
    actions = told.join(kinds, told.action_id == kinds.id).select(
        "lead_id", "stage_id", done_at=_.occurred_at, action_key=_.key
    )
    had = at_risk.join(actions, ["lead_id", "stage_id"]).filter(
        _.done_at >= _.entered_at, _.done_at <= _.limit_at
    )
    return had.select("lead_id", "stage_id", "rep_id", "won", "closed", "action_key").distinct()


def _rows(session: Session, table: Table) -> Rows:
    """Leads, won and closed by stage, rep and action."""
    summed = table.group_by("stage_id", "rep_id", "action_key").agg(
        n=_.count(), won=_.won.sum(), closed=_.closed.sum()
    )
    return {
        (row["stage_id"], row["rep_id"], row["action_key"]): (
            int(row["n"]),
            int(row["won"]),
            int(row["closed"]),
        )
        for row in fetched(session, summed, deep=True)
    }


def _known(session: Session, process_key: str) -> dict[str, _Known]:
    """The actions of a process by key; a version that lacks one tells nothing of it."""
    wanted = (
        select(Action, Stage)
        .join(Stage, Stage.id == Action.stage_id)
        .join(ProcessVersion, ProcessVersion.id == Stage.version_id)
        .join(Process, Process.id == ProcessVersion.process_id)
        .where(Process.key == process_key)
        .order_by(ProcessVersion.number.desc(), Stage.position, Action.position)
    )
    found: dict[str, _Known] = {}
    for action, stage in session.execute(wanted):
        known = found.setdefault(action.key, _Known(stage.key, stage.name, action.name, set()))
        known.stage_ids.add(stage.id)
    return found


def _compared(
    key: str, known: _Known, everyone: Rows, done: Rows
) -> tuple[Closing, Closing, list[Stratum]]:
    """Both sides of an action, and its reps; a rep in another version is another stratum."""
    sides: dict[bool, list[int]] = defaultdict(lambda: [0, 0, 0])
    strata = []
    for with_action, without in _pairs(key, known, everyone, done):
        for had, counts in ((True, with_action), (False, without)):
            sides[had] = [a + b for a, b in zip(sides[had], counts, strict=True)]
        if one := stratum(with_action[:2], without[:2]):
            strata.append(one)
    return Closing(*sides[True]), Closing(*sides[False]), strata


def _pairs(
    key: str, known: _Known, everyone: Rows, done: Rows
) -> Iterator[tuple[Counted, Counted]]:
    """Leads with and without the action, for each rep and version."""
    for (stage_id, rep_id, _action), total in everyone.items():
        if stage_id in known.stage_ids:
            had = done.get((stage_id, rep_id, key), (0, 0, 0))
            yield had, (total[0] - had[0], total[1] - had[1], total[2] - had[2])
