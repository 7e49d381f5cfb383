"""Decisions against the report's advice: they hold when a second person agrees."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from experiments import audit, process, proposal, users
from experiments.decision import Choice, Decision, Ruling, decide, decision_on
from experiments.experiment import Experiment
from experiments.problem import Refused
from experiments.process import ProcessVersion
from experiments.users import Role, User

AGAINST = Ruling(
    Choice.ADOPT, "The team wants it.", ready=True, variant="demo-first", recommended=Choice.KEEP
)


def person(session: Session, name: str, now: datetime) -> User:
    return users.add_user(
        session,
        email=f"{name}@kestrel.example",
        name=name,
        role=Role.MANAGER,
        password="correct horse battery",
        now=now,
    )


@pytest.mark.parametrize(
    ("choice", "recommended", "against"),
    [
        (Choice.ADOPT, Choice.ADOPT, False),
        (Choice.KEEP, Choice.ADOPT, True),
        (Choice.ADOPT, Choice.RUN_AGAIN, True),
        # Where the figures cannot be trusted nothing is advised: only a change needs two.
        (Choice.ADOPT, None, True),
        (Choice.KEEP, None, False),
        (Choice.RUN_AGAIN, None, False),
    ],
)
def test_what_goes_against_advice(
    choice: Choice, recommended: Choice | None, against: bool
) -> None:
    ruling = Ruling(choice, "Because.", ready=True, recommended=recommended)
    assert ruling.against_advice is against


def test_one_person_alone_cannot_decide_against_advice(
    session: Session, running: Experiment, version: ProcessVersion, now: datetime
) -> None:
    mina = person(session, "mina", now)
    with pytest.raises(Refused, match="second person"):
        decide(session, running, AGAINST, by=mina, now=now)
    waiting = proposal.settle(session, running, AGAINST, by=mina, now=now)
    assert not isinstance(waiting, Decision)
    assert (decision_on(session, running), running.decided_at) == (None, None)
    with pytest.raises(Refused, match="Somebody else"):
        proposal.second(session, running, ready=True, by=mina, now=now)


def test_a_second_person_makes_it_the_decision(
    session: Session, running: Experiment, version: ProcessVersion, now: datetime
) -> None:
    mina, omar = person(session, "mina", now), person(session, "omar", now)
    proposal.settle(session, running, AGAINST, by=mina, now=now)
    taken = proposal.second(session, running, ready=True, by=omar, now=now)
    assert (taken.choice, taken.by, taken.seconded_by) == (Choice.ADOPT, mina, omar)
    assert (taken.reason, taken.recommended) == ("The team wants it.", Choice.KEEP)
    assert proposal.proposal_on(session, running) is None
    assert process.standing_version_id(session, "inbound") == version.id
    acts = [(entry.act, entry.by) for entry in audit.entries(session, running.key)[-2:]]
    assert acts == [("proposed", mina), ("decided", omar)]


def test_what_waits_gives_way_to_another_decision_and_can_be_taken_back(
    session: Session, running: Experiment, now: datetime
) -> None:
    mina = person(session, "mina", now)
    proposal.settle(session, running, AGAINST, by=mina, now=now)
    proposal.withdraw(session, running, by=mina, now=now)
    with pytest.raises(Refused, match="No decision waits"):
        proposal.withdraw(session, running, by=mina, now=now)
    proposal.settle(session, running, AGAINST, by=mina, now=now)
    advised = Ruling(Choice.KEEP, "As advised.", ready=True, recommended=Choice.KEEP)
    assert isinstance(proposal.settle(session, running, advised, by=mina, now=now), Decision)
    assert proposal.proposal_on(session, running) is None


def test_a_ruling_that_cannot_be_waits_for_nobody(
    session: Session, running: Experiment, now: datetime
) -> None:
    unready = Ruling(Choice.KEEP, "Because.", ready=False, recommended=Choice.ADOPT)
    with pytest.raises(Refused, match="once the test is measured"):
        proposal.settle(session, running, unready, by=None, now=now)
    assert proposal.proposal_on(session, running) is None
