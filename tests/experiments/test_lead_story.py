"""A lead's page in data: its steps, what to do, where it can go, how it came."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from experiments import moving, users
from experiments.deed import Deed
from experiments.ingest import ingest_events
from experiments.lead_story import Place, Story, story_of
from experiments.leads import lead
from experiments.people import Rep
from experiments.process import ProcessVersion
from experiments.users import Role, User
from tests.experiments.conftest import Tell

Tells = Callable[..., Story]


@pytest.fixture
def reader(session: Session, reps: list[Rep], now: datetime) -> User:
    """The first rep's account."""
    user = users.add_user(
        session,
        email="rep@kestrel.example",
        name="Rep One",
        role=Role.REP,
        password="correct horse battery",
        now=now,
    )
    reps[0].user_id = user.id
    session.flush()
    return user


@pytest.fixture
def story(
    session: Session,
    version: ProcessVersion,
    reps: list[Rep],
    reader: User,
    tell: Tell,
    now: datetime,
) -> Tells:
    """The story of a lead that entered these stages, a day each, with other events."""

    def make(*stages: str, events: tuple[dict[str, Any], ...] = ()) -> Story:
        begun = tell("L1", day=0, type="created", owner_id=reps[0].external_id)
        moves = [tell("L1", stage, day=at) for at, stage in enumerate(stages, start=1)]
        ingest_events(session, [begun, *moves, *events], now=now + timedelta(days=50))
        found = lead(session, "L1")
        return story_of(session, found, reader=reader, now=now + timedelta(days=50))

    return make


def way(told: Story) -> str:
    marks = {Place.PASSED: "+", Place.SKIPPED: "-", Place.HERE: "*", Place.AHEAD: ""}
    return " ".join(step.name + marks[step.place] for step in told.steps)


@pytest.mark.parametrize(
    ("stages", "expected"),
    [
        ([], "New Qualify Demo Offer Won"),
        (["New"], "New* Qualify Demo Offer Won"),
        (["New", "Demo"], "New+ Qualify- Demo* Offer Won"),
        (["New", "Demo", "Qualify"], "New+ Qualify* Demo Offer Won"),
        (["New", "Qualify", "Won"], "New+ Qualify+ Demo- Offer- Won*"),
        (["New", "Demo", "Lost"], "New+ Qualify- Demo+ Lost*"),
        (["Lost"], "Lost*"),
        (["New", "Lost", "Demo"], "New+ Qualify- Demo* Offer Won"),
    ],
)
def test_the_way_says_what_was_passed_what_was_skipped_and_what_is_to_come(
    story: Tells, stages: list[str], expected: str
) -> None:
    assert way(story(*stages)) == expected


@pytest.mark.parametrize(
    ("stages", "expected", "closed"),
    [
        ([], "New", False),
        (["New"], "Qualify", False),
        (["Offer"], "Won", False),
        (["Won"], None, True),
        (["New", "Lost"], None, True),
    ],
)
def test_the_next_stage_is_the_one_after_this_until_the_end(
    story: Tells, stages: list[str], expected: str | None, closed: bool
) -> None:
    told = story(*stages)

    assert (told.next_stage.name if told.next_stage else None) == expected
    assert told.closed is closed


def test_a_lead_can_go_to_every_other_open_stage_and_back_to_its_last(story: Tells) -> None:
    told = story("New", "Demo", "Lost")

    assert [each.name for each in told.other_stages] == ["New", "Qualify", "Demo", "Offer"]
    assert [each.name for each in (*told.won_stages, *told.lost_stages)] == ["Won", "Lost"]
    assert told.last_open is not None
    assert told.last_open.name == "Demo"


def test_an_action_is_open_done_here_or_told_by_another_source(
    session: Session, story: Tells, reader: User, tell: Tell, now: datetime
) -> None:
    called = tell("L1", day=3, type="action_done", action="Discovery call")
    told = story("New", "Qualify", events=(called,))
    (item,) = told.to_do
    assert (item.who, item.here, item.before_at) == ("crm", False, None)

    void = tell("L1", day=4, type="voided", voids=called["source_id"])
    ingest_events(session, [void], now=now + timedelta(days=50))
    deed = Deed("a-mark-of-a-form", reader, now + timedelta(days=50))
    moving.tick(session, told.lead, item.action.key, deed=deed)
    (item,) = story_of(session, told.lead, reader=reader, now=deed.now).to_do
    assert (item.done_at, item.who, item.here) == (deed.now, "Rep 1", True)


def test_what_was_done_in_an_earlier_stay_is_said_and_open_again(story: Tells, tell: Tell) -> None:
    called = tell("L1", day=2.5, type="action_done", action="Discovery call")

    (item,) = story("New", "Qualify", "New", "Qualify", events=(called,)).to_do

    assert item.done_at is None
    assert item.before_at is not None


def test_the_history_is_told_backwards_without_repeats(story: Tells, tell: Tell) -> None:
    told = story("New", "New", "Demo", "Qualify")

    visits = [each.visit for each in told.entries if each.visit]
    assert [each.event.type for each in told.entries] == ["stage_entered"] * 3 + ["created"]
    assert [each.stage.name for each in visits] == ["Qualify", "Demo", "New"]
    assert [each.backward for each in visits] == [True, False, False]
    # Days 1 to 3 in New, the repeat on day 2 left out, and days 3 to 4 in Demo.
    stays = [each.stayed for each in told.entries]
    assert stays == [None, timedelta(days=1), timedelta(days=2), None]


def test_a_move_of_the_reader_can_be_undone_and_says_from_where(
    session: Session, story: Tells, reader: User, now: datetime
) -> None:
    told = story("New", "Qualify")
    assert (told.undo, told.undo_from) == (None, None)
    deed = Deed("a-mark-of-a-form", reader, now + timedelta(days=50))
    moving.move(session, told.lead, "demo", seen="qualify", deed=deed)

    again = story_of(session, told.lead, reader=reader, now=deed.now)

    assert again.undo is not None
    assert again.undo.stage is again.lead.stage
    assert again.undo_from is not None
    assert again.undo_from.name == "Qualify"


def test_a_manager_is_named_though_no_rep(session: Session, story: Tells, now: datetime) -> None:
    told = story("New")
    manager = users.add_user(
        session,
        email="manager@kestrel.example",
        name="Greta",
        role=Role.MANAGER,
        password="correct horse battery",
        now=now,
    )
    deed = Deed("a-mark-of-a-form", manager, now + timedelta(days=50))
    moving.move(session, told.lead, "qualify", seen="new", deed=deed)

    again = story_of(session, told.lead, reader=manager, now=deed.now)

    assert [each.who for each in again.entries] == ["Greta", "crm", "crm"]
