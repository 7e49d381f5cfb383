"""Lists of leads: their groups, their order, their pages, and the next step of each."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from experiments import process_draft, worklist
from experiments.ingest import ingest_events
from experiments.leads import Lead, lead
from experiments.people import Rep
from experiments.process import ProcessVersion, StageKind
from experiments.worklist import PAGE_SIZE, Search, StageGroup
from tests.experiments.conftest import PROCESS, Tell

LATER = timedelta(days=100)
Work = Callable[..., None]


@pytest.fixture
def work(
    session: Session, version: ProcessVersion, reps: list[Rep], tell: Tell, now: datetime
) -> Work:
    """Begins a lead of the first rep and moves it: `work("L1", "Demo", day=3)`."""

    def make(lead_id: str, stage: str = "", *, day: float = 1, rep: int = 0, **more: str) -> None:
        owner = reps[rep].external_id
        events = [tell(lead_id, day=day, type="created", owner_id=owner, **more)]
        if stage:
            events.append(tell(lead_id, stage, day=day))
        ingest_events(session, events, now=now + LATER)

    return make


def ids(leads: list[Lead]) -> list[str]:
    return [each.external_id for each in leads]


def test_leads_are_counted_by_stage_in_the_order_of_the_way(
    session: Session, reps: list[Rep], work: Work
) -> None:
    stages = ["Lost", "Demo", "", "Won", "Qualify", "Demo", "New", "Won"]
    for n, stage in enumerate(stages):
        work(f"L{n}", stage)
    work("other", "Demo", rep=1)

    assert worklist.groups(session, Search(reps[0])) == [
        StageGroup("", StageKind.OPEN, 1),
        StageGroup("New", StageKind.OPEN, 1),
        StageGroup("Qualify", StageKind.OPEN, 1),
        StageGroup("Demo", StageKind.OPEN, 2),
        StageGroup("Won", StageKind.WON, 2),
        StageGroup("Lost", StageKind.LOST, 1),
    ]
    assert sum(each.leads for each in worklist.groups(session, Search())) == 9


def test_a_stage_of_two_versions_is_one_group(
    session: Session, version: ProcessVersion, reps: list[Rep], work: Work, now: datetime
) -> None:
    work("L1", "Demo")
    process_draft.revise(session, version.process, process_draft.checked(PROCESS), now=now)
    work("L2", "Demo", process="discovery-first@2")

    assert lead(session, "L1").stage is not lead(session, "L2").stage
    assert worklist.groups(session, Search(reps[0])) == [StageGroup("Demo", StageKind.OPEN, 2)]


def test_a_page_keeps_the_order_of_the_groups_and_the_longest_comes_first(
    now: datetime, session: Session, reps: list[Rep], work: Work
) -> None:
    for lead_id, stage, day in [
        ("won", "Won", 1),
        ("late demo", "Demo", 9),
        ("early demo", "Demo", 2),
        ("new", "New", 8),
        ("fresh", "", 30),
    ]:
        work(lead_id, stage, day=day)

    page = worklist.page(session, Search(reps[0]), now=now)

    assert ids(list(page.leads)) == ["fresh", "new", "early demo", "late demo", "won"]
    assert (page.total, page.number) == (5, 1)


def test_leads_in_no_stage_make_a_page_too(
    now: datetime, session: Session, reps: list[Rep], work: Work
) -> None:
    work("b", day=2)
    work("a", day=1)

    assert ids(list(worklist.page(session, Search(reps[0]), now=now).leads)) == ["a", "b"]


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        (Search(text="north"), ["L1"]),
        (Search(text="l2"), ["L2"]),
        (Search(text="100%"), ["L3"]),
        (Search(text="_"), []),
        (Search(stage="Demo"), ["L1", "L3"]),
        (Search(text="L", stage="New"), ["L2"]),
        (Search(stage="Nowhere"), []),
    ],
)
def test_leads_are_found_by_text_and_stage(
    now: datetime, session: Session, work: Work, search: Search, expected: list[str]
) -> None:
    work("L1", "Demo", name="Northwind")
    work("L2", "New", name="Fabrikam")
    work("L3", "Demo", name="100% Foods", rep=1)

    assert ids(list(worklist.page(session, search, now=now).leads)) == expected


@pytest.mark.parametrize(
    ("number", "shown", "first"),
    [(1, 1, "L000"), (2, 2, "L050"), (99, 2, "L050"), (-3, 1, "L000"), (10**30, 2, "L050")],
)
def test_a_page_before_the_first_or_past_the_last_is_that_one(
    now: datetime,
    session: Session,
    reps: list[Rep],
    work: Work,
    number: int,
    shown: int,
    first: str,
) -> None:
    for n in range(PAGE_SIZE + 3):
        work(f"L{n:03}", "Demo", day=1 + n / 100)

    page = worklist.page(session, Search(reps[0]), now=now, number=number)

    assert (page.number, page.total, page.leads[0].external_id) == (shown, PAGE_SIZE + 3, first)


def test_only_leads_still_worked_wait(
    now: datetime, session: Session, reps: list[Rep], work: Work
) -> None:
    work("won", "Won", day=1)
    work("demo", "Demo", day=5)
    work("fresh", day=3)
    work("qualify", "Qualify", day=4)
    work("other", "Demo", day=1, rep=1)

    waiting = worklist.waiting_longest(session, reps[0], now=now, limit=2)

    assert ids(waiting) == ["fresh", "qualify"]


def test_the_next_action_is_the_first_not_done_in_this_stay(
    session: Session, work: Work, tell: Tell, now: datetime
) -> None:
    work("L1", "Qualify", day=1)
    work("L2", "Qualify", day=1)
    work("L3", "Demo", day=1)
    called = tell("L1", day=2, type="action_done", action="Discovery call")
    ingest_events(session, [called], now=now + LATER)
    leads = [lead(session, each) for each in ("L1", "L2", "L3")]

    found = worklist.work(session, leads, now=now + LATER)

    assert [each.next_action.name if each.next_action else None for each in found] == [
        None,
        "Discovery call",
        None,
    ]


def test_a_voided_action_is_open_again(
    session: Session, work: Work, tell: Tell, now: datetime
) -> None:
    work("L1", "Qualify", day=1)
    called = tell("L1", day=2, type="action_done", action="Discovery call")
    wrong = tell("L1", day=3, type="voided", voids=called["source_id"])
    ingest_events(session, [called, wrong], now=now + LATER)

    assert worklist.ticks(session, [lead(session, "L1")]) == {}


def test_how_long_a_lead_has_stood_is_never_negative(
    session: Session, work: Work, now: datetime
) -> None:
    work("L1", "Demo", day=5)
    found = lead(session, "L1")

    # `tell` counts days from noon of the tests' first day, and `now` is its nine o'clock.
    assert worklist.stood(found, now + timedelta(days=7, hours=3)) == timedelta(days=2)
    assert worklist.stood(found, now) == timedelta()


def test_what_stands_too_long_comes_first_and_is_marked(
    session: Session, reps: list[Rep], version: ProcessVersion, tell: Tell, now: datetime
) -> None:
    quick = version.stage("demo")
    assert quick
    quick.rotting_days = 3
    for lead_id, stage, day in (("slow", "Qualify", 0), ("late", "Demo", 1), ("fresh", "Demo", 5)):
        events = [
            tell(lead_id, day=-1, type="created", owner_id=reps[0].external_id),
            tell(lead_id, stage, day=day),
        ]
        ingest_events(session, events, now=now + timedelta(days=7))
    today = now + timedelta(days=7)

    leads = worklist.waiting_longest(session, reps[0], now=today, limit=9)
    marked = {
        each.lead.external_id: each.rotting for each in worklist.work(session, leads, now=today)
    }

    assert list(marked.items()) == [("late", True), ("slow", False), ("fresh", False)]
    page = worklist.page(session, Search(reps[0], stage="Demo"), now=today)
    assert [each.external_id for each in page.leads] == ["late", "fresh"]
