"""A lead's way so far and what it waits for, as its page tells it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy.orm import Session

from experiments.desk import variant_of_lead
from experiments.events import SITE, Event, EventType, StageVisit, history, visits
from experiments.exit_check import left_open
from experiments.experiment import Variant
from experiments.leads import Lead
from experiments.moving import doers, undoable
from experiments.process import Action, Stage, StageKind
from experiments.users import User
from experiments.worklist import stood, ticks


class Place(StrEnum):
    """Where a stage lies, seen from the lead."""

    PASSED = "passed"
    SKIPPED = "skipped"
    HERE = "here"
    AHEAD = "ahead"


@dataclass(frozen=True, slots=True)
class Step:
    """A stage on the lead's way.

    Args:
        stayed: How long the lead has been in it, all its stays together; None for none.
        stays: How often it entered.
    """

    name: str
    place: Place
    stayed: timedelta | None = None
    stays: int = 0


@dataclass(frozen=True, slots=True)
class ToDo:
    """An action of the present stage.

    Args:
        done_at: When it was done, or skipped, in this stay in the stage; None while it is open.
        who: Who did it, or which source says so.
        here: Whether it was ticked on the site, so that it can be taken back here.
        before_at: When it was done in an earlier stay, if it was.
        skipped: Why it will not be done; empty where it was, or is to be.
    """

    action: Action
    done_at: datetime | None
    who: str
    here: bool
    before_at: datetime | None
    skipped: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the lead's history.

    Args:
        stayed: How long a stay in a stage lasted.
        turn: Which stay in the stage it began; 1 for the first.
        left_open: The exit criteria of the stage before that were not true.
    """

    event: Event
    who: str
    visit: StageVisit | None
    stayed: timedelta | None
    turn: int = 1
    left_open: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Story:
    """All that a lead's page shows.

    Args:
        variant: Where leads are split: which one this lead follows.
        next_stage: Where the lead goes when all goes well; None at an end.
        other_stages: The open stages but the present one, in order.
        entries: The latest first.
        undo: The move that the reader may take back, and where it came from.
    """

    lead: Lead
    stood: timedelta
    variant: Variant | None
    steps: Sequence[Step]
    to_do: Sequence[ToDo]
    next_stage: Stage | None
    other_stages: Sequence[Stage]
    won_stages: Sequence[Stage]
    lost_stages: Sequence[Stage]
    last_open: Stage | None
    entries: Sequence[Entry]
    undo: Event | None
    undo_from: Stage | None

    @property
    def closed(self) -> bool:
        """Whether the lead is won or lost."""
        return self.lead.stage is not None and self.lead.stage.kind is not StageKind.OPEN


def story_of(session: Session, lead: Lead, *, reader: User, now: datetime) -> Story:
    """A lead's story for a reader who may see the lead."""
    events = history(session, lead)
    stays = visits(events)
    names = _names(session, lead, events)
    stages = lead.version.stages if lead.version else []
    open_stages = [each for each in stages if each.kind is StageKind.OPEN]
    been_open = [each.stage for each in stays if each.stage.kind is StageKind.OPEN]
    undo = undoable(session, lead, events, by=reader)
    return Story(
        lead=lead,
        stood=stood(lead, now),
        variant=variant_of_lead(session, lead),
        steps=_steps(stages, lead.stage, stays, now),
        to_do=_to_do(session, lead, events, names),
        next_stage=_next_stage(stages, lead.stage),
        other_stages=[each for each in open_stages if each is not lead.stage],
        won_stages=[each for each in stages if each.kind is StageKind.WON],
        lost_stages=[each for each in stages if each.kind is StageKind.LOST],
        last_open=been_open[-1] if been_open else next(iter(open_stages), None),
        entries=list(_entries(events, stays, names))[::-1],
        undo=undo,
        undo_from=stays[-2].stage if undo and len(stays) > 1 else None,
    )


def _steps(
    stages: Sequence[Stage], present: Stage | None, stays: Sequence[StageVisit], now: datetime
) -> list[Step]:
    """The way to the present stage and, unless the lead is lost, what lies ahead."""
    visited = {each.stage.id for each in stays}
    lost = present is not None and present.kind is StageKind.LOST
    furthest = max(
        (s.position for s in stages if s.id in visited and s is not present), default=-1
    )
    way = [
        each
        for each in stages
        if each is present
        or (each.kind is StageKind.OPEN and not (lost and each.position > furthest))
        or (each.kind is StageKind.WON and (present is None or present.kind is StageKind.OPEN))
    ]
    return [_step(each, _place(each, present, visited), stays, now) for each in way]


def _step(stage: Stage, place: Place, stays: Sequence[StageVisit], now: datetime) -> Step:
    here = [each for each in stays if each.stage is stage]
    if not here or stage.kind is not StageKind.OPEN:
        return Step(stage.name, place, None, len(here))
    # A sender's clock may run ahead of ours.
    lengths = (max((each.left_at or now) - each.entered_at, timedelta()) for each in here)
    return Step(stage.name, place, sum(lengths, timedelta()), len(here))


def _place(stage: Stage, present: Stage | None, visited: set[int]) -> Place:
    if stage is present:
        return Place.HERE
    still_open = present is None or present.kind is StageKind.OPEN
    if still_open and (present is None or stage.position > present.position):
        return Place.AHEAD
    return Place.PASSED if stage.id in visited else Place.SKIPPED


def _next_stage(stages: Sequence[Stage], present: Stage | None) -> Stage | None:
    if present and present.kind is not StageKind.OPEN:
        return None
    at = present.position if present else -1
    ahead = (each for each in stages if each.kind is not StageKind.LOST and each.position > at)
    return next(ahead, None)


def _to_do(
    session: Session, lead: Lead, events: Sequence[Event], names: dict[int, str]
) -> list[ToDo]:
    done = ticks(session, [lead]).get(lead.id, {})
    before = {
        each.action_id: each.occurred_at
        for each in events
        if each.type is EventType.ACTION_DONE
        and each.action_id
        and lead.stage_entered_at
        and each.occurred_at < lead.stage_entered_at
    }
    found = []
    for action in lead.stage.actions if lead.stage else []:
        event = done.get(action.id)
        at, who = (event.occurred_at, names[event.id]) if event else (None, "")
        here = event is None or event.source.name == SITE
        why = event.reason if event and event.type is EventType.ACTION_SKIPPED else ""
        found.append(ToDo(action, at, who, here, before.get(action.id), why))
    return found


def _names(session: Session, lead: Lead, events: Sequence[Event]) -> dict[int, str]:
    """Who did each event: the rep, the user without a rep, or the source that told of it."""
    users = doers(session, lead)
    names = {}
    for each in events:
        user = users.get(each.source_ref) if each.source.name == SITE else None
        names[each.id] = each.actor.name if each.actor else user.name if user else each.source.name
    return names


def _entries(
    events: Sequence[Event], stays: Sequence[StageVisit], names: dict[int, str]
) -> Iterator[Entry]:
    waiting = list(stays)
    turns: Counter[int] = Counter()
    for event in events:
        visit = None
        if event.type is EventType.STAGE_ENTERED:
            if not waiting or waiting[0].stage is not event.stage:
                continue  # a source repeats where the lead is: no new stay
            visit = waiting.pop(0)
            turns[visit.stage.id] += 1
        left = visit.left_at if visit else None
        stayed = left - event.occurred_at if left else None
        turn = turns[visit.stage.id] if visit else 1
        yield Entry(event, names[event.id], visit, stayed, turn, left_open(event))
