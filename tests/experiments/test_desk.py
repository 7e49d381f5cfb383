"""What a rep follows: a variant for the time of a test, else the segment's process."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from experiments import experiment_draft, life, process, process_draft
from experiments.company import Company
from experiments.desk import following, variant_of_lead, versions_at_hand
from experiments.experiment import Experiment
from experiments.ingest import ingest_events
from experiments.leads import lead
from experiments.people import Rep
from experiments.process import ProcessVersion
from tests.experiments.conftest import PROCESS, Tell

LATER = timedelta(days=100)


def launched(session: Session, plan: dict[str, Any], now: datetime, **changed: Any) -> Experiment:
    draft = experiment_draft.checked(plan | changed)
    found = experiment_draft.create(session, draft, by=None, now=now)
    life.launch(session, found, seed=7, by=None, now=now)
    return found


def test_outside_a_test_a_rep_follows_the_segments_process(
    session: Session, version: ProcessVersion, reps: list[Rep], now: datetime
) -> None:
    process.adopt(session, "inbound", version, now=now + timedelta(days=2))

    found = following(session, reps[0], now=now)

    assert (found.name, found.version) == ("Discovery first", version)
    assert found.since_at == now + timedelta(days=2)
    assert (found.test, list(found.splits)) == (None, [])


def test_the_only_process_is_followed_since_it_was_written(
    session: Session, version: ProcessVersion, reps: list[Rep], now: datetime
) -> None:
    assert following(session, reps[0], now=now).since_at == now


def test_without_a_process_a_rep_follows_none(
    session: Session, reps: list[Rep], now: datetime
) -> None:
    found = following(session, reps[0], now=now)

    assert (found.name, found.version, found.since_at) == ("", None, None)
    assert versions_at_hand(session, reps[0], now=now) == []


def test_in_a_test_a_rep_follows_a_variant_until_its_last_day(
    session: Session, running: Experiment, reps: list[Rep], company: Company, now: datetime
) -> None:
    found = following(session, reps[0], now=now)

    assert found.name in {"Discovery first", "Demo first"}
    assert found.since_at == now
    assert found.test is not None
    # The last day is in Berlin's calendar: 59 days after 2 March 2026.
    assert found.test.last_day_at.astimezone(company.zone).date().isoformat() == "2026-04-30"


def test_a_test_that_begins_later_is_followed_from_then(
    session: Session, plan: dict[str, Any], reps: list[Rep], now: datetime
) -> None:
    begins = now + timedelta(days=7)
    launched(session, plan, now, enrol_from=begins.date().isoformat())

    found = following(session, reps[0], now=now)

    assert found.test is not None
    assert found.since_at == found.test.from_at > now + timedelta(days=6)


def test_a_rehearsal_is_nothing_that_a_rep_follows(
    session: Session, plan: dict[str, Any], reps: list[Rep], now: datetime
) -> None:
    launched(session, plan, now + timedelta(days=200), rehearsal=True)

    assert following(session, reps[0], now=now).test is None


def test_a_rehearsal_does_not_hide_the_test_under_way(
    session: Session, plan: dict[str, Any], running: Experiment, reps: list[Rep], now: datetime
) -> None:
    before = following(session, reps[0], now=now)
    past = {"enrol_from": "2025-09-01", "enrol_until": "2025-10-01", "rehearsal": True}
    launched(session, plan, now, name="Last autumn", **past)

    assert following(session, reps[0], now=now) == before


def test_where_leads_are_split_a_rep_is_told_and_each_lead_has_its_variant(
    session: Session, plan: dict[str, Any], reps: list[Rep], tell: Tell, now: datetime
) -> None:
    launched(session, plan, now, unit="lead")
    owner = reps[0].external_id
    ingest_events(session, [tell("L1", day=1, type="created", owner_id=owner)], now=now + LATER)

    found = following(session, reps[0], now=now)
    variant = variant_of_lead(session, lead(session, "L1"))

    assert (found.test, found.name, len(found.splits)) == (None, "Discovery first", 1)
    assert variant is not None
    assert variant.name in {"Discovery first", "Demo first"}


def test_a_lead_of_a_test_of_reps_has_no_variant_of_its_own(
    session: Session, running: Experiment, reps: list[Rep], tell: Tell, now: datetime
) -> None:
    begun = tell("L1", day=1, type="created", owner_id=reps[0].external_id)
    ingest_events(session, [begun], now=now + LATER)

    assert variant_of_lead(session, lead(session, "L1")) is None


def test_a_stopped_test_gives_a_lead_no_variant(
    session: Session, plan: dict[str, Any], reps: list[Rep], tell: Tell, now: datetime
) -> None:
    found = launched(session, plan, now, unit="lead")
    begun = tell("L1", day=1, type="created", owner_id=reps[0].external_id)
    ingest_events(session, [begun], now=now + LATER)
    life.stop(session, found, reason="The product changed.", by=None, now=now + LATER)

    assert variant_of_lead(session, lead(session, "L1")) is None
    assert list(following(session, reps[0], now=now).splits) == []


def test_versions_at_hand_are_the_own_and_those_of_open_leads(
    session: Session, version: ProcessVersion, reps: list[Rep], tell: Tell, now: datetime
) -> None:
    other = process_draft.checked(PROCESS | {"name": "Outbound"})
    outbound = process_draft.create(session, other, now=now)
    third = process_draft.checked(PROCESS | {"name": "Third"})
    process_draft.create(session, third, now=now)
    process.adopt(session, "inbound", version, now=now)
    owner = reps[0].external_id
    events = [
        tell("L1", day=1, type="created", owner_id=owner, process="outbound"),
        tell("L2", day=1, type="created", owner_id=owner),
        tell("L3", day=1, type="created", owner_id=owner, process="third"),
        tell("L3", "Lost", day=2),
    ]
    ingest_events(session, events, now=now + LATER)

    assert versions_at_hand(session, reps[0], now=now) == [version, outbound]
