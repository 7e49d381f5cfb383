"""Leads are moved on the site by events; a form sent twice acts once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from experiments import audit, moving, process_draft
from experiments.deed import LONGEST_REASON, Deed
from experiments.events import SITE, EventType, KeptRecord, history, visits
from experiments.ingest import ingest_events
from experiments.leads import Lead, lead
from experiments.moving import Stale
from experiments.people import Rep
from experiments.problem import Refused
from experiments.process import ProcessVersion
from experiments.users import User
from tests.conftest import count_rows
from tests.experiments.conftest import PROCESS, Tell
from tests.experiments.moving_world import By, place


def test_a_rep_moves_a_lead_on_and_is_the_events_actor(
    session: Session, found: Lead, reps: list[Rep], rep_user: User, by: By
) -> None:
    deed = by(rep_user)

    moving.move(session, found, "demo", seen="qualify", deed=deed)

    last = history(session, found)[-1]
    assert (place(found), last.type) == ("demo", EventType.STAGE_ENTERED)
    assert (last.source.name, last.actor) == (SITE, reps[0])
    assert last.source_ref.startswith(deed.mark)
    assert (last.occurred_at, last.recorded_at) == (deed.now, deed.now)


def test_what_a_manager_does_is_in_the_audit(
    session: Session, found: Lead, manager: User, by: By
) -> None:
    moving.move(session, found, "demo", seen="qualify", deed=by(manager))

    last = history(session, found)[-1]
    assert last.actor is None
    assert moving.doers(session, found) == {last.source_ref: manager}
    assert [each.act for each in audit.entries(session, "lead:L1")] == ["stage_entered"]


def test_a_form_sent_twice_moves_once(
    session: Session, found: Lead, rep_user: User, by: By
) -> None:
    deed = by(rep_user)
    moving.move(session, found, "demo", seen="qualify", deed=deed)
    before = count_rows(session, "events")

    moving.move(session, found, "demo", seen="qualify", deed=deed)

    assert count_rows(session, "events") == before


def test_a_form_sent_again_with_another_stage_is_stale(
    session: Session, found: Lead, rep_user: User, by: By
) -> None:
    deed = by(rep_user)
    moving.move(session, found, "demo", seen="qualify", deed=deed)

    with pytest.raises(Stale):
        moving.move(session, found, "offer", seen="demo", deed=deed)

    assert place(found) == "demo"


def test_a_form_that_shows_another_stage_is_stale(
    session: Session, found: Lead, rep_user: User, manager: User, by: By
) -> None:
    moving.move(session, found, "demo", seen="qualify", deed=by(manager))

    with pytest.raises(Stale, match="it is in Demo now"):
        moving.move(session, found, "offer", seen="qualify", deed=by(rep_user))

    assert place(found) == "demo"


@pytest.mark.parametrize(
    ("way", "seen", "target", "word"),
    [
        ([], "qualify", "new", "goes back"),
        ([], "qualify", "lost", "is lost"),
        (["won"], "won", "demo", "opened again"),
        ([], "qualify", "qualify", "in Qualify already"),
        ([], "qualify", "", "Choose a stage"),
        ([], "qualify", "nowhere", "no stage nowhere"),
        ([], "qualify", "Demo", "no stage Demo"),
    ],
)
def test_a_move_that_cannot_be_is_refused(
    session: Session,
    found: Lead,
    rep_user: User,
    by: By,
    way: list[str],
    seen: str,
    target: str,
    word: str,
) -> None:
    for stage in way:
        moving.move(session, found, stage, seen=place(found), deed=by(rep_user))

    with pytest.raises(Refused, match=word):
        moving.move(session, found, target, seen=seen, reason=" \0 ", deed=by(rep_user))

    assert place(found) == seen


def test_a_reason_may_be_long_but_not_endless(
    session: Session, found: Lead, rep_user: User, by: By
) -> None:
    too_long = "x" * (LONGEST_REASON + 1)
    with pytest.raises(Refused, match="at most 2000 characters; this one has 2001"):
        moving.move(session, found, "lost", seen="qualify", reason=too_long, deed=by(rep_user))

    long = "x" * LONGEST_REASON
    moving.move(session, found, "lost", seen="qualify", reason=long, deed=by(rep_user))
    assert history(session, found)[-1].reason == long


def test_going_back_and_reopening_are_told_by_the_history(
    session: Session, found: Lead, rep_user: User, by: By
) -> None:
    way = [("new", "Wrong person"), ("lost", "No budget"), ("demo", "A new year"), ("won", "")]
    for day, (stage, reason) in enumerate(way):
        deed = by(rep_user, days=day)
        moving.move(session, found, stage, seen=place(found), reason=reason, deed=deed)

    told = visits(history(session, found))[1:]

    assert [(each.stage.key, each.reason) for each in told] == way
    assert [each.backward for each in told] == [True, False, True, False]
    assert [each.reopened for each in told] == [False, False, True, False]


def test_a_move_comes_after_what_a_source_with_a_fast_clock_told(
    session: Session, found: Lead, rep_user: User, tell: Tell, by: By
) -> None:
    deed = by(rep_user)
    ahead = (deed.now + timedelta(minutes=4)).isoformat()
    ingest_events(session, [tell("L1", "Demo", day=0) | {"occurred_at": ahead}], now=deed.now)

    moving.move(session, found, "offer", seen="demo", deed=deed)

    assert place(found) == "offer"


def test_a_lead_without_a_stage_begins_with_any(
    session: Session, version: ProcessVersion, reps: list[Rep], rep_user: User, tell: Tell, by: By
) -> None:
    deed = by(rep_user)
    begun = tell("L2", day=1, type="created", owner_id=reps[0].external_id)
    ingest_events(session, [begun], now=deed.now)

    moving.move(session, lead(session, "L2"), "new", seen="", deed=deed)

    assert place(lead(session, "L2")) == "new"


@pytest.mark.parametrize("mark", ["", "short", "x" * 65, "a mark with spaces", "nul\0" * 5])
def test_a_mark_that_no_form_carries_is_refused(mark: str, rep_user: User, now: datetime) -> None:
    with pytest.raises(Refused, match="incomplete"):
        Deed(mark, rep_user, now)


def test_a_lead_without_a_process_gets_one_and_what_waited_for_it_is_placed(
    session: Session, version: ProcessVersion, manager: User, reps: list[Rep], tell: Tell, by: By
) -> None:
    deed = by(manager)
    other = process_draft.checked(PROCESS | {"name": "Outbound", "segment": "outbound"})
    process_draft.create(session, other, now=deed.now)
    events: list[dict[str, Any]] = [
        tell("L3", day=1, type="created", owner_id=reps[0].external_id),
        tell("L3", "Demo", day=2),
    ]
    ingest_events(session, events, now=deed.now)
    orphan = lead(session, "L3")
    assert orphan.version is None
    with pytest.raises(Refused, match="no stage demo"):
        moving.move(session, orphan, "demo", seen="", deed=by(manager))

    moving.follow(session, orphan, version, deed=deed)
    moving.follow(session, orphan, version, deed=by(manager))

    assert orphan.version_id == version.id
    assert place(orphan) == "demo"
    assert session.query(KeptRecord).one().placed_at == deed.now
    assert [each.act for each in audit.entries(session, "lead:L3")] == ["chose a process"]


def test_a_lead_that_follows_a_process_keeps_it(
    session: Session, found: Lead, version: ProcessVersion, manager: User, by: By
) -> None:
    newer = process_draft.revise(
        session, version.process, process_draft.checked(PROCESS), now=by(manager).now
    )

    with pytest.raises(Stale, match="Discovery first · v1"):
        moving.follow(session, found, newer, deed=by(manager))
