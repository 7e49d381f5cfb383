"""The demo made: the company founded, and its history lived through up to today."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from experiments.demo import company, trials
from experiments.demo.history import History
from experiments.demo.trials import WEEKS
from experiments.demo.workweek import WorkWeeks
from experiments.events import Event
from experiments.leads import Lead

# The effects are built into `market.ODDS`; chance decides what a test shows of them. Of ten
# seeds tried, five let the test of inbound find its winner. This one was taken, with the
# second draw of that test's split, because its halves are alike in leads and the other
# tests stay undecided, as a visitor should meet them.
SEED = 7


@dataclass(frozen=True, slots=True)
class Made:
    """How much was made."""

    leads: int
    events: int


def make(
    session: Session,
    *,
    now: datetime,
    seed: int = SEED,
    scale: float = 1.0,
    say: Callable[[str], None] = lambda _: None,
) -> Made:
    """Found the company and live through its history up to `now`.

    Args:
        seed: Of all that happens by chance: the same seed and day give the same history.
        scale: How many leads come, as a share of the usual number.
        say: Told what is being done, in plain English.
    """
    zone = ZoneInfo(company.TIME_ZONE)
    today = now.astimezone(zone).date()
    weeks = WorkWeeks(today - timedelta(days=today.weekday(), weeks=WEEKS), zone)
    say(f"{company.NAME}: its teams, reps and processes")
    company.found(session, now=weeks.starts(0) - timedelta(days=1))
    busy = company.login(company.REP_ACCOUNT)
    history = History(session, weeks, seed=seed, scale=scale, busy=busy)
    for week in range(WEEKS):
        if week % 11 == 0:
            say(f"its leads since {weeks.day(week):%d %B %Y}")
        trials.advance(session, week, weeks)
        history.live(week, now=weeks.ends(week), astray=week == WEEKS - 1)
    history.live(WEEKS, now=now)
    return Made(_count(session, Lead), _count(session, Event))


def _count(session: Session, entity: type[Lead] | type[Event]) -> int:
    return session.scalar(select(func.count()).select_from(entity)) or 0
