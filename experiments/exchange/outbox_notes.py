"""What there is to tell: which variant a lead or a rep follows, and what is to be done next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from experiments.company import the_company
from experiments.exchange.outbox import Note, Topic, listeners, tell
from experiments.experiment import Experiment, Variant
from experiments.leads import Lead
from experiments.people import Rep, RepWord
from experiments.tasks import Task, tasks_of

if TYPE_CHECKING:
    from experiments.exchange.connections import Connection

# A file may tell of years: what was to be done then is nobody's task any more.
LATELY = timedelta(days=7)


def tell_enrolled(
    session: Session,
    found: Experiment,
    variants: Mapping[int, int],
    *,
    now: datetime,
    to: Sequence[Connection] | None = None,
) -> int:
    """Tell which variant these leads follow. A rehearsal is nobody's business.

    Args:
        variants: Lead → variant, by our own ids.
        to: Whom; those who listen where None.
    """
    to = listeners(session, Topic.LEAD_VARIANT) if to is None else to
    if not to or not variants or found.rehearsal:
        return 0
    names = {variant.id: variant for variant in found.variants}
    notes = []
    for lead, owner in _with_owners(session, variants):
        said = _variant(found, names[variants[lead.id]])
        said |= {"lead_id": lead.external_id, "owner_id": owner}
        key = f"variant:{found.id}:{lead.id}"
        notes.append(Note(Topic.LEAD_VARIANT, key, said, lead.id))
    return tell(session, to, notes, now=now)


def tell_assigned(
    session: Session, found: Experiment, variants: Iterable[tuple[str, int]], *, now: datetime
) -> int:
    """Tell which variant these reps follow: each rep's external id and the variant's id."""
    to = listeners(session, Topic.REP_VARIANT)
    if not to or found.rehearsal:
        return 0
    names = {variant.id: variant for variant in found.variants}
    notes = [
        Note(
            Topic.REP_VARIANT,
            f"rep:{found.id}:{rep}:{variant_id}",
            {"rep_id": rep} | _variant(found, names[variant_id]),
        )
        for rep, variant_id in variants
    ]
    return tell(session, to, notes, now=now)


def tell_tasks(session: Session, lead_ids: Sequence[int], *, now: datetime) -> int:
    """Tell the next step of these leads, where it came up lately and has a day."""
    to = listeners(session, Topic.TASK)
    if not to or not lead_ids:
        return 0
    found = tasks_of(session, lead_ids, zone=the_company(session).zone)
    recent = [task for task in found if task.since_at >= now - LATELY]
    words = _words(session, {task.lead.owner_id for task in recent if task.lead.owner_id})
    notes = [
        Note(Topic.TASK, f"task:{task.uid}", _task(task, words), task.lead.id) for task in recent
    ]
    return tell(session, to, notes, now=now)


def _with_owners(session: Session, lead_ids: Iterable[int]) -> list[tuple[Lead, str | None]]:
    wanted = select(Lead, Rep.external_id).outerjoin(Rep, Rep.id == Lead.owner_id)
    rows = session.execute(wanted.where(Lead.id.in_(lead_ids)).order_by(Lead.id))
    return [(lead, owner) for lead, owner in rows]


def _variant(found: Experiment, variant: Variant) -> dict[str, Any]:
    return {"experiment": found.key, "variant": variant.key, "variant_name": variant.name}


def _task(task: Task, words: Mapping[int, str]) -> dict[str, Any]:
    lead, action = task.lead, task.action
    return {
        "task_id": task.uid,
        "lead_id": lead.external_id,
        "lead": lead.title,
        "owner_id": words.get(lead.owner_id or 0),
        "subject": action.name,
        "kind": str(action.kind),
        "instructions": action.instructions,
        "due_on": task.due_on.isoformat(),
    }


def _words(session: Session, rep_ids: Iterable[int]) -> dict[int, str]:
    """Each rep's id as the CRM has it: the word that somebody explained, else our own."""
    ids = list(rep_ids)
    own = session.execute(select(Rep.id, Rep.external_id).where(Rep.id.in_(ids))).all()
    explained = select(RepWord.rep_id, RepWord.word).where(RepWord.rep_id.in_(ids))
    return dict(own) | dict(session.execute(explained.order_by(RepWord.id)).all())
