"""From draft to stopped: what may be done when, and what launching does."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from experiments import audit, experiment_draft, life, process_draft
from experiments.enrolment import assignments
from experiments.experiment import Experiment, Status, status
from experiments.ingest import ingest_events
from experiments.leads import lead
from experiments.people import Rep
from experiments.plan import frozen_plan, hash_of
from experiments.problem import Refused
from experiments.process import ProcessVersion
from tests.conftest import count_rows
from tests.experiments.conftest import Tell


def drafted(session: Session, plan: dict[str, Any], now: datetime, **changed: Any) -> Experiment:
    draft = experiment_draft.checked(plan | changed)
    return experiment_draft.create(session, draft, by=None, now=now)


def launched(session: Session, plan: dict[str, Any], now: datetime, **changed: Any) -> Experiment:
    found = drafted(session, plan, now, **changed)
    life.launch(session, found, seed=11, by=None, now=now)
    return found


def said(refusal: pytest.ExceptionInfo[Refused]) -> str:
    return str(refusal.value)


def test_launch_splits_the_reps_evenly_and_freezes_the_plan(
    session: Session, plan: dict[str, Any], now: datetime
) -> None:
    found = launched(session, plan, now)

    split = assignments(session, found)
    assert sorted(Counter(split.values()).values()) == [4, 4]
    assert found.plan_hash == hash_of(frozen_plan(found).text())
    assert frozen_plan(found).split.sizes == (4, 4)
    assert [entry.act for entry in audit.entries(session, found.key)] == ["created", "launched"]
    with pytest.raises(Refused, match="froze"):
        experiment_draft.change(session, found, experiment_draft.checked(plan), by=None, now=now)


def test_the_same_seed_gives_the_same_split_whatever_the_order_of_reps(
    session: Session, plan: dict[str, Any], reps: list[Rep], now: datetime
) -> None:
    names = [rep.external_id for rep in reps]
    first = launched(session, plan, now, teams=[], reps=names, rehearsal=False)
    of_first = assignments(session, first)
    life.stop(session, first, reason="to compare", by=None, now=now)
    second = launched(session, plan, now, name="Again", teams=[], reps=names[::-1])
    place = {
        variant.id: variant.position for found in (first, second) for variant in found.variants
    }

    of_second = assignments(session, second)

    assert {unit: place[v] for unit, v in of_first.items()} == {
        unit: place[v] for unit, v in of_second.items()
    }


def test_weights_and_more_than_two_variants_shape_the_split(
    session: Session, plan: dict[str, Any], now: datetime
) -> None:
    variants = [
        {"name": "A", "process": "discovery-first", "control": True, "weight": 2},
        {"name": "B", "process": "discovery-first"},
        {"name": "C", "process": "discovery-first"},
    ]

    found = launched(session, plan, now, variants=variants)

    sizes = Counter(assignments(session, found).values())
    assert [sizes[variant.id] for variant in found.variants] == [4, 2, 2]


def test_leads_are_split_by_a_hash_and_stay_where_they_are(
    session: Session, plan: dict[str, Any], reps: list[Rep], tell: Tell, now: datetime
) -> None:
    found = launched(session, plan, now, unit="lead")
    events = [
        tell(f"L{n}", day=1, type="created", owner_id=reps[n % 8].external_id) for n in range(60)
    ]
    ingest_events(session, events, now=now + timedelta(days=9))
    before = assignments(session, found)

    more = [tell(f"L{n}", "Qualify", day=2) for n in range(60)]
    ingest_events(session, more, now=now + timedelta(days=9))

    assert assignments(session, found) == before
    assert min(Counter(before.values()).values()) > 15
    assert count_rows(session, "enrolments") == 60


def test_leads_of_one_account_share_a_variant(
    session: Session, plan: dict[str, Any], reps: list[Rep], tell: Tell, now: datetime
) -> None:
    found = launched(session, plan, now, unit="lead", by_account=True)
    owner = reps[0].external_id
    events = [
        tell(f"L{n}", day=1, type="created", owner_id=owner, account_id=f"A{n // 4}")
        for n in range(40)
    ]
    ingest_events(session, events, now=now + timedelta(days=9))

    assert sorted(assignments(session, found)) == sorted(f"account:A{n}" for n in range(10))
    assert count_rows(session, "enrolments") == 40


def test_a_new_lead_follows_its_variants_process(
    session: Session, running: Experiment, reps: list[Rep], tell: Tell, now: datetime
) -> None:
    begin = tell("L1", day=1, type="created", owner_id=reps[0].external_id)
    ingest_events(session, [begin], now=now + timedelta(days=9))

    assert lead(session, "L1").version_id == running.variants[0].version_id


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"variants": [{"name": "A", "control": True}]}, "variants"),
        (
            {"variants": [{"name": "A", "control": True}, {"name": "B", "control": True}]},
            "variants: Exactly one variant is the control",
        ),
        (
            {"variants": [{"name": "A"}, {"name": "B"}]},
            "variants: Exactly one variant is the control",
        ),
        (
            {"variants": [{"name": "A", "control": True, "weight": 0}, {"name": "B"}]},
            "variants.1.weight",
        ),
        ({"horizon_days": 0}, "horizon_days"),
        ({"hypothesis": ""}, "hypothesis"),
        ({"milestone": "lead"}, "milestone: Every lead"),
        ({"enrol_until": "2020-01-01"}, "enrol_until: Enrolment ends before it begins"),
        ({"by_account": True}, "by_account: Accounts"),
        (
            {"variants": [{"name": "A", "control": True}, {"name": "a"}]},
            "variants: Two variants have the same name",
        ),
        ({"key": "No spaces"}, "key: The key No spaces may hold small letters"),
        ({"key": "new"}, "key: new is a word of the site"),
        ({"name": "?!"}, "name: A name needs a letter"),
        ({"reps": ["Nobody"]}, "There is no rep Nobody"),
        ({"teams": ["Nowhere"]}, "There is no team Nowhere"),
        (
            {"variants": [{"name": "A", "control": True}, {"name": "B", "process": "nothing"}]},
            "variants.2.process",
        ),
    ],
)
def test_a_wrong_draft_is_refused_whole_and_names_the_field(
    session: Session, plan: dict[str, Any], now: datetime, changed: dict[str, Any], word: str
) -> None:
    with pytest.raises(Refused) as refusal:
        drafted(session, plan, now, **changed)

    assert word in said(refusal)
    assert count_rows(session, "experiments") == 0


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        (
            {
                "variants": [
                    {"name": "A", "process": "discovery-first", "control": True},
                    {"name": "B"},
                ]
            },
            "variants.2.process: B is empty",
        ),
        ({"teams": []}, "Nobody takes part"),
        ({"teams": [], "reps": ["Rep 1"]}, "1 reps cannot fill 2 variants"),
        (
            {"enrol_from": "2025-01-01", "enrol_until": "2025-02-01"},
            "For past data, plan a rehearsal",
        ),
        ({"rehearsal": True}, "runs on past data"),
    ],
)
def test_a_launch_that_cannot_be_is_refused_and_changes_nothing(
    session: Session, plan: dict[str, Any], now: datetime, changed: dict[str, Any], word: str
) -> None:
    found = drafted(session, plan, now, **changed)

    with pytest.raises(Refused) as refusal:
        life.launch(session, found, seed=1, by=None, now=now)

    assert word in said(refusal)
    assert found.launched_at is None
    assert count_rows(session, "assignments") == 0


def test_a_process_without_the_milestone_cannot_be_launched(
    session: Session, plan: dict[str, Any], version: ProcessVersion, now: datetime
) -> None:
    draft = process_draft.draft_of(version)
    kept = [stage for stage in draft.stages if stage.milestone != "demo"]
    process_draft.revise(
        session, version.process, draft.model_copy(update={"stages": kept}), now=now
    )
    found = drafted(session, plan, now, milestone="demo")

    with pytest.raises(Refused, match="no stage for the milestone demo"):
        life.launch(session, found, seed=1, by=None, now=now)


def test_a_rep_takes_part_in_one_test_at_a_time(
    session: Session, plan: dict[str, Any], running: Experiment, now: datetime
) -> None:
    other = drafted(session, plan, now, name="Another", teams=[], reps=["Rep 3", "Rep 4"])

    with pytest.raises(Refused, match="Rep 3, Rep 4 already take part in Demo before discovery"):
        life.launch(session, other, seed=1, by=None, now=now)


def test_no_lead_enrols_during_a_pause_or_after_a_stop(
    session: Session, running: Experiment, reps: list[Rep], tell: Tell, now: datetime
) -> None:
    owner = reps[0].external_id
    life.pause(session, running, by=None, now=now + timedelta(days=2))
    life.resume(session, running, by=None, now=now + timedelta(days=4))
    life.stop(session, running, reason="the product changed", by=None, now=now + timedelta(days=8))
    events = [tell(f"L{day}", day=day, type="created", owner_id=owner) for day in (1, 3, 5, 9)]

    # The events of the time before the stop are learned of after it, and still refused:
    # a stopped test enrols nobody any more.
    ingest_events(session, events, now=now + timedelta(days=30))

    assert count_rows(session, "enrolments") == 0


def test_a_pause_leaves_out_only_its_own_days(
    session: Session, running: Experiment, reps: list[Rep], tell: Tell, now: datetime
) -> None:
    owner = reps[0].external_id
    life.pause(session, running, by=None, now=now + timedelta(days=2))
    life.resume(session, running, by=None, now=now + timedelta(days=4))
    events = [tell(f"L{day}", day=day, type="created", owner_id=owner) for day in (1, 3, 5)]

    ingest_events(session, events, now=now + timedelta(days=30))

    assert count_rows(session, "enrolments") == 2


def test_the_status_follows_from_deeds_and_the_calendar(
    session: Session, plan: dict[str, Any], now: datetime
) -> None:
    found = drafted(session, plan, now)

    def at(day: int, through: int | None = None) -> Status:
        clock = now + timedelta(days=day)
        through_day = now + timedelta(days=day if through is None else through)
        return status(found, now=clock, complete_through=through_day)

    assert at(0) is Status.DRAFT
    life.launch(session, found, seed=1, by=None, now=now)
    assert at(1) is Status.RUNNING
    life.pause(session, found, by=None, now=now)
    assert at(1) is Status.PAUSED
    life.resume(session, found, by=None, now=now)
    assert at(61) is Status.ENROLMENT_CLOSED
    # Sixty days of enrolment and thirty of horizon, if the data reaches so far.
    assert at(91) is Status.MEASURED
    assert at(91, through=80) is Status.ENROLMENT_CLOSED
    life.close_enrolment(session, found, by=None, now=now + timedelta(days=9))
    assert at(10) is Status.ENROLMENT_CLOSED
    assert at(40) is Status.MEASURED
    life.stop(session, found, reason="enough", by=None, now=now + timedelta(days=9))
    assert at(40) is Status.STOPPED


def test_what_cannot_be_done_now_is_refused(
    session: Session, plan: dict[str, Any], now: datetime
) -> None:
    found = drafted(session, plan, now)
    for act in (life.pause, life.resume, life.close_enrolment):
        with pytest.raises(Refused, match="Enrolment is not open"):
            act(session, found, by=None, now=now)
    with pytest.raises(Refused, match="Only a test under way"):
        life.stop(session, found, reason="why", by=None, now=now)
    life.launch(session, found, seed=1, by=None, now=now)
    with pytest.raises(Refused, match="launched already"):
        life.launch(session, found, seed=1, by=None, now=now)
    with pytest.raises(Refused, match="not paused"):
        life.resume(session, found, by=None, now=now)
    life.pause(session, found, by=None, now=now)
    with pytest.raises(Refused, match="paused already"):
        life.pause(session, found, by=None, now=now)
    with pytest.raises(Refused, match="why the test is stopped"):
        life.stop(session, found, reason=" ", by=None, now=now)


def test_a_rehearsal_enrols_the_leads_that_are_there(
    session: Session,
    plan: dict[str, Any],
    version: ProcessVersion,
    reps: list[Rep],
    tell: Tell,
    now: datetime,
) -> None:
    events = [
        tell(f"L{n}", day=n, type="created", owner_id=reps[n % 8].external_id) for n in range(10)
    ]
    later = now + timedelta(days=300)
    ingest_events(session, events, now=later)

    found = launched(session, plan, later, rehearsal=True)

    assert count_rows(session, "enrolments") == 10
    state = status(found, now=later, complete_through=datetime(2026, 12, 1, tzinfo=UTC))
    assert state is Status.MEASURED
