"""How a test stands on a day, past or present: its counts and checks, and never its effects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from experiments.adherence import Followed
from experiments.check import Check
from experiments.company import the_company
from experiments.comparing import Group, groups
from experiments.counting import count
from experiments.evidence import Evidence
from experiments.exclusion import Elsewhere, kept_out
from experiments.experiment import Experiment
from experiments.freshness import complete_through
from experiments.health import checks
from experiments.people import Rep
from experiments.plan import Plan, frozen_plan
from experiments.problem import Refused, problem
from experiments.roster import roster_of
from experiments.window import window_of


@dataclass(frozen=True, slots=True)
class Health:
    """A test's health as of a moment.

    Attributes:
        as_of: What was recorded by then is seen.
        complete_through: Through when the sources' data was complete.
        groups: Leads by variant, without what became of them.
        followed: What was followed of the treatments that say what following means.
        names: Of reps, by id.
        kept_out: Leads that another test of the exclusion group has.
    """

    plan: Plan
    as_of: datetime
    complete_through: datetime
    groups: tuple[Group, ...]
    checks: tuple[Check, ...]
    followed: tuple[Followed, ...]
    names: Mapping[int, str]
    kept_out: tuple[Elsewhere, ...]


def health_on(
    session: Session, found: Experiment, *, now: datetime, day: date | None = None
) -> Health:
    """The health of a launched test at the end of a day, or now.

    Raises:
        Refused: for a draft, and a day before the launch or in the future.
    """
    if found.launched_at is None:
        raise Refused(problem("status", "A draft has no health yet: launch it first."))
    plan = frozen_plan(found)
    as_of = _moment(session, found, day, now) if day else now
    through = complete_through(session, found.id, now=as_of)
    window = window_of(found.id, plan, through=through, as_of=as_of)
    counts = count(session, window)
    roster = roster_of(session, found, plan, as_of=as_of)
    measured = through >= found.measured_at
    evidence = Evidence(session, found, roster, counts, window=window, measured=measured)
    return Health(
        plan=plan,
        as_of=as_of,
        complete_through=through,
        groups=groups(roster, counts, shown=False),
        checks=checks(evidence),
        followed=evidence.followed,
        names=dict(session.execute(select(Rep.id, Rep.name)).all()),
        kept_out=kept_out(session, found, as_of=as_of),
    )


def _moment(session: Session, found: Experiment, day: date, now: datetime) -> datetime:
    """The last moment of a day in the company's zone."""
    zone = the_company(session).zone
    end = datetime.combine(day + timedelta(days=1), time(), zone) - timedelta(microseconds=1)
    if found.launched_at and end < found.launched_at:
        raise Refused(problem("as_of", "The test was not launched yet on {day}.", day=day))
    if day > now.astimezone(zone).date():
        raise Refused(problem("as_of", "{day} is still to come.", day=day))
    return min(end, now)
