"""A delivery of many events, in any order, says what the same events say one by one."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from experiments.enrolment import Enrolment
from experiments.events import Event, KeptRecord, source_named
from experiments.experiment import Experiment
from experiments.ingest import ingest_events
from experiments.leads import Account, Lead
from tests.conftest import count_rows

LATER = timedelta(days=100)
# What can be told of a lead once it has begun, right and wrong.
TOLD: list[dict[str, Any]] = [
    {"stage": "Qualify"},
    {"stage": "demo"},
    {"stage": "Won", "value": {"amount": "99.90", "currency": "eur"}},
    {"stage": "Lost", "reason": "no budget"},
    {"stage": "No such stage"},
    {"type": "action_done", "action": "Discovery call", "actor_id": "Rep 2"},
    {"type": "value_changed", "value": {"amount": 7, "currency": "USD"}},
    {"type": "owner_changed", "owner_id": "Rep 3"},
    {"type": "owner_changed", "owner_id": "nobody"},
    {"stage": "Offer", "days": -3},  # before the lead was created
    {"stage": "Offer", "days": 400},  # in the future
]
OWNERS = ["Rep 1", "Rep 2", "nobody"]
COURSES = st.lists(
    st.tuples(st.sampled_from(OWNERS), st.lists(st.sampled_from(TOLD), max_size=6), st.booleans()),
    min_size=1,
    max_size=5,
)


@given(courses=COURSES, random=st.randoms(use_true_random=False))
@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_shuffled_batch_with_repeats_is_what_one_by_one_is(
    session: Session, running: Experiment, now: datetime, courses: Any, random: Any
) -> None:
    events = [each for at, course in enumerate(courses) for each in written(at, course, now)]
    shuffled = [*events, *random.choices(events, k=3)]
    random.shuffle(shuffled)
    source_named(session, "crm")

    with session.begin_nested() as undone:
        for each in events:
            ingest_events(session, [each], now=now + LATER)
        one_by_one = stored(session)
        undone.rollback()
    with session.begin_nested() as undone:
        ingest_events(session, shuffled, now=now + LATER)
        in_a_batch = stored(session)
        ingest_events(session, shuffled, now=now + LATER)
        again = stored(session)
        undone.rollback()

    assert in_a_batch == one_by_one
    assert again == in_a_batch
    assert count_rows(session, "events") == 0


def written(
    number: int, course: tuple[str, list[dict[str, Any]], bool], now: datetime
) -> list[dict[str, Any]]:
    """A lead's course in the order in which it happened; the last event taken back or not."""
    lead, (owner, told, voided) = f"L{number}", course
    begun = {"type": "created", "owner_id": owner, "account_id": "acme", "name": "Northwind"}
    rows = [begun, *told]
    if voided and told:
        rows.append({"type": "voided", "voids": f"{lead}/{len(told)}"})
    events = []
    for step, row in enumerate(rows):
        said = dict(row)
        # Moments are apart: of two at once the one that was learned last counts.
        at = now + timedelta(days=1 + step + said.pop("days", 0), hours=number)
        ids = {"source": "crm", "source_id": f"{lead}/{step}", "lead_id": lead}
        events.append(ids | {"occurred_at": at.isoformat()} | said)
    return events


def stored(session: Session) -> dict[str, list[tuple[Any, ...]]]:
    """All that the store says of leads, without its own ids."""
    voided = aliased(Event)
    queries = {
        "leads": select(
            Lead.external_id,
            Account.external_id,
            *(Lead.name, Lead.version_id, Lead.created_at, Lead.owner_id, Lead.stage_id),
            *(Lead.stage_entered_at, Lead.amount_minor, Lead.currency),
        ).outerjoin(Account, Account.id == Lead.account_id),
        "events": select(
            *(Event.source_id, Event.source_ref, Event.type, Lead.external_id, Event.stage_id),
            *(Event.action_id, Event.owner_id, Event.actor_id, Event.occurred_at),
            *(Event.amount_minor, Event.currency, Event.reason, Event.digest, Event.payload),
            voided.source_ref.label("voids"),
        )
        .join(Lead, Lead.id == Event.lead_id)
        .outerjoin(voided, voided.id == Event.voids_id),
        "enrolments": select(
            Lead.external_id, Enrolment.rep_id, Enrolment.variant_id, Enrolment.enrolled_at
        ).join(Lead, Lead.id == Enrolment.lead_id),
        # What waited for its lead was placed once that began; in a batch it need not wait.
        "kept": select(
            *(KeptRecord.source_ref, KeptRecord.digest, KeptRecord.lead_ref, KeptRecord.why),
            *(KeptRecord.word, KeptRecord.payload),
        ).where(KeptRecord.placed_at.is_(None)),
    }
    return {
        name: sorted((tuple(row) for row in session.execute(wanted)), key=repr)
        for name, wanted in queries.items()
    }
