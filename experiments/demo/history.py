"""The company's past, week by week, told to the store as its systems would have told it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import numpy as np
from sqlalchemy.orm import Session

from assignment.variant import variant_of
from experiments import people, process
from experiments.demo import market
from experiments.demo.journey import CRM, DIALLER, Journey, Start, World
from experiments.demo.market import Talent
from experiments.demo.trials import TRIALS, Trial, standing
from experiments.demo.workweek import WorkWeeks
from experiments.events import EventType, source_named
from experiments.experiment import Unit, experiment
from experiments.ingest import ingest
from experiments.people import Rep
from experiments.plan import Plan, frozen_plan
from experiments.process_draft import draft_of
from experiments.records import EventRecord
from experiments.split import drawn_labels

FIRST_LEAD = 10_001
# The rep whom a visitor may sign in as: a full desk, kept in order.
BUSY = Talent(skill=0.3, volume=1.7, care=0.85)

# Streams of chance: one more draw in one of them leaves the others as they were.
_TALENTS, _ARRIVALS, _LEADS = range(3)


class History:
    """The leads that came, and what is still to be told of them."""

    def __init__(
        self, session: Session, weeks: WorkWeeks, *, seed: int, scale: float, busy: str
    ) -> None:
        self.session, self.weeks, self.seed = session, weeks, seed
        self.scale, self.busy = scale, busy
        self.reps = sorted(people.reps(session), key=lambda rep: rep.external_id)
        self.world = _world(session, weeks, self.reps, _stream(seed, _TALENTS), busy)
        self.arrivals = _stream(seed, _ARRIVALS)
        self.next_lead = FIRST_LEAD
        self.untold: list[EventRecord] = []
        self._splits: dict[str, tuple[Plan, list[int]]] = {}

    def live(self, week: int, *, now: datetime, astray: bool = False) -> None:
        """Let a week's leads come, and tell the store what happened by `now`.

        Args:
            astray: Whether some records name what nobody knows, as happens in every week
                but shows only where nobody has mended it yet.
        """
        for start in self._starts(week):
            rng = _stream(self.seed, _LEADS, int(start.lead.removeprefix("K-")))
            self.untold.extend(Journey(start, self.world, rng).run())
        due = [record for record in self.untold if record.occurred_at <= now]
        self.untold = [record for record in self.untold if record.occurred_at > now]
        due.sort(key=lambda record: record.occurred_at)
        if astray:
            due.extend(_astray(due))
        ingest(self.session, list(enumerate(due)), now=now)
        for name in (CRM, DIALLER):
            source = source_named(self.session, name)
            source.complete_through_at, source.live = now, True
        self.session.flush()

    def _starts(self, week: int) -> Iterator[Start]:
        arriving = [
            (float(part), rep)
            for rep in self.reps
            for part in self.arrivals.random(self.arrivals.poisson(self._rate(rep)))
        ]
        for part, rep in sorted(arriving, key=lambda each: each[0]):
            lead = f"K-{self.next_lead}"
            self.next_lead += 1
            process_followed = self._process(lead, rep, week)
            yield Start(lead, 5 * (week + part), rep.external_id, _segment(rep), process_followed)

    def _rate(self, rep: Rep) -> float:
        usual = market.LEADS_PER_WEEK[_segment(rep)] * self.world.talents[rep.external_id].volume
        # However small the company, the desk that visitors see is full.
        return usual if rep.external_id == self.busy else usual * self.scale

    def _process(self, lead: str, rep: Rep, week: int) -> str:
        """What a new lead follows: a variant's version, else its segment's standing one."""
        enrolling = [trial for trial in TRIALS if trial.enrols(week)]
        # Past enrolment a rep goes on with its variant until somebody decides.
        going_on = [trial for trial in TRIALS[::-1] if trial.is_followed(week)]
        for trial in (*enrolling, *going_on):
            plan, labels = self._split(trial)
            if rep.external_id in plan.participants:
                return plan.variants[_drawn(plan, labels, lead, rep)].process
        return standing(_segment(rep))

    def _split(self, trial: Trial) -> tuple[Plan, list[int]]:
        if trial.key not in self._splits:
            plan = frozen_plan(experiment(self.session, trial.key))
            labels = drawn_labels(plan) if plan.unit is Unit.REP else []
            self._splits[trial.key] = plan, labels
        return self._splits[trial.key]


def _world(
    session: Session, weeks: WorkWeeks, reps: Sequence[Rep], rng: np.random.Generator, busy: str
) -> World:
    talents = {rep.external_id: market.talent(rng) for rep in reps}
    talents[busy] = BUSY
    found = process.versions(session)
    return World(
        weeks=weeks,
        processes={f"{each.process.key}@{each.number}": draft_of(each) for each in found},
        talents=talents,
        colleagues={
            rep.external_id: tuple(
                each.external_id for each in reps if each.team is rep.team and each is not rep
            )
            for rep in reps
        },
    )


def _drawn(plan: Plan, labels: Sequence[int], lead: str, rep: Rep) -> int:
    if plan.unit is Unit.LEAD:
        return variant_of(plan.split.salt, lead, [each.weight for each in plan.variants])
    return labels[plan.split.units.index(rep.external_id)]


def _astray(told: Sequence[EventRecord]) -> Iterator[EventRecord]:
    """Records that name a stage, a lead or a rep which nobody has told Stagelift of."""
    offers = [record for record in told if record.stage == "Proposal"]
    for record, word in zip(offers, ("Verbal yes", "Verbal yes", "Legal review"), strict=False):
        yield _copy(record, stage=word, source_id=f"{record.source_id}-later")
    for record in [record for record in told if record.action][:2]:
        lead = record.lead_id.replace("K-", "K-OLD-")
        yield _copy(record, lead_id=lead, source_id=f"{record.source_id}-old")
    first = next((record for record in told if record.type is EventType.CREATED), None)
    if first:
        new = {"lead_id": "K-9901", "source_id": "K-9901-0", "owner_id": "pilar.ibarra"}
        yield _copy(first, **new)


def _copy(record: EventRecord, **other: str) -> EventRecord:
    later = record.occurred_at + timedelta(minutes=1)
    return record.model_copy(update={"occurred_at": later, **other})


def _segment(rep: Rep) -> str:
    return rep.team.segment if rep.team else ""


def _stream(*seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(seed))
