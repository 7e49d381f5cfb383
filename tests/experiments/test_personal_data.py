"""What is stored of one person is handed over whole, and nobody else's with it."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy.orm import Session

from experiments import moving
from experiments.events import history
from experiments.experiment import Experiment
from experiments.ingest import ingest_events
from experiments.leads import Lead
from experiments.people import Rep
from experiments.personal_data import known_of_lead, known_of_rep
from experiments.users import User
from tests.experiments.conftest import Tell
from tests.experiments.moving_world import By


def test_a_leads_moves_are_told_with_those_taken_back(
    session: Session, found: Lead, reps: list[Rep], rep_user: User, by: By
) -> None:
    moving.move(session, found, "lost", seen="qualify", reason="No budget", deed=by(rep_user))
    last = _last_move(session, found, rep_user)
    moving.undo(session, found, str(last), deed=by(rep_user))

    known = known_of_lead(session, found)

    assert (known["lead"], known["owner"]) == ("L1", reps[0].name)
    lost = [each for each in known["events"] if each["reason"] == "No budget"]
    assert [each["by"] for each in lost] == [reps[0].name]
    assert known["events"][-1]["type"] == "voided"
    assert json.loads(json.dumps(known)) == known


def test_what_waits_for_a_word_is_told_of_that_lead_only(
    session: Session, found: Lead, tell: Tell, by: By, manager: User
) -> None:
    waiting = [tell("L1", "Nowhere", day=9), tell("L2", "Elsewhere", day=9)]
    ingest_events(session, waiting, now=by(manager).now)

    known = known_of_lead(session, found)

    assert [each["stage"] for each in known["waiting"]] == ["Nowhere"]
    assert "Elsewhere" not in json.dumps(known)


def test_a_managers_acts_upon_a_lead_are_told(
    session: Session, found: Lead, manager: User, by: By
) -> None:
    moving.move(session, found, "demo", seen="qualify", deed=by(manager))

    assert [each["act"] for each in known_of_lead(session, found)["acts"]] == ["stage_entered"]


def test_a_rep_is_told_of_the_account_and_no_one_elses(
    session: Session, reps: list[Rep], rep_user: User
) -> None:
    known: dict[str, Any] = known_of_rep(session, reps[0])

    assert known["account"]["email"] == rep_user.email
    assert (known["name"], known["left_at"], known["acts"]) == (reps[0].name, None, [])
    assert known_of_rep(session, reps[1])["account"] is None


def test_what_a_plan_recorded_of_a_rep_before_is_told(
    session: Session, running: Experiment, reps: list[Rep]
) -> None:
    (told,) = known_of_rep(session, reps[0])["experiments"]
    nothing = {"share": None, "leads": None, "deal_size": None, "tenure": 0}
    assert (told["experiment"], told["before"]) == (running.key, nothing)


def _last_move(session: Session, found: Lead, user: User) -> int:
    last = moving.undoable(session, found, history(session, found), by=user)
    assert last is not None
    return last.id
