"""What needs somebody: a look that is due, data that went stale, a check that fails."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from experiments.check import CheckName, State
from experiments.events import SITE, Source
from experiments.experiment import Experiment, Status, experiments
from experiments.report import Report, build

# A source that has not told for so long has probably stopped.
MOST_DAYS = 7
# What chance did at launch is in the report, and calls for nobody.
_NOBODY_MENDS = (CheckName.BALANCE,)
_ALIVE = (Status.RUNNING, Status.PAUSED, Status.ENROLMENT_CLOSED, Status.MEASURED)


class AlertKind(StrEnum):
    """What happened."""

    LOOK_DUE = "look_due"
    DECISION_DUE = "decision_due"
    CHECK_FAILED = "check_failed"
    STALE_SOURCE = "stale_source"


@dataclass(frozen=True, slots=True)
class Alert:
    """One thing to see to.

    Attributes:
        subject: The key of the experiment, or the name of the source.
        name: What people call it.
        since: Since when it holds, where that is known.
        check: The check that fails, for `CHECK_FAILED`; it may keep the verdict from standing.
        blocks: Whether no verdict stands until it is mended.
    """

    kind: AlertKind
    subject: str
    name: str
    since: datetime | None
    check: CheckName | None = None
    blocks: bool = False


def alerts(session: Session, *, now: datetime) -> tuple[Alert, ...]:
    """Everything that needs somebody, what blocks a verdict first."""
    found = [*_of_experiments(session, now), *_of_sources(session, now)]
    return tuple(
        sorted(found, key=lambda each: (not each.blocks, list(AlertKind).index(each.kind)))
    )


def _of_experiments(session: Session, now: datetime) -> Iterator[Alert]:
    for found in experiments(session):
        if found.launched_at is not None:
            yield from _of_experiment(found, build(session, found, now=now))


def _of_experiment(found: Experiment, report: Report) -> Iterator[Alert]:
    if report.status not in _ALIVE:
        return
    for check in report.checks:
        if check.state is State.FAILED and check.name not in _NOBODY_MENDS:
            kind = AlertKind.CHECK_FAILED
            yield Alert(kind, found.key, found.name, None, check.name, check.blocks)
    if report.due is not None:
        yield Alert(AlertKind.LOOK_DUE, found.key, found.name, report.due.due_at)
    if report.status is Status.MEASURED:
        yield Alert(AlertKind.DECISION_DUE, found.key, found.name, report.measured_at)


def _of_sources(session: Session, now: datetime) -> Iterator[Alert]:
    old = now - timedelta(days=MOST_DAYS)
    wanted = select(Source).where(Source.name != SITE, Source.complete_through_at < old)
    for source in session.scalars(wanted.order_by(Source.name)):
        kind = AlertKind.STALE_SOURCE
        yield Alert(kind, source.name, source.name, source.complete_through_at)
