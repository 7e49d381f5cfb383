"""What a rep has to do and by when, and the calendar that tells it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import vobject
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from experiments import people, process, process_draft
from experiments.calendar_feed import calendar
from experiments.company import Company
from experiments.ingest import ingest_events
from experiments.people import Rep
from experiments.problem import Refused
from experiments.tasks import due_by, tasks
from experiments.working_days import after_working_days, countries, is_working_day
from tests.experiments.conftest import Tell

BERLIN = ZoneInfo("Europe/Berlin")
LETTER = "Two lines,\nno more; please."
PROCESS: dict[str, Any] = {
    "name": "With delays",
    "segment": "inbound",
    "stages": [
        {
            "name": "New",
            "milestone": "lead",
            "actions": [
                {"name": "Call back", "kind": "call", "after_days": 0},
                {
                    "name": "Write",
                    "kind": "email",
                    "after_days": 2,
                    "instructions": "Two lines,\nno more; please.",
                },
                {"name": "Think"},
            ],
        },
        {"name": "Won", "kind": "won"},
        {"name": "Lost", "kind": "lost"},
    ],
}


@pytest.fixture
def rep(session: Session, company: Company, now: datetime) -> Rep:
    """A rep in Germany, whose team follows a process with delays."""
    version = process_draft.create(session, process_draft.checked(PROCESS), now=now)
    process.adopt(session, "inbound", version, now=now)
    team = people.add_team(session, "Berlin", segment="inbound", country="de")
    return people.add_rep(session, "Mia", team=team, now=now)


@pytest.fixture
def happens(session: Session, rep: Rep, tell: Tell, now: datetime) -> Callable[..., None]:
    """Something happens to lead L1 of the rep: `happens("New", day=3)`."""
    later = now + timedelta(days=200)
    begin = tell("L1", day=0, type="created", owner_id=rep.external_id)
    assert ingest_events(session, [begin], now=later).accepted

    def happen(stage: str | None = None, *, day: float, **more: str) -> None:
        assert ingest_events(session, [tell("L1", stage, day=day, **more)], now=later).accepted

    return happen


def in_short(session: Session, rep: Rep) -> list[tuple[str, date]]:
    return [(each.action.name, each.due_on) for each in tasks(session, rep, zone=BERLIN)]


def test_a_stage_entered_gives_the_first_task(
    session: Session, rep: Rep, happens: Callable[..., None]
) -> None:
    assert in_short(session, rep) == []
    happens("New", day=1)
    assert in_short(session, rep) == [("Call back", date(2026, 3, 3))]


def test_an_action_done_gives_the_next_after_its_delay(
    session: Session, rep: Rep, happens: Callable[..., None]
) -> None:
    happens("New", day=1)
    # Thursday; the two working days after it are Friday and Monday.
    happens(day=3, type="action_done", action="Call back")
    assert in_short(session, rep) == [("Write", date(2026, 3, 9))]


def test_holidays_of_the_teams_country_are_skipped(
    session: Session, rep: Rep, happens: Callable[..., None]
) -> None:
    happens("New", day=1)
    # The second of April 2026 is the Thursday before Easter.
    happens(day=31, type="action_done", action="Call back")
    assert in_short(session, rep) == [("Write", date(2026, 4, 8))]


def test_a_step_without_a_delay_is_no_task(
    session: Session, rep: Rep, happens: Callable[..., None]
) -> None:
    happens("New", day=1)
    for name in ("Call back", "Write"):
        happens(day=2, type="action_done", action=name)
    assert in_short(session, rep) == []


@pytest.mark.parametrize("stage", ["Won", "Lost"])
def test_a_closed_lead_has_no_task(
    session: Session, rep: Rep, happens: Callable[..., None], stage: str
) -> None:
    happens("New", day=1)
    happens(stage, day=2)
    assert in_short(session, rep) == []


def test_a_lead_that_comes_back_has_its_tasks_again(
    session: Session, rep: Rep, happens: Callable[..., None]
) -> None:
    happens("New", day=1)
    happens(day=2, type="action_done", action="Call back")
    happens("Lost", day=8)
    happens("New", day=14)
    (first,) = tasks(session, rep, zone=BERLIN)
    assert (first.action.name, first.due_on) == ("Call back", date(2026, 3, 16))


def test_tasks_due_by_a_day_are_the_late_ones_too(
    session: Session, rep: Rep, happens: Callable[..., None]
) -> None:
    happens("New", day=1)
    found = tasks(session, rep, zone=BERLIN)
    assert due_by(found, date(2026, 3, 2)) == []
    assert due_by(found, date(2026, 3, 3)) == due_by(found, date(2027, 1, 1)) == found


def test_another_library_reads_the_calendar(
    session: Session, rep: Rep, happens: Callable[..., None], now: datetime
) -> None:
    happens("New", day=1)
    happens(day=3, type="action_done", action="Call back")
    found = tasks(session, rep, zone=BERLIN)
    text = calendar(found, site="https://x.example/", now=now).decode()
    (event,) = vobject.readOne(text).vevent_list
    assert event.summary.value == "Write: L1"
    assert event.dtstart.value == date(2026, 3, 9)
    assert event.dtend.value == date(2026, 3, 10)
    assert event.description.value == LETTER
    assert event.url.value == "https://x.example/leads/L1"
    again = calendar(tasks(session, rep, zone=BERLIN), site="https://x.example/", now=now)
    assert again.decode() == text


def test_an_empty_calendar_is_a_calendar(now: datetime) -> None:
    assert vobject.readOne(calendar([], site="https://x.example", now=now).decode()).name


def test_a_country_nobody_knows_is_refused(session: Session, company: Company) -> None:
    with pytest.raises(Refused, match="country"):
        people.add_team(session, "Nowhere", country="XX")


def test_the_weekend_is_the_countrys_own() -> None:
    friday = date(2026, 3, 6)
    assert is_working_day(friday, "DE")
    assert not is_working_day(friday, "IR")
    assert not is_working_day(date(2026, 3, 8), "")
    assert len(countries()) > 100


@given(
    st.dates(date(2020, 1, 1), date(2030, 12, 31)),
    st.integers(0, 30),
    st.sampled_from(["", "DE", "US", "IR", "JP"]),
)
def test_so_many_working_days_lie_between(start: date, days: int, country: str) -> None:
    end = after_working_days(start, days, country)
    assert is_working_day(end, country)
    passed = [start + timedelta(days=n) for n in range(1, (end - start).days + 1)]
    worked = sum(is_working_day(day, country) for day in passed)
    assert worked == (days if days or is_working_day(start, country) else 1)
