"""What is known of each rep before a test: counted at launch, and frozen with its plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from experiments.company import the_company
from experiments.events import Event, EventType
from experiments.experiment import Experiment
from experiments.people import Rep
from experiments.sales_history import WEEK, SalesHistory, sales_history
from experiments.valuation import Valuation

# Older weeks say less of how a rep does today.
MOST_WEEKS = 26


class Trait(StrEnum):
    """A value of each rep from before a test."""

    SHARE = "share"  # of leads that reached the milestone within the horizon
    LEADS = "leads"  # a week
    DEAL_SIZE = "deal_size"  # of a won deal on average, in minor units
    TENURE = "tenure"  # weeks since the rep came, or had the first lead if that was earlier


@dataclass(frozen=True, slots=True)
class Baseline:
    """What was known of the reps before a test.

    Attributes:
        until_at: Leads count that began before this moment, ISO 8601 in UTC; None without any.
        weeks: In so many weeks before it, 0 for a company without a past.
        currency: Of deal sizes.
        values: By rep, then by trait; None where nothing is known, which is not the same as 0.
    """

    until_at: str | None
    weeks: int
    currency: str
    values: Mapping[str, Mapping[str, float | None]]

    @classmethod
    def read(cls, written: Mapping[str, Any] | None) -> Baseline | None:
        """The one of a plan's text; plans of older versions have none."""
        return cls(**written) if written else None

    def of(self, trait: Trait) -> dict[str, float | None]:
        """A trait of each rep."""
        return {unit: values.get(trait) for unit, values in self.values.items()}

    def without(self, trait: Trait) -> list[str]:
        """Reps of whom it is not known, in order."""
        return sorted(unit for unit, value in self.of(trait).items() if value is None)


def baseline_of(session: Session, found: Experiment, *, now: datetime) -> Baseline:
    """What is known of an experiment's reps.

    The past is counted as the test itself will count: leads whose horizon was over before
    enrolment begins, in the latest half year, each counted for who had it first.
    """
    currency = the_company(session).currency
    past = sales_history(
        session,
        now=now,
        horizon_days=found.horizon_days,
        milestone=found.milestone,
        before=found.enrol_from_at,
        valuation=Valuation(currency, None, dict(sorted(found.rates.items())), 0.0),
    )
    sold = _sold(past)
    tenures = _tenures(session, found, at=found.enrol_from_at if found.rehearsal else now)
    nothing = _traits(0, 0, 0, 0.0, weeks=min(past.weeks, MOST_WEEKS))
    return Baseline(
        until_at=past.until_at.astimezone(UTC).isoformat()
        if past.weeks and past.until_at
        else None,
        weeks=min(past.weeks, MOST_WEEKS),
        currency=currency,
        values={
            rep.external_id: sold.get(rep.external_id, nothing)
            | {Trait.TENURE.value: tenures[rep.external_id]}
            for rep in found.participants
        },
    )


def _sold(past: SalesHistory) -> dict[str, dict[str, float | None]]:
    """What the latest weeks say of each rep who had leads at any time."""
    assert past.wins is not None  # noqa: S101 - a valuation was asked for
    assert past.value is not None  # noqa: S101 - likewise
    leads, reached = past.latest(MOST_WEEKS)
    wins, value = (table[:, -MOST_WEEKS:].sum(axis=1) for table in (past.wins, past.value))
    sums = (each.tolist() for each in (leads, reached, wins, value))
    weeks = min(past.weeks, MOST_WEEKS)
    return {
        rep: _traits(*figures, weeks=weeks) for rep, *figures in zip(past.reps, *sums, strict=True)
    }


def _traits(
    leads: int, reached: int, wins: int, value: float, *, weeks: int
) -> dict[str, float | None]:
    return {
        Trait.SHARE.value: reached / leads if leads else None,
        # In a past that is known, no leads are none; without a past nobody can say.
        Trait.LEADS.value: leads / weeks if weeks else None,
        Trait.DEAL_SIZE.value: float(round(value / wins)) if wins else None,
    }


def _tenures(session: Session, found: Experiment, *, at: datetime) -> dict[str, float | None]:
    """Weeks that each rep was there; None for who came later than that moment."""
    # Where a team was brought by a file, reps joined on the day of the import.
    first = select(Event.owner_id, func.min(Event.occurred_at)).where(
        Event.type == EventType.CREATED, Event.owner_id.in_(rep.id for rep in found.participants)
    )
    began = dict(session.execute(first.group_by(Event.owner_id)).all())
    return {
        rep.external_id: _weeks_between(rep, began.get(rep.id), at) for rep in found.participants
    }


def _weeks_between(rep: Rep, first_lead: datetime | None, at: datetime) -> float | None:
    since = min(rep.joined_at, first_lead or rep.joined_at)
    return round((at - since) / WEEK, 1) if since <= at else None
