"""Events come in: in any order, more than once, and not always right."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from experiments.events import Event, Kept, KeptRecord, StageWord, count_kept, history, visits
from experiments.experiment import Experiment
from experiments.ingest import ingest_events, ingest_leads, replay
from experiments.leads import Lead, lead
from experiments.people import Rep, add_rep
from experiments.process import ProcessVersion
from tests.conftest import count_rows
from tests.experiments.conftest import Tell

LATER = timedelta(days=100)


def begin(tell: Tell, lead_id: str, rep: Rep, *, day: float, **more: Any) -> dict[str, Any]:
    return tell(lead_id, day=day, type="created", owner_id=rep.external_id, **more)


def test_a_batch_is_stored_and_moves_its_lead(
    session: Session, version: ProcessVersion, reps: list[Rep], tell: Tell, now: datetime
) -> None:
    events = [
        begin(tell, "L1", reps[0], day=1, name="Northwind"),
        tell("L1", "Qualify", day=2),
        tell("L1", "Demo", day=5, value={"amount": "1200.50", "currency": "eur"}),
    ]

    result = ingest_events(session, events, now=now + LATER)

    assert (result.accepted, result.duplicates, result.rejected) == (3, 0, [])
    found = lead(session, "L1")
    assert found.owner is reps[0]
    assert found.stage is version.stages[2]
    assert (found.amount_minor, found.currency) == (120_050, "EUR")
    assert found.name == "Northwind"


def test_a_repeated_event_is_stored_once(
    session: Session, version: ProcessVersion, reps: list[Rep], tell: Tell, now: datetime
) -> None:
    events = [begin(tell, "L1", reps[0], day=1), tell("L1", "Qualify", day=2)]
    ingest_events(session, events, now=now + LATER)

    again = ingest_events(session, [*events, events[1]], now=now + LATER)

    assert (again.accepted, again.duplicates) == (0, 3)
    assert count_rows(session, "events") == 2


def test_the_same_id_with_other_content_is_a_conflict_and_listed(
    session: Session, version: ProcessVersion, reps: list[Rep], tell: Tell, now: datetime
) -> None:
    events = [begin(tell, "L1", reps[0], day=1), tell("L1", "Qualify", day=2)]
    ingest_events(session, events, now=now + LATER)

    result = ingest_events(session, [events[1] | {"stage": "Demo"}], now=now + LATER)

    assert result.accepted == 0
    assert result.rejected[0].kept
    assert count_kept(session) == {(Kept.CONFLICT, events[1]["source_id"]): 1}
    assert lead(session, "L1").stage is version.stages[1]


def test_the_order_of_a_batch_changes_nothing(
    session: Session, running: Experiment, reps: list[Rep], tell: Tell, now: datetime
) -> None:
    events = []
    for n in range(12):
        events.append(begin(tell, f"L{n}", reps[n % 8], day=1 + n / 10))
        events += [tell(f"L{n}", stage, day=3 + n) for stage in ("Qualify", "Offer")]
        events.append(tell(f"L{n}", "Qualify", day=8 + n, reason="budget gone"))
    random.Random(4).shuffle(events)

    result = ingest_events(session, events, now=now + LATER)

    assert (result.accepted, result.rejected) == (48, [])
    assert {each.stage.key for each in session.scalars(select(Lead)) if each.stage} == {"qualify"}
    assert count_rows(session, "enrolments") == 12


def test_backward_moves_and_reopening_are_visits(
    session: Session, version: ProcessVersion, reps: list[Rep], tell: Tell, now: datetime
) -> None:
    way = ["New", "Demo", "Demo", "Qualify", "Lost", "Qualify", "Won"]
    events = [begin(tell, "L1", reps[0], day=0)]
    events += [tell("L1", stage, day=1 + n) for n, stage in enumerate(way)]
    ingest_events(session, events, now=now + LATER)

    seen = visits(history(session, lead(session, "L1")))

    assert [visit.stage.name for visit in seen] == [
        "New", "Demo", "Qualify", "Lost", "Qualify", "Won",
    ]  # fmt: skip
    assert [visit.backward for visit in seen] == [False, False, True, False, True, False]
    assert [visit.reopened for visit in seen] == [False, False, False, False, True, False]
    assert seen[0].left_at == seen[1].entered_at
    assert seen[-1].left_at is None


def test_a_voided_event_counts_no_more(
    session: Session, version: ProcessVersion, reps: list[Rep], tell: Tell, now: datetime
) -> None:
    wrong = tell("L1", "Won", day=4)
    events = [begin(tell, "L1", reps[0], day=1), tell("L1", "Qualify", day=2), wrong]
    ingest_events(session, events, now=now + LATER)

    void = tell("L1", day=5, type="voided", voids=wrong["source_id"])
    result = ingest_events(session, [void], now=now + LATER)

    assert result.accepted == 1
    assert lead(session, "L1").stage is version.stages[1]
    assert count_rows(session, "events") == 4


def test_an_unknown_lead_begins_where_an_owner_is_given(
    session: Session, version: ProcessVersion, reps: list[Rep], tell: Tell, now: datetime
) -> None:
    moved = tell("L1", "Qualify", day=2, owner_id=reps[1].external_id)

    result = ingest_events(session, [moved], now=now + LATER)

    assert result.accepted == 1
    found = lead(session, "L1")
    assert (found.owner, found.created_at) == (reps[1], None)
    earlier = ingest_events(session, [tell("L1", "New", day=1)], now=now + LATER)
    assert earlier.accepted == 1


def test_an_event_of_an_unknown_lead_waits_for_its_lead(
    session: Session, version: ProcessVersion, reps: list[Rep], tell: Tell, now: datetime
) -> None:
    moved = tell("L1", "Qualify", day=2)

    result = ingest_events(session, [moved], now=now + LATER)
    assert [(each.index, each.kept) for each in result.rejected] == [(0, True)]
    assert "L1" in str(result.rejected[0].problem)

    ingest_events(session, [begin(tell, "L1", reps[0], day=1)], now=now + LATER)

    assert lead(session, "L1").stage is version.stages[1]
    assert count_kept(session) == {}


def test_an_unknown_stage_is_kept_and_placed_once_it_is_known(
    session: Session, version: ProcessVersion, reps: list[Rep], tell: Tell, now: datetime
) -> None:
    events = [begin(tell, "L1", reps[0], day=1), tell("L1", "Qualifiziert", day=2)]
    result = ingest_events(session, events, now=now + LATER)
    assert result.accepted == 1
    assert count_kept(session) == {(Kept.UNKNOWN_STAGE, "Qualifiziert"): 1}

    session.add(StageWord(version_id=version.id, word="Qualifiziert", stage=version.stages[1]))
    session.flush()

    assert replay(session, now=now + LATER) == 1
    assert lead(session, "L1").stage is version.stages[1]
    assert replay(session, now=now + LATER) == 0


def test_an_unknown_owner_is_kept_until_the_rep_is_there(
    session: Session, version: ProcessVersion, reps: list[Rep], tell: Tell, now: datetime
) -> None:
    event = tell("L1", day=1, type="created", owner_id="R-99")
    assert ingest_events(session, [event], now=now + LATER).rejected[0].kept
    assert count_rows(session, "leads") == 0

    add_rep(session, "Nina", external_id="R-99", team=None, now=now)

    assert replay(session, now=now + LATER) == 1
    assert lead(session, "L1").owner is not None


def test_bad_rows_are_named_and_good_ones_kept(
    session: Session, version: ProcessVersion, reps: list[Rep], tell: Tell, now: datetime
) -> None:
    good = begin(tell, "L1", reps[0], day=5)
    events: list[dict[str, Any]] = [
        good,
        tell("L1", "Qualify", day=4),
        tell("L1", "Qualify", day=400),
        tell("L1", "Qualify", day=6) | {"occurred_at": "yesterday"},
        tell("L1", day=6),
        tell("L1", "Qualify", day=6, value={"amount": "5", "currency": "XXZ"}),
        tell("L1", "Qualify", day=6, colour="red"),
        tell("L2", day=6, type="created", owner_id=reps[0].external_id, process="nonsense"),
        tell("L1", day=7, type="voided", voids="nothing"),
    ]

    result = ingest_events(session, events, now=now + LATER)

    assert result.accepted == 1
    where = {each.index: str(each.problem) for each in result.rejected}
    assert where[1].startswith("occurred_at: ")
    assert "before the lead was created" in where[1]
    assert "in the future" in where[2]
    assert where[3].startswith("occurred_at")
    assert "needs stage" in where[4]
    assert where[5].startswith("value.currency")
    assert where[6].startswith("colour")
    assert "nonsense" in where[7]
    assert "nothing" in where[8]
    assert count_rows(session, "leads") == 1


def test_a_time_without_zone_is_the_companys(
    session: Session, version: ProcessVersion, reps: list[Rep], tell: Tell, now: datetime
) -> None:
    event = begin(tell, "L1", reps[0], day=1) | {"occurred_at": "2026-03-05T10:00:00"}
    ingest_events(session, [event], now=now + LATER)

    stored = session.scalars(select(Event)).one()

    # Berlin is an hour ahead of UTC in early March.
    assert stored.occurred_at.isoformat() == "2026-03-05T09:00:00+00:00"


def test_leads_come_in_with_account_and_process(
    session: Session, version: ProcessVersion, reps: list[Rep], now: datetime
) -> None:
    written = {
        "lead_id": "L1",
        "owner_id": reps[0].external_id,
        "account_id": "ACME",
        "created_at": "2026-03-05T10:00:00Z",
        "process": "discovery-first",
        "attributes": {"name": "Acme renewal"},
    }

    result = ingest_leads(session, [written, {"lead_id": "L2"}], source="api", now=now + LATER)

    assert result.accepted == 1
    assert str(result.rejected[0].problem).startswith("created_at")
    found = lead(session, "L1")
    assert found.account is not None
    assert (found.account.external_id, found.version, found.name) == (
        "ACME", version, "Acme renewal",
    )  # fmt: skip


def test_a_kept_record_sent_again_is_a_repeat(
    session: Session, version: ProcessVersion, reps: list[Rep], tell: Tell, now: datetime
) -> None:
    event = tell("L1", "Qualify", day=2)
    ingest_events(session, [event], now=now + LATER)

    again = ingest_events(session, [event], now=now + LATER)

    assert (again.duplicates, again.rejected) == (1, [])
    assert len(session.scalars(select(KeptRecord)).all()) == 1


def test_no_program_may_speak_as_the_site(
    session: Session, version: ProcessVersion, reps: list[Rep], tell: Tell, now: datetime
) -> None:
    event = begin(tell, "L1", reps[0], day=1, source="stagelift")

    result = ingest_events(session, [event], now=now + LATER)

    assert str(result.rejected[0].problem).startswith("source: ")
    assert count_rows(session, "leads") == 0
