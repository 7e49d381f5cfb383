"""What a rep has to do, and by when: the next step of each open lead.

A task is not stored. It follows from the lead's stage, what was done there, and the process's
delays, so that a lead moved by the CRM has its task at once and a tick takes it away.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from experiments.events import Event
from experiments.leads import Lead
from experiments.people import Rep
from experiments.process import Action, Stage, StageKind
from experiments.store.bulk import among
from experiments.working_days import after_working_days
from experiments.worklist import ticks


@dataclass(frozen=True, slots=True)
class Task:
    """The next step of a lead.

    Args:
        since_at: When the step before was done, or the stage entered.
        due_on: The day, in the company's zone, by which it is to be done.
    """

    lead: Lead
    action: Action
    since_at: datetime
    due_on: date

    @property
    def uid(self) -> str:
        """What tells it from every other task, also of a later stay in the stage."""
        return f"{self.lead.id}-{self.action.id}-{int(self.since_at.timestamp())}"


def tasks(session: Session, rep: Rep, *, zone: ZoneInfo) -> list[Task]:
    """A rep's tasks that have a day, the most urgent first; without a delay a step has none."""
    country = rep.team.country if rep.team else ""
    leads = _open_leads(session, rep)
    done = ticks(session, leads)
    found = (_task(lead, done.get(lead.id, {}), zone, country) for lead in leads)
    return sorted((each for each in found if each), key=lambda each: (each.due_on, each.since_at))


def tasks_of(session: Session, lead_ids: Sequence[int], *, zone: ZoneInfo) -> list[Task]:
    """The tasks of these leads that are open and have a day."""
    wanted = (
        select(Lead)
        .join(Stage, Lead.stage_id == Stage.id)
        .where(among(session, Lead.id, lead_ids), Stage.kind == StageKind.OPEN)
        .options(
            selectinload(Lead.stage).selectinload(Stage.actions),
            selectinload(Lead.owner).selectinload(Rep.team),
        )
    )
    leads = list(session.scalars(wanted))
    done = ticks(session, leads)
    found = (_task(each, done.get(each.id, {}), zone, _country(each)) for each in leads)
    return [each for each in found if each]


def _country(lead: Lead) -> str:
    return lead.owner.team.country if lead.owner and lead.owner.team else ""


def due_by(all_tasks: Sequence[Task], day: date) -> list[Task]:
    """Those to be done by a day."""
    return [each for each in all_tasks if each.due_on <= day]


def _open_leads(session: Session, rep: Rep) -> list[Lead]:
    wanted = (
        select(Lead)
        .join(Stage, Lead.stage_id == Stage.id)
        .where(Lead.owner_id == rep.id, Stage.kind == StageKind.OPEN)
        .options(selectinload(Lead.stage).selectinload(Stage.actions))
    )
    return list(session.scalars(wanted))


def _task(lead: Lead, done: dict[int, Event], zone: ZoneInfo, country: str) -> Task | None:
    stage = lead.stage
    since = lead.stage_entered_at
    if stage is None or since is None:
        return None
    action = next((each for each in stage.actions if each.id not in done), None)
    if action is None or action.after_days is None:
        return None
    # The steps that were done are the ones before it, in whatever order.
    since = max([since, *(event.occurred_at for event in done.values())])
    due = after_working_days(since.astimezone(zone).date(), action.after_days, country)
    return Task(lead, action, since, due)
