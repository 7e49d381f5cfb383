"""What surrounds a plan: approval, what it asks of whom, copies, the archive."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from experiments import approval, briefing, copying, experiment_draft, life, process, users
from experiments.company import Company
from experiments.experiment import Experiment
from experiments.people import Rep
from experiments.problem import Refused
from experiments.process import ProcessVersion
from experiments.process_changes import ChangeKind
from experiments.process_draft import checked, revise
from experiments.users import Role, User
from tests.experiments.conftest import PROCESS


@pytest.fixture
def draft(session: Session, plan: dict[str, Any], reps: list[Rep], now: datetime) -> Experiment:
    """A complete draft."""
    return experiment_draft.create(session, experiment_draft.checked(plan), by=None, now=now)


def person(session: Session, name: str, now: datetime) -> User:
    return users.add_user(
        session,
        email=f"{name}@kestrel.example",
        name=name,
        role=Role.MANAGER,
        password="correct horse battery",
        now=now,
    )


def test_where_the_company_asks_for_it_nobody_launches_alone(
    session: Session, company: Company, draft: Experiment, now: datetime
) -> None:
    mina, omar = person(session, "mina", now), person(session, "omar", now)
    company.second_approval = True
    approval.approve(session, draft, by=mina, now=now)
    with pytest.raises(Refused, match="second person has to approve"):
        life.launch(session, draft, seed=1, by=mina, now=now)
    approval.approve(session, draft, by=omar, now=now)
    approval.approve(session, draft, by=omar, now=now)
    assert [each.by for each in approval.approvals(session, draft)] == [mina, omar]
    life.launch(session, draft, seed=1, by=mina, now=now)
    with pytest.raises(Refused, match="launched already"):
        approval.approve(session, draft, by=omar, now=now)


def test_a_plan_that_was_changed_since_needs_a_new_approval(
    session: Session, company: Company, draft: Experiment, now: datetime
) -> None:
    mina, omar = person(session, "mina", now), person(session, "omar", now)
    company.second_approval = True
    approval.approve(session, draft, by=omar, now=now)
    written = experiment_draft.draft_of(session, draft)
    written.horizon_days += 1
    experiment_draft.change(session, draft, written, by=mina, now=now)
    assert approval.approvals(session, draft) == []
    with pytest.raises(Refused, match="second person has to approve"):
        life.launch(session, draft, seed=1, by=mina, now=now)


def test_the_command_line_launches_what_anybody_approved(
    session: Session, company: Company, draft: Experiment, now: datetime
) -> None:
    company.second_approval = True
    with pytest.raises(Refused, match="second person"):
        life.launch(session, draft, seed=1, by=None, now=now)
    approval.approve(session, draft, by=person(session, "mina", now), now=now)
    life.launch(session, draft, seed=1, by=None, now=now)


def test_each_variant_is_told_beside_what_people_follow_today(
    session: Session, draft: Experiment, version: ProcessVersion, now: datetime
) -> None:
    process.adopt(session, "inbound", version, now=now)
    changed = checked(PROCESS)
    changed.stages[0].purpose = "Another purpose."
    draft.variants[1].version = revise(session, version.process, changed, now=now)
    session.flush()
    told = {each.variant.key: each for each in briefing.asked(session, draft)}
    assert told["discovery-first"].before is version
    assert list(told["discovery-first"].changes) == []
    assert [each.kind for each in told["demo-first"].changes] == [ChangeKind.PURPOSE]


def test_whom_to_ask_follows_from_the_teams_countries(
    session: Session, draft: Experiment, reps: list[Rep]
) -> None:
    assert briefing.councils(draft) == []
    team = reps[0].team
    assert team
    team.country = "DE"
    assert briefing.councils(draft) == ["Betriebsrat"]
    team.country = "US"
    assert briefing.councils(draft) == []


def test_a_copy_is_a_draft_of_its_own_that_begins_tomorrow(
    session: Session, draft: Experiment, reps: list[Rep], now: datetime
) -> None:
    life.launch(session, draft, seed=1, by=None, now=now)
    reps[0].left_at = now
    later = now + timedelta(days=200)
    made = copying.copy(session, draft, by=None, now=later)
    assert (made.launched_at, made.plan, made.seed) == (None, None, None)
    assert made.name == f"{draft.name} 2"
    assert made.enrol_from_at.date() == later.date() + timedelta(days=1)
    length = draft.enrol_until_at - draft.enrol_from_at
    assert made.enrol_until_at - made.enrol_from_at == length
    assert reps[0] not in made.participants
    assert len(made.participants) == len(draft.participants) - 1
    assert copying.copy(session, draft, by=None, now=later).name == f"{draft.name} 3"


def test_only_what_is_over_or_never_began_is_put_away(
    session: Session, draft: Experiment, now: datetime
) -> None:
    copying.archive(session, draft, by=None, now=now)
    assert draft.archived_at == now
    copying.unarchive(session, draft, by=None, now=now)
    assert draft.archived_at is None
    life.launch(session, draft, seed=1, by=None, now=now)
    with pytest.raises(Refused, match="stays in the list"):
        copying.archive(session, draft, by=None, now=now)
    life.stop(session, draft, reason="The product changed.", by=None, now=now)
    copying.archive(session, draft, by=None, now=now)
    assert draft.archived_at == now
