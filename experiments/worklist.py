"""Lists of leads as the people who work them read them: by stage, longest first, next step."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    SQLColumnExpression,
    and_,
    case,
    cast,
    func,
    or_,
    select,
    type_coerce,
)
from sqlalchemy.orm import Session, aliased, selectinload

from experiments.events import Event, EventType
from experiments.leads import Lead
from experiments.people import Rep
from experiments.process import Action, Milestone, Stage, StageKind
from experiments.store.columns import DAY_MICROS, to_micros

PAGE_SIZE = 50
_KINDS = (StageKind.OPEN, StageKind.WON, StageKind.LOST)
_MILESTONES = {milestone: rank for rank, milestone in enumerate(Milestone)}
_PARTS = (selectinload(Lead.stage).selectinload(Stage.actions), selectinload(Lead.owner))
_IN_STAGE = Lead.stage_id == Stage.id
_SINCE = func.coalesce(Lead.stage_entered_at, Lead.created_at, Lead.recorded_at)


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list of leads."""

    leads: Sequence[Lead]
    total: int
    number: int
    size: int


@dataclass(frozen=True, slots=True)
class Search:
    """Which leads: one rep's or everyone's, holding a text, in a stage of that name."""

    rep: Rep | None = None
    text: str = ""
    stage: str = ""


@dataclass(frozen=True, slots=True)
class StageGroup:
    """The leads in stages of one name; the name is empty for leads that are in no stage yet."""

    name: str
    kind: StageKind
    leads: int


@dataclass(frozen=True, slots=True)
class Work:
    """A lead, how long it has stood where it is, and the first action still open there.

    Args:
        rotting: Whether it has stood longer than its process allows.
    """

    lead: Lead
    stood: timedelta
    next_action: Action | None
    rotting: bool = False


def groups(session: Session, search: Search) -> list[StageGroup]:
    """How many of these leads stand where; open stages first, each kind in its process's order.

    Stages of one name are one group, in whichever version or process they are.
    """
    counted = (
        select(Lead.stage_id, func.count().label("leads"))
        .where(*_conditions(search))
        .group_by(Lead.stage_id)
        .subquery()
    )
    named = select(Stage.name, Stage.kind, Stage.milestone, Stage.position, counted.c.leads)
    rows = named.select_from(counted).outerjoin(Stage, Stage.id == counted.c.stage_id)
    found: dict[tuple[int, str], int] = {}
    places: dict[tuple[int, str], tuple[int, int]] = {}
    for name, kind, milestone, position, leads in session.execute(rows):
        key = (_KINDS.index(kind or StageKind.OPEN), name or "")
        place = (_MILESTONES[milestone] if milestone else -1, -1 if position is None else position)
        found[key] = found.get(key, 0) + leads
        places[key] = min(places.get(key, place), place)
    order = sorted(found, key=lambda key: (key[0], places[key], key[1]))
    return [StageGroup(name, _KINDS[kind], found[kind, name]) for kind, name in order]


def page(session: Session, search: Search, *, now: datetime, number: int = 1) -> Page:
    """One page of these leads, in the order of `groups`; those that stand too long come first,
    then the longest in their stage.

    A number before the first page or past the last means that one.
    """
    shown = groups(session, search)
    total = sum(each.leads for each in shown)
    number = min(max(number, 1), max(1, -(-total // PAGE_SIZE)))
    if not total:
        return Page([], 0, number, PAGE_SIZE)
    wanted = select(Lead).outerjoin(Stage, _IN_STAGE).where(*_conditions(search))
    rows = wanted.order_by(_rank(shown), *_urgency(now)).limit(PAGE_SIZE)
    here = rows.offset((number - 1) * PAGE_SIZE).options(*_PARTS)
    return Page(list(session.scalars(here)), total, number, PAGE_SIZE)


def waiting_longest(session: Session, rep: Rep, *, now: datetime, limit: int) -> list[Lead]:
    """A rep's leads that are still worked: those that stand too long, then the longest first."""
    still_open = or_(Stage.kind == StageKind.OPEN, Lead.stage_id.is_(None))
    wanted = select(Lead).outerjoin(Stage, _IN_STAGE).where(Lead.owner_id == rep.id, still_open)
    rows = wanted.order_by(*_urgency(now)).limit(limit)
    return list(session.scalars(rows.options(*_PARTS)))


def work(session: Session, leads: Sequence[Lead], *, now: datetime) -> list[Work]:
    """What each of these leads waits for."""
    done = ticks(session, leads)
    return [
        Work(each, stood(each, now), _next(each, done.get(each.id, {})), rotting(each, now))
        for each in leads
    ]


def rotting(lead: Lead, now: datetime) -> bool:
    """Whether a lead has been in its stage for more days than the process allows."""
    most = lead.stage.rotting_days if lead.stage else None
    return most is not None and stood(lead, now) > timedelta(days=most)


def ticks(session: Session, leads: Iterable[Lead]) -> dict[int, dict[int, Event]]:
    """By lead and action, the event that says the action was done since the stage was entered.

    A step that was skipped waits no longer either: its event says so.
    """
    voiding = aliased(Event)
    wanted = (
        select(Event)
        .join(Lead, Lead.id == Event.lead_id)
        .outerjoin(voiding, voiding.voids_id == Event.id)
        .where(
            Event.lead_id.in_([lead.id for lead in leads]),
            Event.type.in_((EventType.ACTION_DONE, EventType.ACTION_SKIPPED)),
            Event.occurred_at >= Lead.stage_entered_at,
            voiding.id.is_(None),
        )
    )
    found: dict[int, dict[int, Event]] = {}
    for event in session.scalars(wanted.order_by(Event.occurred_at, Event.id)):
        if event.action_id:
            found.setdefault(event.lead_id, {})[event.action_id] = event
    return found


def stood(lead: Lead, now: datetime) -> timedelta:
    """How long a lead has been in its stage, or has waited for its first one."""
    since = lead.stage_entered_at or lead.created_at or lead.recorded_at
    # A sender's clock may run ahead of ours.
    return max(now - since, timedelta())


def _urgency(now: datetime) -> tuple[SQLColumnExpression[Any], ...]:
    limit = cast(Stage.rotting_days, BigInteger) * DAY_MICROS
    too_long = to_micros(now) - type_coerce(Lead.stage_entered_at, BigInteger) > limit
    return case((too_long, 0), else_=1), _SINCE, Lead.id


def _next(lead: Lead, done: dict[int, Event]) -> Action | None:
    actions = lead.stage.actions if lead.stage else []
    return next((each for each in actions if each.id not in done), None)


def _conditions(search: Search) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if search.rep:
        conditions.append(Lead.owner_id == search.rep.id)
    if search.stage:
        conditions.append(Lead.stage_id.in_(select(Stage.id).where(Stage.name == search.stage)))
    if search.text:
        held = f"%{_escaped(search.text)}%"
        named = Lead.name.ilike(held, escape="\\")
        conditions.append(named | Lead.external_id.ilike(held, escape="\\"))
    return conditions


def _rank(shown: Sequence[StageGroup]) -> SQLColumnExpression[Any]:
    ranks = [
        (and_(Stage.name == each.name, Stage.kind == each.kind), rank)
        for rank, each in enumerate(shown, start=1)
        if each.name
    ]
    # Leads in no stage yet come first, and there may be nothing but them.
    return case(*ranks, else_=0) if ranks else Lead.stage_id


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
