"""A rep who leaves: since when, and who works their open leads from then on.

Tests keep a lead where it enrolled, and count it for the rep who had it then, whoever works it
now.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from experiments import audit
from experiments.deed import LONGEST_REASON, Deed
from experiments.enrolment import Assignment, Enrolment
from experiments.events import SITE, EventType
from experiments.experiment import Experiment, launched
from experiments.ingest import ingest
from experiments.leads import Lead
from experiments.people import Rep, rep_of_user
from experiments.problem import NotFound, Refused, problem
from experiments.process import Stage, StageKind
from experiments.records import EventRecord


@dataclass(frozen=True, slots=True)
class TakingPart:
    """A test under way that counts a rep.

    Args:
        variants: What the rep was assigned to, in order; none where leads are split.
        enrolled: Leads that count for the rep.
        given_away: Of these, leads that somebody else works now.
    """

    test: Experiment
    variants: Sequence[str]
    enrolled: int
    given_away: int


def rep_by_id(session: Session, rep_id: int) -> Rep:
    """The rep with that id. Raises NotFound."""
    found = session.get(Rep, rep_id)
    if found is None:
        raise NotFound("rep", rep_id)
    return found


def leavers(session: Session) -> list[Rep]:
    """Every rep who has left, by name."""
    wanted = select(Rep).where(Rep.left_at.is_not(None)).order_by(Rep.name)
    return list(session.scalars(wanted))


def open_leads(session: Session, rep: Rep) -> list[Lead]:
    """A rep's leads that are still worked, the oldest first."""
    still_open = or_(Stage.kind == StageKind.OPEN, Lead.stage_id.is_(None))
    wanted = select(Lead).outerjoin(Stage, Lead.stage_id == Stage.id)
    return list(
        session.scalars(wanted.where(Lead.owner_id == rep.id, still_open).order_by(Lead.id))
    )


def taking_part(session: Session, rep: Rep) -> list[TakingPart]:
    """The tests under way that count a rep."""
    return [_part(session, each, rep) for each in launched(session) if rep in each.participants]


def leave(session: Session, rep: Rep, day: str, *, zone: ZoneInfo, deed: Deed) -> None:
    """Say on which day a rep left, or with an empty day that the rep is here.

    Raises:
        Refused: for a day that is none, that is to come, or that is before the rep began.
    """
    rep.left_at = _left_at(rep, day, zone, deed.now) if day else None
    subject = f"rep:{rep.external_id}"
    if day:
        audit.record(session, "left", subject, by=deed.by, now=deed.now, detail=day)
    else:
        audit.record(session, "came back", subject, by=deed.by, now=deed.now)


def hand_over(
    session: Session, rep: Rep, to: Sequence[Rep], *, reason: str = "", deed: Deed
) -> int:
    """Give all open leads of a rep to others, in turn. Returns how many leads that is.

    Raises:
        Refused: where nobody is chosen, or somebody who cannot take them; then nothing is stored.
    """
    if not to or rep in to or any(each.left_at for each in to):
        raise Refused(problem("to", "Choose who takes the leads: reps who are here."))
    if len(reason) > LONGEST_REASON:
        text = "A reason has at most {most} characters; this one has {length}."
        raise Refused(problem("reason", text, most=LONGEST_REASON, length=len(reason)))
    leads = open_leads(session, rep)
    given = [(lead, to[at % len(to)]) for at, lead in enumerate(leads)]
    actor = rep_of_user(session, deed.by.id)
    records = [_record(lead, owner, actor, reason, deed) for lead, owner in given]
    result = ingest(session, list(enumerate(records)), now=deed.now)
    if result.rejected:
        raise Refused(result.rejected[0].problem)
    names = ", ".join(each.name for each in to)
    detail = f"{len(leads)}: {names}"
    audit.record(
        session,
        "handed over",
        f"rep:{rep.external_id}",
        by=deed.by,
        now=deed.now,
        detail=detail,
    )
    return len(leads)


def _record(lead: Lead, owner: Rep, actor: Rep | None, reason: str, deed: Deed) -> EventRecord:
    began = lead.stage_entered_at or lead.created_at
    return EventRecord(
        source=SITE,
        source_id=deed.reference(f"owner:{lead.id}"),
        type=EventType.OWNER_CHANGED,
        lead_id=lead.external_id,
        owner_id=owner.external_id,
        actor_id=actor.external_id if actor else None,
        # A source's clock may run ahead of ours.
        occurred_at=max(deed.now, began) if began else deed.now,
        reason=reason,
    )


def _left_at(rep: Rep, day: str, zone: ZoneInfo, now: datetime) -> datetime:
    try:
        last = date.fromisoformat(day)
    except ValueError:
        raise Refused(problem("day", "{day} is no day.", day=day[:20])) from None
    if last > now.astimezone(zone).date():
        raise Refused(problem("day", "This day is to come: say so once it is there."))
    if last < rep.joined_at.astimezone(zone).date():
        raise Refused(problem("day", "{rep} was not here yet.", rep=rep.name))
    ended = datetime(last.year, last.month, last.day, tzinfo=zone) + timedelta(days=1)
    return min(ended, now)


def _part(session: Session, test: Experiment, rep: Rep) -> TakingPart:
    rows = session.scalars(
        select(Assignment)
        .where(Assignment.experiment_id == test.id, Assignment.unit == rep.external_id)
        .order_by(Assignment.period)
    )
    mine = (Enrolment.experiment_id == test.id, Enrolment.rep_id == rep.id)
    counted = select(func.count()).select_from(Enrolment).where(*mine)
    away = counted.join(Lead, Lead.id == Enrolment.lead_id)
    away = away.where(or_(Lead.owner_id != rep.id, Lead.owner_id.is_(None)))
    return TakingPart(
        test,
        [row.variant.name for row in rows],
        session.scalar(counted) or 0,
        session.scalar(away) or 0,
    )
