"""Exclusion groups: experiments that must not overlap.

Of the experiments of a group one alone has a lead: the first that enrolled it, for ever. Where one
of two splits reps, a rep's leads follow that test whether they enrol or not, so the two share no
rep while the first is under way.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ForeignKey, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from experiments.enrolment import Enrolment
from experiments.experiment import Experiment, Status, Unit, launched, status
from experiments.freshness import complete_through
from experiments.people import Rep
from experiments.problem import Problem, problem
from experiments.store.bulk import add_rows, among
from experiments.store.columns import Entity

UNDER_WAY = (Status.RUNNING, Status.PAUSED, Status.ENROLMENT_CLOSED)


class KeptOut(Entity):
    """A lead that would have enrolled, had another experiment of the group not had it first."""

    __tablename__ = "kept_out"

    experiment_id: Mapped[int] = mapped_column(ForeignKey("experiments.id"), primary_key=True)
    lead_id: Mapped[int] = mapped_column(ForeignKey("leads.id"), primary_key=True)
    first_id: Mapped[int] = mapped_column(ForeignKey("experiments.id"))
    recorded_at: Mapped[datetime]


KEPT_OUT = KeptOut.metadata.tables[KeptOut.__tablename__]


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """How many leads were kept out because another experiment, the first, has them."""

    key: str
    name: str
    leads: int


def groups(session: Session) -> list[str]:
    """The names of all exclusion groups, in the order of the alphabet."""
    named = select(Experiment.exclusion_group).distinct()
    found = session.scalars(named.where(Experiment.exclusion_group.is_not(None)))
    return sorted((each for each in found if each), key=str.casefold)


def spelled(session: Session, name: str | None) -> str | None:
    """The name of a group as it was written first.

    `pricing` and `Pricing` would else be two groups that do not keep each other out.
    """
    if not name:
        return None
    name = " ".join(name.split())
    known = {each.casefold(): each for each in groups(session)}
    return known.get(name.casefold(), name)


def others(session: Session, found: Experiment) -> list[Experiment]:
    """The other experiments of the group, in the order in which they were planned."""
    wanted = select(Experiment).where(
        Experiment.exclusion_group == found.exclusion_group, Experiment.id != found.id
    )
    return list(session.scalars(wanted.order_by(Experiment.id)))


def overlaps(
    session: Session, found: Experiment, reps: Iterable[Rep], *, where: str, now: datetime
) -> Iterator[Problem]:
    """What keeps these reps from taking part: each other test that has some of them, with names.

    Args:
        where: The field that says who takes part.
    """
    mine = {rep.id: rep.name for rep in reps}
    for other in launched(session):
        names = ", ".join(sorted(mine[each.id] for each in other.participants if each.id in mine))
        values = {"reps": names, "other": other.name}
        if other is found or other.rehearsal or not names:
            continue
        if found.unit is other.unit is Unit.REP:
            # A rep cannot follow two processes at once.
            yield problem(where, "{reps} already take part in {other}.", **values)
        elif Unit.REP in (found.unit, other.unit) and _excludes(session, found, other, now):
            yield problem(
                where,
                "{other} is in the same exclusion group, and these take part in it: {reps}. "
                "Leave them out, or wait until it is measured.",
                **values,
            )


def served_first(session: Session, found: Experiment, *, now: datetime) -> list[Experiment]:
    """The tests of leads to which the new leads of some of a draft's reps go, while they enrol."""
    reps = {rep.id for rep in found.participants}
    return [
        other
        for other in launched(session)
        if found.unit is other.unit is Unit.LEAD
        and _excludes(session, found, other, now)
        and now < other.enrolment_end_at
        and any(rep.id in reps for rep in other.participants)
    ]


def taken(session: Session, group: str | None, lead_ids: Sequence[int]) -> dict[int, int]:
    """Which of these leads an experiment of the group has, and the id of that experiment."""
    if group is None or not lead_ids:
        return {}
    wanted = select(Enrolment.lead_id, Enrolment.experiment_id).where(
        Enrolment.exclusion_group == group, among(session, Enrolment.lead_id, lead_ids)
    )
    return dict(session.execute(wanted).all())


def keep_out(
    session: Session, found: Experiment, firsts: Mapping[int, int], *, now: datetime
) -> None:
    """Write down which leads do not enrol, by the id of the experiment that has each."""
    rows = [
        {
            "experiment_id": found.id,
            "lead_id": lead_id,
            "first_id": first_id,
            "recorded_at": now,
        }
        for lead_id, first_id in firsts.items()
    ]
    if rows:
        add_rows(session, KEPT_OUT, rows)


def kept_out(session: Session, found: Experiment, *, as_of: datetime) -> tuple[Elsewhere, ...]:
    """How many leads were kept out by then, by the experiment that has them."""
    wanted = (
        select(Experiment.key, Experiment.name, func.count(KeptOut.lead_id))
        .join(KeptOut, KeptOut.first_id == Experiment.id)
        .where(KeptOut.experiment_id == found.id, KeptOut.recorded_at <= as_of)
        .group_by(Experiment.id, Experiment.key, Experiment.name)
        .order_by(Experiment.id)
    )
    return tuple(Elsewhere(*row) for row in session.execute(wanted))


def first_of(session: Session, found: Experiment, lead_id: int) -> Experiment | None:
    """The experiment that keeps a lead out of this one; None where nothing does."""
    return session.scalar(
        select(Experiment)
        .join(KeptOut, KeptOut.first_id == Experiment.id)
        .where(KeptOut.experiment_id == found.id, KeptOut.lead_id == lead_id)
    )


def _excludes(session: Session, found: Experiment, other: Experiment, now: datetime) -> bool:
    if found.exclusion_group is None or found.exclusion_group != other.exclusion_group:
        return False
    through = complete_through(session, other.id, now=now)
    return status(other, now=now, complete_through=through) in UNDER_WAY
