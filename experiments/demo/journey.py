"""One lead's way through a process, as the company's systems would tell it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from experiments.demo import market
from experiments.demo.company import CURRENCY
from experiments.demo.market import ODDS, Talent, pick
from experiments.demo.workweek import WorkWeeks
from experiments.events import EventType
from experiments.process import ActionKind, Milestone, StageKind
from experiments.process_draft import ProcessDraft, StageDraft, slug
from experiments.records import EventRecord, Value

CRM = "crm"
DIALLER = "dialler"
_BY_DIALLER = (ActionKind.CALL, ActionKind.EMAIL, ActionKind.MESSAGE)
# Stays in a stage spread log-normally around their median.
_SPREAD = 0.6


@dataclass(frozen=True, slots=True)
class Start:
    """Where a lead's way begins. `at` counts working days; `process` is `key@number`."""

    lead: str
    at: float
    rep: str
    segment: str
    process: str


@dataclass(frozen=True, slots=True)
class World:
    """What every journey shares."""

    weeks: WorkWeeks
    processes: Mapping[str, ProcessDraft]
    talents: Mapping[str, Talent]
    colleagues: Mapping[str, tuple[str, ...]]


class Journey:
    """A lead being worked from its first day to its end, whenever that is."""

    def __init__(self, start: Start, world: World, rng: np.random.Generator) -> None:
        self.start, self.world, self.rng = start, world, rng
        stages = world.processes[start.process].stages
        self.open = [stage for stage in stages if stage.kind is StageKind.OPEN]
        self.closing = {stage.kind: stage for stage in stages}
        self.now, self.owner, self.why = start.at, start.rep, ""
        self.euros: int | None = None
        self.reopened = False
        self.told: list[EventRecord] = []

    def run(self) -> list[EventRecord]:
        """Everything that will be told of the lead, in order."""
        name = market.account_name(self.rng)
        product = pick(self.rng, market.PRODUCTS[self.start.segment])
        self._tell(
            EventType.CREATED,
            owner_id=self.owner,
            account_id=slug(name),
            name=f"{name} · {product}",
        )
        place: int | None = 0
        while place is not None:
            place = self._work(place)
        return self.told

    def _work(self, place: int) -> int | None:
        """Spend the stay in a stage; returns the next one's place, or None at the end."""
        stage = self.open[place]
        odds = ODDS[self.start.process][stage.key]
        stay = odds.days * float(self.rng.lognormal(0, _SPREAD))
        self._enter(stage)
        self._chance_events(stage, stay)
        done = self._act(stage, stay)
        self.now += stay
        skill = self.world.talents[self.owner].skill
        skill += market.action_effect([each.name for each in stage.actions], done)
        if self.rng.random() >= market.shifted(odds.goes_on, skill):
            return self._lose(place)
        return self._go_on(place)

    def _go_on(self, place: int) -> int | None:
        if place and self._happens(market.GOES_BACK):
            self.why = pick(self.rng, market.WHY_BACK)
            return place - 1
        if place + 1 == len(self.open):
            self._win()
            return None
        skips = place + 2 < len(self.open) and self._happens(market.SKIPS_A_STAGE)
        return place + (2 if skips else 1)

    def _win(self) -> None:
        if self.euros and self._happens(market.DISCOUNT_AT_THE_END):
            cheaper = self.euros * float(self.rng.uniform(0.85, 0.95))
            self._value(round(cheaper / 100) * 100, reason=market.WHY_CHEAPER)
        self._enter(self.closing[StageKind.WON])

    def _lose(self, place: int) -> int | None:
        self.why = market.why_lost(self.rng, self.start.segment, self.open[place].milestone)
        self._enter(self.closing[StageKind.LOST])
        if self.reopened or not self._happens(market.COMES_BACK_AFTER_LOSS):
            return None
        self.reopened = True
        self.now += float(self.rng.uniform(8, 45))
        self.why = pick(self.rng, market.WHY_AGAIN)
        return place

    def _enter(self, stage: StageDraft) -> None:
        self._tell(EventType.STAGE_ENTERED, stage=stage.name, actor_id=self.owner, reason=self.why)
        self.why = ""
        if stage.milestone in (Milestone.QUALIFIED, Milestone.PROPOSAL):
            self._estimate(stage.milestone)

    def _estimate(self, milestone: Milestone) -> None:
        if self.euros is None:
            self._value(market.deal_value(self.rng, self.start.segment))
        elif milestone is Milestone.PROPOSAL and self._happens(0.5):
            revised = self.euros * float(self.rng.uniform(0.8, 1.3))
            self._value(round(revised / 100) * 100)

    def _act(self, stage: StageDraft, stay: float) -> list[str]:
        """Do what a rep of such care does; returns the names of the actions done."""
        care = self.world.talents[self.owner].care
        done = [action for action in stage.actions if self._happens(care)]
        for number, action in enumerate(done):
            # One after the other, and most of them early in the stay.
            part = ((number + float(self.rng.random())) / len(done)) ** 2
            source = DIALLER if action.kind in _BY_DIALLER else CRM
            told: dict[str, Any] = {"action": action.name, "actor_id": self.owner}
            self._tell(EventType.ACTION_DONE, after=part * stay, source=source, **told)
        return [action.name for action in done]

    def _chance_events(self, stage: StageDraft, stay: float) -> None:
        if self._happens(market.CHANGES_OWNER):
            self.owner = pick(self.rng, self.world.colleagues[self.owner])
            why = pick(self.rng, market.WHY_HANDED_OVER)
            self._tell(EventType.OWNER_CHANGED, owner_id=self.owner, reason=why)
        last = self.open[-1]
        if stage is not last and self._happens(market.ENTERED_BY_MISTAKE):
            self._tell(EventType.STAGE_ENTERED, stage=last.name, actor_id=self.owner)
            wrong, why = self.told[-1].source_id, market.WHY_VOID
            self._tell(EventType.VOIDED, after=stay / 20, voids=wrong, reason=why)

    def _value(self, euros: int, *, reason: str = "") -> None:
        self.euros = euros
        value = Value.model_validate({"amount": euros, "currency": CURRENCY})
        self._tell(EventType.VALUE_CHANGED, value=value, actor_id=self.owner, reason=reason)

    def _tell(
        self, kind: EventType, *, after: float = 0.0, source: str = CRM, **told: Any
    ) -> None:
        record = EventRecord(
            source=source,
            source_id=f"{self.start.lead}-{len(self.told)}",
            type=kind,
            lead_id=self.start.lead,
            occurred_at=self.world.weeks.moment(self.now + after),
            **told,
        )
        self.told.append(record)

    def _happens(self, chance: float) -> bool:
        return bool(self.rng.random() < chance)
