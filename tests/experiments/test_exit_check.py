"""What has to be true before a lead moves on, and steps that are skipped."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from experiments import moving
from experiments.events import EventType, history
from experiments.lead_story import story_of
from experiments.leads import Lead
from experiments.problem import Refused
from experiments.users import User
from experiments.worklist import work
from tests.experiments.moving_world import By, place

BUDGET = "The budget is named"


def test_a_move_on_with_a_criterion_open_needs_a_reason_and_its_story_tells_both(
    session: Session, found: Lead, rep_user: User, by: By
) -> None:
    with pytest.raises(Refused, match=f"without: {BUDGET}"):
        moving.move(session, found, "offer", seen="qualify", met=[], deed=by(rep_user))
    assert place(found) == "qualify"

    deed = by(rep_user)
    moving.move(session, found, "offer", seen="qualify", met=[], reason="They insist", deed=deed)

    latest = story_of(session, found, reader=rep_user, now=deed.now).entries[0]
    assert (latest.event.reason, latest.left_open) == ("They insist", [BUDGET])


@pytest.mark.parametrize(
    ("target", "met", "reason"),
    [("demo", [0], ""), ("new", [], "Wrong person"), ("lost", [], "No budget")],
)
def test_a_ticked_criterion_and_moves_that_do_not_go_on_leave_nothing_open(
    session: Session,
    found: Lead,
    rep_user: User,
    by: By,
    target: str,
    met: list[int],
    reason: str,
) -> None:
    deed = by(rep_user)
    moving.move(session, found, target, seen="qualify", met=met, reason=reason, deed=deed)

    story = story_of(session, found, reader=rep_user, now=deed.now)
    assert story.entries[0].left_open == []


def test_days_and_visits_of_a_stage_add_up(
    session: Session, found: Lead, rep_user: User, by: By
) -> None:
    moving.move(session, found, "demo", seen="qualify", met=[0], deed=by(rep_user))
    back = by(rep_user, days=2)
    moving.move(session, found, "qualify", seen="demo", reason="New buyer", deed=back)

    story = story_of(session, found, reader=rep_user, now=by(rep_user, days=5).now)

    entered = story.entries[-2].event.occurred_at
    before = back.now - timedelta(days=2) - entered
    steps = {each.name: (each.stayed, each.stays) for each in story.steps if each.stayed}
    assert steps == {"Qualify": (before + timedelta(days=3), 2), "Demo": (timedelta(days=2), 1)}
    assert [each.turn for each in story.entries if each.visit] == [2, 1, 1]


def test_a_skipped_step_waits_no_longer_and_can_be_taken_back(
    session: Session, found: Lead, rep_user: User, by: By
) -> None:
    call = "qualify.discovery-call"
    for reason, said in (("  ", "Say why"), ("x" * 2001, "at most 2000")):
        with pytest.raises(Refused, match=said):
            moving.skip(session, found, call, reason=reason, deed=by(rep_user))

    deed = by(rep_user)
    for _ in range(2):
        moving.skip(session, found, call, reason="They called us", deed=deed)

    story = story_of(session, found, reader=rep_user, now=deed.now)
    assert (story.to_do[0].skipped, story.to_do[0].here) == ("They called us", True)
    assert history(session, found)[-1].type is EventType.ACTION_SKIPPED
    assert work(session, [found], now=deed.now)[0].next_action is None

    moving.untick(session, found, call, deed=by(rep_user))
    assert work(session, [found], now=deed.now)[0].next_action is not None
