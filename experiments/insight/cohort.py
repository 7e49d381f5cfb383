"""Which leads an insight is about: those that began, who had them first, and by which process."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import ibis
from ibis import _
from ibis.expr.types import Table
from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from experiments.company import the_company
from experiments.events import SITE, EventType, Source
from experiments.experiment import Experiment, Status, launched, status
from experiments.freshness import complete_through
from experiments.opening import openings
from experiments.people import Rep, Team, team_named
from experiments.problem import Refused, problem
from experiments.process import Process, process
from experiments.store.columns import DAY_MICROS, to_micros

LONGEST_HORIZON = 730
# Tests under way show no effects; nor may a table that sets their processes side by side.
_OVER = (Status.MEASURED, Status.DECIDED, Status.STOPPED)


@dataclass(frozen=True, slots=True)
class Scope:
    """What is asked for.

    Attributes:
        horizon_days: Within how many days of its beginning an outcome of a lead counts.
        process: The key of a process, or "" for all.
        team: The name of the team that had the leads first, or "" for all.
        since, until: The days on which leads began, both included.
    """

    horizon_days: int = 60
    process: str = ""
    team: str = ""
    since: date | None = None
    until: date | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.horizon_days <= LONGEST_HORIZON:
            text = "Give a horizon of 1 to {most} days."
            raise Refused(problem("horizon", text, most=LONGEST_HORIZON))
        if self.since and self.until and self.until < self.since:
            raise Refused(problem("until", "The last day is before the first."))


@dataclass(frozen=True, slots=True, eq=False)
class Cohort:
    """The leads of a scope as one expression, and the moments that bound what is known of them.

    Attributes:
        leads: A row per lead: lead_id, rep_id (who had it first), process_id, enrolled_at,
            ends_at (when its horizon is over), experiment_id and recorded_at (both 0).
        hidden: The ids of the tests under way whose leads are left out.
    """

    scope: Scope
    leads: Table
    complete_through: datetime
    as_of: datetime
    hidden: tuple[int, ...] = ()

    @property
    def matured(self) -> Table:
        """The leads whose horizon passed while the data was complete."""
        return self.leads.filter(_.ends_at <= to_micros(self.complete_through))


def cohort(session: Session, scope: Scope, *, now: datetime, apart: bool = False) -> Cohort:
    """The leads of a scope.

    Args:
        apart: Whether processes will stand side by side: then the leads of tests under way are
            left out, as they would show what the tests hide.
    Raises:
        NotFound: for a process or team that is not there.
    """
    hidden = hidden_tests(session, now=now) if apart or scope.process else ()
    leads = _with_process(_begun(now)).mutate(
        ends_at=_.enrolled_at + scope.horizon_days * DAY_MICROS
    )
    if scope.process:
        leads = leads.filter(_.process_id == process(session, scope.process).id)
    if scope.team:
        leads = leads.filter(_.rep_id.isin(_rep_ids(session, scope.team)))
    leads = _between(session, leads, scope)
    if hidden:
        leads = leads.anti_join(_enrolled_in(hidden), "lead_id")
    return Cohort(scope, leads, data_through(session, now=now), now, hidden)


def data_through(session: Session, *, now: datetime) -> datetime:
    """The moment through which all sources together have told everything.

    The earliest of the files, and the latest of the live sources, as `freshness` has it.
    """
    at = Source.complete_through_at
    wanted = select(func.min(case((~Source.live, at))), func.max(case((Source.live, at))))
    of_files, of_live = session.execute(wanted.where(Source.name != SITE)).one()
    return min(of_files or now, of_live or now, now)


def hidden_tests(session: Session, *, now: datetime) -> tuple[int, ...]:
    """The ids of the tests under way that nobody has opened early."""
    return tuple(each.id for each in launched(session) if _is_hidden(session, each, now))


def team_names(session: Session) -> dict[int, str]:
    """By rep's id the name of the team; "" for a rep without one."""
    wanted = select(Rep.id, Team.name).outerjoin(Team, Team.id == Rep.team_id)
    return {rep: name or "" for rep, name in session.execute(wanted)}


def process_names(session: Session) -> dict[int, Process]:
    """The processes by id."""
    return {each.id: each for each in session.scalars(select(Process))}


def _is_hidden(session: Session, found: Experiment, now: datetime) -> bool:
    through = complete_through(session, found.id, now=now)
    if status(found, now=now, complete_through=through) in _OVER:
        return False
    return not found.rehearsal and not list(openings(session, found))


def _begun(as_of: datetime) -> Table:
    """Every lead's beginning: its first word of being created, with an owner."""
    names = ("id", "lead_id", "owner_id", "occurred_at", "recorded_at", "voids_id")
    events = ibis.table(dict.fromkeys(names, "int64") | {"type": "string"}, name="events")
    known = events.filter(_.recorded_at <= to_micros(as_of))
    voided = known.filter(_.voids_id.notnull()).select(voided_id=_.voids_id)
    told = known.filter(_.type == EventType.CREATED.value, _.owner_id.notnull())
    standing = told.anti_join(voided, _.id == voided.voided_id)
    turn = ibis.row_number().over(group_by="lead_id", order_by=["occurred_at", "id"])
    return (
        standing.mutate(turn=turn)
        .filter(_.turn == 0)
        .select(
            "lead_id",
            rep_id=_.owner_id,
            enrolled_at=_.occurred_at,
            experiment_id=ibis.literal(0, "int64"),
            recorded_at=ibis.literal(0, "int64"),
        )
    )


def _with_process(begun: Table) -> Table:
    leads = ibis.table({"id": "int64", "version_id": "int64"}, name="leads")
    versions = ibis.table({"id": "int64", "process_id": "int64"}, name="process_versions")
    follows = leads.join(versions, leads.version_id == versions.id).select(
        of_lead=leads.id, process_id=versions.process_id
    )
    joined = begun.left_join(follows, begun.lead_id == follows.of_lead)
    return joined.select(*begun.columns, process_id=_.process_id.fill_null(0))


def _enrolled_in(tests: Collection[int]) -> Table:
    enrolments = ibis.table({"experiment_id": "int64", "lead_id": "int64"}, name="enrolments")
    chosen = enrolments.filter(_.experiment_id.isin(list(tests)))
    return chosen.select("lead_id").distinct()


def _rep_ids(session: Session, team: str) -> list[int]:
    # No id is below 1, so a team without reps has no leads.
    return [rep.id for rep in team_named(session, team).reps] or [0]


def _between(session: Session, leads: Table, scope: Scope) -> Table:
    zone = the_company(session).zone
    if scope.since:
        first = datetime.combine(scope.since, time(), zone)
        leads = leads.filter(_.enrolled_at >= to_micros(first))
    if scope.until:
        after = datetime.combine(scope.until + timedelta(days=1), time(), zone)
        leads = leads.filter(_.enrolled_at < to_micros(after))
    return leads
