"""The stays of leads in stages, as one expression: where from, where to, for how long."""

from __future__ import annotations

from collections.abc import Sequence

import ibis
from ibis import _
from ibis.expr.types import Table
from sqlalchemy import select
from sqlalchemy.orm import Session

from experiments.counting import stage_entries
from experiments.insight.cohort import Cohort
from experiments.process import Milestone, Process, ProcessVersion, Stage, StageKind
from experiments.store.columns import to_micros

LOST = "lost"


class Nodes:
    """What counts as one place: a process's stages by key, or milestones across processes."""

    def __init__(self, names: Sequence[tuple[str, str]], stages: Sequence[Stage], by_key: bool):
        self.names = dict(names)
        self.by_key = by_key
        self.kinds = {self.of(each): each.kind for each in stages}

    def of(self, stage: Stage) -> str:
        """The place of a stage."""
        if self.by_key:
            return stage.key
        return stage.milestone.value if stage.milestone else LOST

    @property
    def open(self) -> list[str]:
        """The places where leads are still worked, in order."""
        return [each for each in self.names if self.kinds.get(each) is StageKind.OPEN]


def nodes(session: Session, process_key: str) -> Nodes:
    """The places of a process in its newest version's order, older ones after; or milestones."""
    wanted = select(Stage).join(ProcessVersion).join(Process)
    if process_key:
        wanted = wanted.where(Process.key == process_key)
    newest = wanted.order_by(ProcessVersion.number.desc(), Stage.position)
    stages = list(session.scalars(newest))
    if not process_key:
        return Nodes([(each, each) for each in [*Milestone, LOST]], stages, by_key=False)
    names: dict[str, str] = {}
    for each in stages:
        names.setdefault(each.key, each.name)
    return Nodes(list(names.items()), stages, by_key=True)


def visits(found: Cohort, *, by_key: bool, matured: bool = True) -> Table:
    """A row per stay of a lead in a place, within the lead's horizon.

    Columns: those of the cohort's leads, and stage_id, node, kind, rank (of the place on the
    way), entered_at, left_at (the horizon's end, or the last known moment, while it lasts),
    before and after (the places next to it; after is null while it lasts), turn (from 0), ended
    and ended_at (the kind of the stage in which the lead was last, and since when).
    Entering the same place again without having left it is no new stay.
    """
    leads = found.matured if matured else found.leads
    entries = stage_entries(_events(), _stages(by_key=by_key), to_micros(found.as_of))
    seen = leads.join(entries, "lead_id").filter(_.occurred_at <= _.ends_at)
    way = ibis.window(group_by="lead_id", order_by=["occurred_at", "id"])
    moved = seen.mutate(before=_.node.lag().over(way)).filter(
        _.before.isnull() | (_.before != _.node)
    )
    again = ibis.window(group_by="lead_id", order_by=["occurred_at", "id"])
    last = ibis.least(_.ends_at, to_micros(found.complete_through))
    return moved.mutate(
        after=_.node.lead().over(again),
        entered_at=_.occurred_at,
        left_at=ibis.greatest(_.occurred_at.lead().over(again).fill_null(last), _.occurred_at),
        turn=ibis.row_number().over(again),
        ended=_.kind.last().over(again),
        ended_at=_.occurred_at.last().over(again),
    )


def quantile(table: Table, value: str, by: Sequence[str], *, tenths: int) -> Table:
    """The quantile of a column by groups, and how many values there are: columns value, n.

    The median is the mean of the two middle ones; others are the least value that so many
    tenths of the values do not exceed. No backend needs a function of its own for it.
    """
    group = list(by)
    ranked = table.mutate(
        place=ibis.row_number().over(ibis.window(group_by=group, order_by=value)),
        n=table[value].count().over(ibis.window(group_by=group)),
    )
    if tenths == 5:
        middle = ranked.filter(2 * _.place >= _.n - 2, 2 * _.place <= _.n)
    else:
        middle = ranked.filter(10 * (_.place + 1) >= tenths * _.n, 10 * _.place < tenths * _.n)
    return middle.group_by(group).agg(value=_[value].mean(), n=_.n.max())


def _events() -> Table:
    names = ("id", "lead_id", "stage_id", "occurred_at", "recorded_at", "voids_id")
    return ibis.table(dict.fromkeys(names, "int64") | {"reason": "string"}, name="events")


def _stages(*, by_key: bool) -> Table:
    kinds = ("id", "position")
    words = ("key", "kind", "milestone")
    table = ibis.table(
        dict.fromkeys(kinds, "int64") | dict.fromkeys(words, "string"), name="stages"
    )
    if by_key:
        return table.select("id", "kind", "milestone", node=_.key, rank=_.position)
    ranks = [(_.milestone == each.value, at) for at, each in enumerate(Milestone)]
    node = _.milestone.fill_null(LOST)
    return table.select("id", "kind", "milestone", node=node, rank=ibis.cases(*ranks, else_=-1))
