"""Experiments of one exclusion group do not overlap: neither in a rep nor in a lead."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from experiments import asking, decision, experiment_draft, life, report
from experiments.caveats import Caveat
from experiments.check import CheckName, State
from experiments.decision import Choice, Ruling
from experiments.enrolment import Enrolment, assignments
from experiments.exclusion import Elsewhere, KeptOut, groups, kept_out, served_first
from experiments.experiment import Experiment
from experiments.health_report import health_on
from experiments.importing import batches
from experiments.ingest import ingest_events
from experiments.joining import join, join_with_team
from experiments.leads import lead
from experiments.people import Rep
from experiments.personal_data import known_of_lead
from experiments.plan import frozen_plan, hash_of
from experiments.problem import Refused
from tests.experiments.conftest import Tell
from tests.experiments.worlds import LATER

DAY = timedelta(days=1)

Launch = Callable[..., Experiment]


@pytest.fixture
def draft(session: Session, plan: dict[str, Any], now: datetime) -> Launch:
    """Drafts a test of leads of the group Pricing: `draft("First")`."""

    def make(name: str, **more: Any) -> Experiment:
        written = plan | {"name": name, "unit": "lead", "exclusion_group": "Pricing"} | more
        checked = experiment_draft.checked(written)
        return experiment_draft.create(session, checked, by=None, now=now)

    return make


@pytest.fixture
def launch(session: Session, draft: Launch, now: datetime) -> Launch:
    """Drafts and launches one."""

    def make(name: str, *, at: datetime = now, **more: Any) -> Experiment:
        found = draft(name, enrol_from=at.date().isoformat(), **more)
        life.launch(session, found, seed=7, by=None, now=at)
        return found

    return make


def begin(tell: Tell, lead_id: str, rep: Rep, *, day: float = 3) -> dict[str, Any]:
    return tell(lead_id, day=day, type="created", owner_id=rep.external_id)


def leads_in(session: Session, found: Experiment) -> set[int]:
    enrolled = select(Enrolment.lead_id).where(Enrolment.experiment_id == found.id)
    return set(session.scalars(enrolled))


def leads_out(session: Session, found: Experiment) -> set[int]:
    out = select(KeptOut.lead_id).where(KeptOut.experiment_id == found.id)
    return set(session.scalars(out))


def test_a_lead_of_one_test_is_kept_out_of_the_other_which_says_so(
    session: Session, draft: Launch, launch: Launch, reps: list[Rep], tell: Tell, now: datetime
) -> None:
    planned_before = draft("Second", enrol_from=(now + DAY).date().isoformat())
    first = launch("First")
    life.launch(session, planned_before, seed=8, by=None, now=now + DAY)
    told = [begin(tell, f"L{n}", reps[n % 8]) for n in range(30)]

    ingest_events(session, told, now=now + 9 * DAY)

    assert len(leads_in(session, first)) == 30
    assert leads_in(session, planned_before) == set()
    assert assignments(session, planned_before) == {}
    assert leads_out(session, planned_before) == leads_in(session, first)
    assert kept_out(session, planned_before, as_of=now + 9 * DAY) == (
        Elsewhere("first", "First", 30),
    )
    assert kept_out(session, planned_before, as_of=now + 8 * DAY) == ()
    assert kept_out(session, first, as_of=LATER) == ()


def test_a_lead_that_the_first_test_does_not_take_is_free_for_the_second(
    session: Session, launch: Launch, reps: list[Rep], tell: Tell, now: datetime
) -> None:
    first, second = launch("First"), launch("Second", at=now + DAY)
    life.pause(session, first, by=None, now=now + 2 * DAY)
    ingest_events(session, [begin(tell, "paused", reps[0])], now=now + 4 * DAY)
    life.resume(session, first, by=None, now=now + 5 * DAY)
    # Told again of an owner, it still belongs to the test that had it first.
    handed = tell("paused", day=6, type="owner_changed", owner_id=reps[1].external_id)
    ingest_events(session, [handed, begin(tell, "new", reps[0], day=6)], now=now + 7 * DAY)

    paused, new = lead(session, "paused").id, lead(session, "new").id
    assert (leads_in(session, first), leads_in(session, second)) == ({new}, {paused})
    assert leads_out(session, second) == {new}


@pytest.mark.parametrize("group", [None, "Discovery"])
def test_other_groups_and_tests_without_one_may_overlap(
    session: Session, launch: Launch, reps: list[Rep], tell: Tell, now: datetime, group: str | None
) -> None:
    first, second = launch("First"), launch("Second", exclusion_group=group)
    ingest_events(session, [begin(tell, "L1", reps[0])], now=now + 9 * DAY)
    assert leads_in(session, first) == leads_in(session, second) != set()
    assert leads_out(session, second) == set()


def test_not_even_a_fault_in_our_code_can_store_a_lead_in_both(
    session: Session, launch: Launch, reps: list[Rep], tell: Tell, now: datetime
) -> None:
    launch("First")
    second = launch("Second")
    ingest_events(session, [begin(tell, "L1", reps[0])], now=now + 9 * DAY)
    stored = session.scalars(select(Enrolment)).one()
    twin = Enrolment(experiment_id=second.id, lead_id=stored.lead_id, rep_id=stored.rep_id)
    twin.variant_id, twin.phase, twin.exclusion_group = second.variants[0].id, 1, "Pricing"
    twin.enrolled_at = twin.recorded_at = now
    session.begin_nested()
    session.add(twin)
    with pytest.raises(IntegrityError):
        session.flush()
    session.rollback()


@pytest.mark.parametrize(("one", "other"), [("rep", "lead"), ("lead", "rep")])
def test_where_one_of_them_splits_reps_they_share_no_rep(
    session: Session, launch: Launch, draft: Launch, now: datetime, one: str, other: str
) -> None:
    launch("First", unit=one, teams=[], reps=[f"Rep {n}" for n in range(1, 5)])
    second = draft("Second", unit=other, teams=[], reps=[f"Rep {n}" for n in range(3, 9)])
    with pytest.raises(Refused, match=r"First is in the same exclusion group.* Rep 3, Rep 4\."):
        life.launch(session, second, seed=7, by=None, now=now)
    assert second.launched_at is None

    apart = draft("Apart", unit=other, teams=[], reps=[f"Rep {n}" for n in range(5, 9)])
    life.launch(session, apart, seed=7, by=None, now=now)
    assert apart.launched_at == now


@pytest.mark.parametrize(
    ("state", "free"),
    [
        ("running", False),
        ("paused", False),
        ("enrolment closed", False),
        ("measured", True),
        ("stopped", True),
        ("decided", True),
    ],
)
def test_reps_are_free_once_the_first_test_is_measured_or_over(
    session: Session, launch: Launch, draft: Launch, now: datetime, state: str, free: bool
) -> None:
    first = launch("First")
    at = now + DAY
    if state == "paused":
        life.pause(session, first, by=None, now=at)
    if state in ("enrolment closed", "measured", "decided"):
        life.close_enrolment(session, first, by=None, now=at)
    if state in ("measured", "decided"):
        at += 30 * DAY
    if state == "decided":
        chosen = Ruling(Choice.INCONCLUSIVE, "Nothing came.", ready=True)
        decision.decide(session, first, chosen, by=None, now=at)
    if state == "stopped":
        life.stop(session, first, reason="Enough.", by=None, now=at)
    second = draft("Second", unit="rep", enrol_from=at.date().isoformat())
    hindered = [each.where for each in life.hindrances(session, second, now=at)]
    assert hindered == ([] if free else ["reps"])


def test_tests_of_leads_may_share_reps_and_a_draft_keeps_nobody_out(
    session: Session, draft: Launch, launch: Launch, now: datetime
) -> None:
    draft("Never launched", unit="rep")
    launch("First")
    assert life.hindrances(session, draft("Second"), now=now) == []


def test_a_rep_of_the_group_cannot_join(
    session: Session, launch: Launch, reps: list[Rep], now: datetime
) -> None:
    launch("First", teams=[], reps=["Rep 8"])
    others = [f"Rep {n}" for n in range(1, 7)]
    second = launch("Second", unit="rep", teams=[], reps=others, join_rule="blocks")
    with pytest.raises(Refused, match="these take part in it: Rep 8"):
        join(session, second, reps[7], by=None, now=now)
    assert join_with_team(session, reps[7], by=None, now=now) is None
    assert join(session, second, reps[6], by=None, now=now).arrival == 0


def test_a_group_is_spelled_as_it_was_first(session: Session, draft: Launch) -> None:
    draft("First")
    assert draft("Second", exclusion_group=" pricing ").exclusion_group == "Pricing"
    assert draft("Third", exclusion_group="Cold  calls").exclusion_group == "Cold calls"
    assert draft("Fourth", exclusion_group=" ").exclusion_group is None
    assert groups(session) == ["Cold calls", "Pricing"]


def test_a_rehearsal_has_no_group(draft: Launch) -> None:
    with pytest.raises(Refused, match="exclusion_group: A rehearsal needs none"):
        draft("Past", rehearsal=True)


def test_the_group_freezes_with_the_plan_and_older_plans_hold(
    session: Session, launch: Launch, now: datetime
) -> None:
    found = launch("First")
    assert frozen_plan(found).exclusion_group == "Pricing"
    assert json.loads(found.plan or "")["exclusion_group"] == "Pricing"
    # A plan of before the groups does not mention them.
    written = json.loads(found.plan or "")
    del written["exclusion_group"]
    found.plan = json.dumps(written, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    found.plan_hash = hash_of(found.plan)
    assert frozen_plan(found).exclusion_group is None
    (check,) = (
        each for each in health_on(session, found, now=now).checks if each.name is CheckName.PLAN
    )
    assert check.state is State.PASSED


def test_who_asks_for_the_variant_of_a_lead_kept_out_is_told_where_it_is(
    session: Session, launch: Launch, reps: list[Rep], tell: Tell, now: datetime
) -> None:
    launch("First", teams=[], reps=["Rep 1"])
    second = launch("Second", by_account=True)
    account = {"account_id": "Acme"}
    free = begin(tell, "free", reps[1]) | account
    out = begin(tell, "out", reps[0]) | account
    ingest_events(session, [free, out], now=now + 9 * DAY)

    given = asking.ask(session, second, "free", owner_id=None, now=now + 9 * DAY)
    assert given.unit == "account:Acme"
    # Though its account has a variant in the second test.
    with pytest.raises(Refused, match="out is kept out of this test: it is in First"):
        asking.ask(session, second, "out", owner_id=None, now=now + 9 * DAY)
    known = known_of_lead(session, lead(session, "out"))
    assert [each["experiment"] for each in known["kept_out_of"]] == ["second"]


def test_report_and_health_count_who_was_kept_out(
    session: Session, launch: Launch, reps: list[Rep], tell: Tell, now: datetime
) -> None:
    launch("First", teams=[], reps=["Rep 1"])
    second = launch("Second")
    told = [begin(tell, f"L{n}", reps[n]) for n in range(3)]
    ingest_events(session, told, now=now + 9 * DAY)

    notes = {each.caveat: each.values for each in report.build(session, second, now=LATER).notes}
    assert notes[Caveat.KEPT_OUT] == {"leads": 1, "first": "First"}
    found = health_on(session, second, now=LATER)
    assert found.kept_out == (Elsewhere("first", "First", 1),)
    assert health_on(session, second, now=LATER, day=(now + DAY).date()).kept_out == ()


def test_an_import_that_is_taken_back_leaves_nothing_kept_out(
    session: Session, launch: Launch, reps: list[Rep], tell: Tell, now: datetime
) -> None:
    first, second = launch("First"), launch("Second")
    at = now + 9 * DAY
    told = [begin(tell, "L1", reps[0])]
    ingest_events(session, told, now=at)
    batch = batches.note(session, "crm", file="a.csv", leads=1, events=1, by=None, now=at)
    batches.undo(session, batch, by=None, now=at + DAY)
    assert leads_in(session, first) == leads_out(session, second) == set()
    again = [begin(tell, "L1", reps[0])]
    ingest_events(session, again, now=at + 2 * DAY)
    assert leads_in(session, first) == leads_out(session, second) != set()


def test_a_draft_says_which_test_gets_its_reps_leads_first(
    session: Session, launch: Launch, draft: Launch, now: datetime
) -> None:
    first = launch("First", teams=[], reps=["Rep 1"])
    launch("Apart", teams=[], reps=["Rep 2"])
    launch("Elsewhere", exclusion_group="Other")
    second = draft("Second", teams=[], reps=["Rep 1", "Rep 3"])
    assert served_first(session, second, now=now) == [first]
    life.close_enrolment(session, first, by=None, now=now + DAY)
    assert served_first(session, second, now=now + DAY) == []
