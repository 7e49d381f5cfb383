"""Actions and winning, from events: who had an action by the landmark, and how it ended."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from experiments import process_draft
from experiments.experiment import Unit
from experiments.insight.action_test import draft_test
from experiments.insight.activities import Activities, Activity, Closing, activities
from experiments.insight.cohort import Scope
from experiments.people import Rep, Team
from experiments.problem import NotFound, Refused
from experiments.process import ProcessVersion, standing_version_id, version_of
from tests.experiments.conftest import Tell
from tests.experiments.insight.conftest import LATER, Past

CALL = "Discovery call"
WAY = [("New", 1.0), ("Qualify", 2.0)]
SCOPE = Scope(process="discovery-first")


def called(found: Activities) -> Activity:
    (activity,) = [each for each in found.activities if each.name == CALL]
    return activity


def act(tell: Tell, lead: str, day: float) -> dict[str, Any]:
    return tell(lead, day=day, type="action_done", action=CALL)


def test_leads_are_compared_as_they_stood_on_the_landmark(
    session: Session, past: Past, tell: Tell
) -> None:
    leads = {
        "by-then": (0, [*WAY, ("Won", 9.0)]),
        "too-late": (0, [*WAY, ("Lost", 9.0)]),
        "before-the-stage": (0, [*WAY, ("Won", 9.0)]),
        "already-gone": (0, [*WAY, ("Won", 3.0)]),
        "twice": (1, [*WAY, ("Lost", 9.0)]),
        "still-open": (1, WAY),
    }
    done = {"by-then": 4.0, "too-late": 6.0, "before-the-stage": 1.5, "already-gone": 2.5}
    events = [act(tell, lead, day) for lead, day in done.items()]
    events += [act(tell, "twice", 3.0), act(tell, "twice", 3.5), act(tell, "still-open", 5.0)]
    past(leads, more=events)
    found = called(activities(session, SCOPE, now=LATER, day=3))
    assert found.landmark == timedelta(days=3)
    assert found.with_action == Closing(leads=3, won=1, closed=2)
    assert found.without == Closing(leads=2, won=1, closed=2)
    assert (found.with_action.close_rate, found.with_action.win_rate) == (1 / 3, 1 / 2)
    assert (found.stage, found.stage_name) == ("qualify", "Qualify")


def test_the_landmark_is_half_of_the_median_stay(session: Session, past: Past) -> None:
    past({str(n): (0, [*WAY, ("Lost", 2.0 + n)]) for n in (2, 8, 20)})
    found = called(activities(session, SCOPE, now=LATER))
    assert found.landmark == timedelta(days=4)
    assert found.without.leads == 2


def test_a_voided_action_was_not_done(session: Session, past: Past, tell: Tell) -> None:
    done = act(tell, "a", 3)
    void = tell("a", day=4, type="voided", voids=done["source_id"])
    past({"a": (0, [*WAY, ("Won", 9.0)])}, more=[done, void])
    assert called(activities(session, SCOPE, now=LATER, day=3)).with_action.leads == 0


def test_many_leads_of_every_rep_make_a_claim(session: Session, past: Past, tell: Tell) -> None:
    leads, events = {}, []
    for rep in range(2):
        for n in range(40):
            name, has = f"{rep}-{n}", n % 2 == 0
            wins = n % 10 < 8 if has else n % 10 == 9
            leads[name] = (rep, [*WAY, ("Won" if wins else "Lost", 9.0)])
            events += [act(tell, name, 2.5)] if has else []
    past(leads, more=events)
    found = activities(session, SCOPE, now=LATER)
    assert found.family == 1
    assert called(found).association.claimed


def test_a_process_must_be_chosen_and_known(session: Session, past: Past) -> None:
    with pytest.raises(Refused, match="process: Choose a process"):
        activities(session, Scope(), now=LATER)
    with pytest.raises(NotFound):
        activities(session, Scope(process="nowhere"), now=LATER)
    with pytest.raises(Refused, match="day: Give a day from 0 to 365"):
        activities(session, SCOPE, now=LATER, day=-2)


def test_without_leads_there_is_nothing_to_compare(session: Session, past: Past) -> None:
    assert activities(session, SCOPE, now=LATER).activities == ()


def test_a_test_is_drafted_between_a_version_with_and_one_without(
    session: Session, version: ProcessVersion, reps: list[Rep]
) -> None:
    made = draft_test(
        session, "discovery-first", "qualify.discovery-call", horizon_days=45, by=None, now=LATER
    )
    control, treatment = made.variants
    without, required = control.version, treatment.version
    assert without is not None
    assert required is not None
    assert made.launched_at is None
    assert control.is_control
    assert without.stage("qualify").actions == []  # type: ignore[union-attr]
    criteria = [each.text for each in required.stage("qualify").exit_criteria]  # type: ignore[union-attr]
    assert criteria == ["The budget is named", "Done: Discovery call"]
    assert (made.horizon_days, made.unit, len(made.participants)) == (45, Unit.LEAD, 8)


def test_nobody_s_process_changes_by_a_draft(
    session: Session, version: ProcessVersion, reps: list[Rep]
) -> None:
    session.add(Team(name="Elsewhere", segment="outbound"))
    session.flush()
    before = [standing_version_id(session, each) for each in ("inbound", "outbound")]
    draft_test(
        session, "discovery-first", "qualify.discovery-call", horizon_days=45, by=None, now=LATER
    )
    after = [standing_version_id(session, each) for each in ("inbound", "outbound")]
    assert before == after == [version.id, version.id]


def test_a_large_team_is_split_by_rep_and_a_second_draft_has_its_own_key(
    session: Session, version: ProcessVersion, reps: list[Rep]
) -> None:
    team = reps[0].team
    assert team is not None
    for n in range(4):
        team.reps.append(Rep(external_id=f"new-{n}", name=f"New {n}", joined_at=LATER))
    session.flush()
    whole = process_draft.draft_of(version)
    keys = set()
    for _ in range(2):
        made = draft_test(
            session,
            "discovery-first",
            "qualify.discovery-call",
            horizon_days=45,
            by=None,
            now=LATER,
        )
        assert made.unit is Unit.REP
        keys.add(made.key)
        process_draft.revise(session, version.process, whole, now=LATER)
    assert len(keys) == 2
    assert version_of(session, "discovery-first").number == 7


def test_an_action_that_the_newest_version_lacks_cannot_be_tested(
    session: Session, version: ProcessVersion
) -> None:
    with pytest.raises(NotFound):
        draft_test(session, "discovery-first", "x.y", horizon_days=45, by=None, now=LATER)
