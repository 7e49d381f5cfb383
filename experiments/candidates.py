"""Leads that may enrol in an experiment: who had them first, and when they were first seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, Subquery, and_, func, select
from sqlalchemy.orm import Session, aliased

from experiments.events import Event
from experiments.leads import Account, Lead
from experiments.people import Rep
from experiments.store.bulk import among


@dataclass(frozen=True, slots=True)
class Candidate:
    """A lead that has an owner and is not enrolled yet."""

    lead_id: int
    lead: str
    account: str | None
    rep_id: int
    rep: str
    first_seen_at: datetime
    first_owned_at: datetime


def candidates(
    session: Session, *, without: Sequence[Select[int]], lead_ids: Sequence[int] | None
) -> list[Candidate]:
    """Leads with an owner, in the order in which they were first seen.

    Args:
        without: The ids of those that are out of the question, in several selections.
        lead_ids: Only these; None for all.
    """
    standing = _standing_events(session, lead_ids)
    seen = select(standing.c.lead_id, func.min(standing.c.occurred_at).label("at"))
    first_seen = seen.group_by(standing.c.lead_id).subquery()
    order = [standing.c.occurred_at, standing.c.id]
    turn = func.row_number().over(partition_by=standing.c.lead_id, order_by=order)
    owned = select(standing, turn.label("turn")).where(standing.c.owner_id.is_not(None))
    first_owned = owned.subquery()
    wanted = (
        select(
            Lead.id,
            Lead.external_id,
            Account.external_id,
            Rep.id,
            Rep.external_id,
            first_seen.c.at,
            first_owned.c.occurred_at,
        )
        .join(first_owned, and_(first_owned.c.lead_id == Lead.id, first_owned.c.turn == 1))
        .join(first_seen, first_seen.c.lead_id == Lead.id)
        .join(Rep, Rep.id == first_owned.c.owner_id)
        .outerjoin(Account, Account.id == Lead.account_id)
        .where(*(Lead.id.not_in(each) for each in without))
        .order_by(first_seen.c.at, Lead.id)
    )
    return [Candidate(*row) for row in session.execute(wanted)]


def _standing_events(session: Session, lead_ids: Sequence[int] | None) -> Subquery:
    voiding = aliased(Event)
    wanted = (
        select(Event.id, Event.lead_id, Event.owner_id, Event.occurred_at)
        .outerjoin(voiding, voiding.voids_id == Event.id)
        .where(voiding.id.is_(None))
    )
    if lead_ids is not None:
        wanted = wanted.where(among(session, Event.lead_id, lead_ids))
    return wanted.subquery()
