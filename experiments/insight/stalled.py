"""Leads that stand still, and why leads are lost, stage by stage."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import ibis
from ibis import _
from sqlalchemy.orm import Session

from experiments.counting import fetched
from experiments.insight.cohort import LONGEST_HORIZON, Scope, cohort
from experiments.insight.visits import nodes, quantile, visits
from experiments.process import StageKind
from experiments.store.columns import DAY_MICROS

REASONS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Reason:
    """Why leads were lost from a stage, as people wrote it; "" where they did not."""

    text: str
    leads: int


@dataclass(frozen=True, slots=True)
class Standing:
    """A stage: who stands there too long, and why leads are lost from it.

    Attributes:
        rotting: After how long a lead stands still: nine of ten stays that ended were shorter,
            or what was asked for; None where no stay has ended.
        open: Leads in it now.
        stalled: Of those, leads that have been in it longer.
        lost: Leads lost from it.
        reasons: The commonest.
    """

    node: str
    name: str
    rotting: timedelta | None
    open: int
    stalled: int
    lost: int
    reasons: tuple[Reason, ...]


def standings(
    session: Session, scope: Scope, *, now: datetime, rotting_days: int | None = None
) -> tuple[Standing, ...]:
    """The open stages in order, of all the scope's leads whatever their age.

    Args:
        rotting_days: For all stages; else each stage's own.
    """
    found = cohort(session, replace(scope, horizon_days=LONGEST_HORIZON), now=now)
    known = nodes(session, scope.process)
    stays = visits(found, by_key=known.by_key, matured=False).mutate(stay=_.left_at - _.entered_at)
    working = stays.filter(_.kind == StageKind.OPEN.value)
    ended = working if rotting_days is not None else working.filter(_.after.notnull())
    ninth = quantile(ended, "stay", ["node"], tenths=9)
    limits = {row["node"]: int(row["value"]) for row in fetched(session, ninth, deep=True)}
    if rotting_days is not None:
        limits = dict.fromkeys(limits, rotting_days * DAY_MICROS)
    still = working.filter(_.after.isnull())
    never = ibis.literal(LONGEST_HORIZON * DAY_MICROS, "int64")
    limit = (
        ibis.cases(*((still.node == node, at) for node, at in limits.items()), else_=never)
        if limits
        else never
    )
    counted = still.group_by("node").agg(
        open=_.count(), stalled=(still.stay > limit).ifelse(1, 0).sum()
    )
    standing = {row["node"]: row for row in fetched(session, counted, deep=True)}
    lost = stays.filter(_.kind == StageKind.LOST.value, _.before.notnull())
    why = lost.group_by("before", "reason").agg(leads=_.count())
    reasons: dict[str, list[Reason]] = {}
    for row in fetched(session, why, deep=True):
        reasons.setdefault(row["before"], []).append(Reason(row["reason"], int(row["leads"])))
    return tuple(
        _standing(node, known.names[node], limits, standing, reasons.get(node, []))
        for node in known.open
        if node in standing or node in reasons or node in limits
    )


def _standing(
    node: str,
    name: str,
    limits: dict[str, int],
    standing: dict[str, dict[str, int]],
    reasons: list[Reason],
) -> Standing:
    here = standing.get(node, {"open": 0, "stalled": 0})
    limit = limits.get(node)
    reasons.sort(key=lambda each: (-each.leads, each.text))
    return Standing(
        node,
        name,
        None if limit is None else timedelta(microseconds=limit),
        int(here["open"]),
        int(here["stalled"]),
        sum(each.leads for each in reasons),
        tuple(reasons[:REASONS_SHOWN]),
    )
