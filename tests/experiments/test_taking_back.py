"""Steps are ticked, and what was done on the site is taken back by events that void it."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from experiments import moving
from experiments.events import Event, history
from experiments.ingest import ingest_events
from experiments.leads import Lead
from experiments.moving import Stale
from experiments.people import Rep
from experiments.problem import Refused
from experiments.users import User
from experiments.worklist import ticks
from tests.conftest import count_rows
from tests.experiments.conftest import Tell
from tests.experiments.moving_world import By, place

ACTION = "qualify.discovery-call"


def done(session: Session, found: Lead) -> list[str]:
    events = ticks(session, [found]).get(found.id, {}).values()
    return [each.action.key for each in events if each.action]


def test_an_action_is_ticked_and_taken_back(
    session: Session, found: Lead, reps: list[Rep], rep_user: User, by: By
) -> None:
    deed = by(rep_user)
    moving.tick(session, found, ACTION, deed=deed)
    moving.tick(session, found, ACTION, deed=deed)
    moving.tick(session, found, ACTION, deed=by(rep_user))
    assert done(session, found) == [ACTION]
    assert history(session, found)[-1].actor is reps[0]
    assert count_rows(session, "events") == 3

    moving.untick(session, found, ACTION, deed=by(rep_user))
    moving.untick(session, found, ACTION, deed=by(rep_user))
    assert done(session, found) == []
    assert count_rows(session, "events") == 4

    moving.tick(session, found, ACTION, deed=by(rep_user))
    assert done(session, found) == [ACTION]


def test_only_an_action_of_the_present_stage_can_be_ticked(
    session: Session, found: Lead, rep_user: User, by: By
) -> None:
    moving.move(session, found, "demo", seen="qualify", deed=by(rep_user))

    with pytest.raises(Stale, match="it is in Demo now"):
        moving.tick(session, found, ACTION, deed=by(rep_user))


def test_coming_back_to_a_stage_begins_its_actions_anew(
    session: Session, found: Lead, rep_user: User, by: By
) -> None:
    moving.tick(session, found, ACTION, deed=by(rep_user))
    moving.move(session, found, "demo", seen="qualify", deed=by(rep_user, days=1))
    moving.move(
        session, found, "qualify", seen="demo", reason="Budget gone", deed=by(rep_user, days=2)
    )

    assert done(session, found) == []


def test_what_another_source_says_was_done_is_taken_back_there(
    session: Session, found: Lead, rep_user: User, tell: Tell, by: By
) -> None:
    deed = by(rep_user)
    called = tell("L1", day=3, type="action_done", action="Discovery call")
    ingest_events(session, [called], now=deed.now)

    with pytest.raises(Refused, match="crm says that this was done"):
        moving.untick(session, found, ACTION, deed=deed)


def test_a_move_is_undone_by_who_made_it_and_once(
    session: Session, found: Lead, rep_user: User, by: By
) -> None:
    moving.move(session, found, "demo", seen="qualify", deed=by(rep_user))
    moved = history(session, found)[-1]

    moving.undo(session, found, str(moved.id), deed=by(rep_user))
    moving.undo(session, found, str(moved.id), deed=by(rep_user))

    assert place(found) == "qualify"
    assert moved.id not in [each.id for each in history(session, found)]
    assert count_rows(session, "events") == 4


def test_a_manager_undoes_what_the_audit_says_was_theirs(
    session: Session, found: Lead, manager: User, by: By
) -> None:
    moving.move(session, found, "demo", seen="qualify", deed=by(manager))

    moving.undo(session, found, str(history(session, found)[-1].id), deed=by(manager))

    assert place(found) == "qualify"


def test_nobody_undoes_the_move_of_another(
    session: Session, found: Lead, rep_user: User, manager: User, by: By
) -> None:
    for doer, other, stage in ((rep_user, manager, "demo"), (manager, rep_user, "offer")):
        moving.move(session, found, stage, seen=place(found), deed=by(doer))
        last = str(history(session, found)[-1].id)
        with pytest.raises(Stale, match="can no longer be undone"):
            moving.undo(session, found, last, deed=by(other))
        assert place(found) == stage


@pytest.mark.parametrize("wrong", ["", "0", "x", "9" * 40, "\0"])
def test_only_the_latest_word_can_be_undone(
    session: Session, found: Lead, rep_user: User, by: By, wrong: str
) -> None:
    moving.move(session, found, "demo", seen="qualify", deed=by(rep_user))
    first = str(history(session, found)[-1].id)
    moving.move(session, found, "offer", seen="demo", deed=by(rep_user))

    for event_id in (first, wrong):
        with pytest.raises(Stale):
            moving.undo(session, found, event_id, deed=by(rep_user))

    assert place(found) == "offer"


def test_what_a_source_told_cannot_be_undone_on_the_site(
    session: Session, found: Lead, rep_user: User
) -> None:
    events = history(session, found)

    assert moving.undoable(session, found, events, by=rep_user) is None
    assert moving.undoable(session, found, [], by=rep_user) is None


def test_no_event_is_ever_changed_by_taking_it_back(
    session: Session, found: Lead, rep_user: User, by: By
) -> None:
    moving.move(session, found, "demo", seen="qualify", deed=by(rep_user))
    moved = history(session, found)[-1]
    said = (moved.stage_id, moved.occurred_at, moved.recorded_at, moved.payload)

    moving.undo(session, found, str(moved.id), deed=by(rep_user))

    session.expire_all()
    kept = session.get(Event, moved.id)
    assert kept is not None
    assert (kept.stage_id, kept.occurred_at, kept.recorded_at, kept.payload) == said
