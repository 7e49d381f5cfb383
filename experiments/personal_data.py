"""All that the tables tell of one person, to be handed over at their request.

Deliveries and uploads as they came are not searched: they hold many people at once, in the words
of whoever sent them.
"""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from experiments import audit
from experiments.enrolment import Assignment, Enrolment
from experiments.events import Event, KeptRecord
from experiments.exclusion import KeptOut
from experiments.experiment import Experiment
from experiments.leads import Lead
from experiments.people import Rep
from experiments.plan import frozen_plan
from experiments.users import User


def known_of_lead(session: Session, lead: Lead) -> dict[str, Any]:
    """What is stored of a lead, as JSON can hold it; events that were taken back are in it too."""
    told = select(Event).where(Event.lead_id == lead.id).order_by(Event.occurred_at, Event.id)
    kept = select(KeptRecord.payload).where(KeptRecord.lead_ref == lead.external_id)
    return {
        "lead": lead.external_id,
        "name": lead.name,
        "account": lead.account.external_id if lead.account else None,
        "owner": lead.owner.name if lead.owner else None,
        "events": [_told(each) for each in session.scalars(told)],
        "waiting": [json.loads(each) for each in session.scalars(kept.order_by(KeptRecord.id))],
        "experiments": _enrolments(session, lead),
        "kept_out_of": _kept_out(session, lead),
        "acts": [_act(each) for each in audit.entries(session, f"lead:{lead.external_id}")],
    }


def known_of_rep(session: Session, rep: Rep) -> dict[str, Any]:
    """What is stored of a rep and of their account; their leads are the company's."""
    user = session.get(User, rep.user_id) if rep.user_id else None
    return {
        "rep": rep.external_id,
        "name": rep.name,
        "team": rep.team.name if rep.team else None,
        "joined_at": rep.joined_at.isoformat(),
        "left_at": rep.left_at.isoformat() if rep.left_at else None,
        "account": {"email": user.email, "name": user.name, "role": user.role} if user else None,
        "experiments": _assignments(session, rep),
        "acts": [_act(each) for each in (audit.acts_of(session, user) if user else ())],
    }


def _enrolments(session: Session, lead: Lead) -> list[dict[str, str]]:
    wanted = (
        select(Experiment.key, Enrolment.enrolled_at)
        .join(Enrolment, Enrolment.experiment_id == Experiment.id)
        .where(Enrolment.lead_id == lead.id)
        .order_by(Enrolment.id)
    )
    rows = session.execute(wanted)
    return [{"experiment": key, "enrolled_at": at.isoformat()} for key, at in rows]


def _kept_out(session: Session, lead: Lead) -> list[dict[str, str]]:
    wanted = (
        select(Experiment.key, KeptOut.recorded_at)
        .join(KeptOut, KeptOut.experiment_id == Experiment.id)
        .where(KeptOut.lead_id == lead.id)
        .order_by(Experiment.id)
    )
    rows = session.execute(wanted)
    return [{"experiment": key, "recorded_at": at.isoformat()} for key, at in rows]


def _assignments(session: Session, rep: Rep) -> list[dict[str, Any]]:
    wanted = (
        select(Experiment, Assignment)
        .join(Assignment, Assignment.experiment_id == Experiment.id)
        .where(Assignment.unit == rep.external_id)
        .order_by(Assignment.id)
    )
    return [
        {
            "experiment": found.key,
            "variant": row.variant.key,
            "assigned_at": row.assigned_at.isoformat(),
            "before": _before(found, rep),
        }
        for found, row in session.execute(wanted)
    ]


def _before(found: Experiment, rep: Rep) -> dict[str, float | None] | None:
    """What the frozen plan says of how the rep did before; None where it says nothing."""
    baseline = frozen_plan(found).baseline
    values = baseline.values.get(rep.external_id) if baseline else None
    return dict(values) if values else None


def _told(event: Event) -> dict[str, Any]:
    return {
        "type": event.type,
        "occurred_at": event.occurred_at.isoformat(),
        "recorded_at": event.recorded_at.isoformat(),
        "source": event.source.name,
        "stage": event.stage.name if event.stage else None,
        "action": event.action.name if event.action else None,
        "by": event.actor.name if event.actor else None,
        "reason": event.reason,
    }


def _act(entry: audit.AuditEntry) -> dict[str, str]:
    return {"at": entry.at.isoformat(), "act": entry.act, "subject": entry.subject}
