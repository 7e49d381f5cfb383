"""From what came in to events: repeats, disorder, what waits, what nobody understands."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from experiments.company import Company
from experiments.crm.adapters import ADAPTERS, Kind
from experiments.events import Event, Kept, KeptRecord, count_kept, history, visits
from experiments.exchange import connections, inbox, inbox_reading, kept_again
from experiments.exchange.connections import Connection
from experiments.ingest import ingest_events
from experiments.leads import lead
from experiments.mapping import map_word
from experiments.people import Rep, RepWord
from experiments.problem import Refused
from experiments.process import ProcessVersion
from tests.conftest import count_rows
from tests.experiments.conftest import Tell
from tests.experiments.crm.pushes import ORGANIZATION, hubspot_change, outbound, pipedrive

Read = Callable[..., inbox.Reading]


class OneSession:
    """The test's own session as the store of a job."""

    def __init__(self, session: Session) -> None:
        self.session = session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        yield self.session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        yield self.session
        self.session.flush()


@pytest.fixture
def connect(session: Session, company: Company, now: datetime) -> Callable[..., Connection]:
    """Makes a connection of a kind."""

    def make(kind: Kind) -> Connection:
        made, _ = connections.create(
            session, kind, "crm", organization=ORGANIZATION, by=None, now=now
        )
        return made

    return make


@pytest.fixture
def hear(session: Session, connect: Callable[..., Connection], now: datetime) -> Read:
    """Takes a body from a program of a kind, and reads it at once."""
    made: dict[Kind, Connection] = {}

    def take(kind: Kind, body: Any) -> inbox.Reading:
        if kind not in made:
            made[kind] = connect(kind)
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        stored = inbox.receive(session, made[kind], raw, now=now)
        return inbox_reading.read(session, stored, now=now)

    return take


def change(event: int, minute: int, **changed: Any) -> dict[str, Any]:
    return hubspot_change(event, f"2026-03-01T12:{minute:02}:00+00:00", **changed)


def way(reps: list[Rep]) -> list[dict[str, Any]]:
    """A deal of HubSpot's: it begins, gets a rep, and goes through three stages and back."""
    owner = reps[0].external_id
    return [
        change(1, 0, subscriptionType="deal.creation"),
        change(2, 1, propertyName="hubspot_owner_id", propertyValue=owner),
        change(3, 2, propertyName="dealstage", propertyValue="New"),
        change(4, 3, propertyName="dealstage", propertyValue="Demo"),
        change(5, 4, propertyName="dealstage", propertyValue="Qualify"),
        change(6, 5, propertyName="amount", propertyValue="900"),
    ]


def stages(session: Session, lead_id: str) -> list[str]:
    return [each.stage.name for each in visits(history(session, lead(session, lead_id)))]


def test_what_hubspot_pushes_becomes_the_course_of_a_lead(
    session: Session, hear: Read, reps: list[Rep], version: ProcessVersion
) -> None:
    reading = hear(Kind.HUBSPOT, way(reps))

    found = lead(session, "123")
    assert (reading.accepted, reading.faults) == (6, 0)
    assert stages(session, "123") == ["New", "Demo", "Qualify"]
    assert (found.owner, found.amount_minor) == (reps[0], 90000)


def test_changes_come_in_any_order_and_more_than_once(
    session: Session, hear: Read, reps: list[Rep], version: ProcessVersion
) -> None:
    for each in reversed(way(reps)):
        hear(Kind.HUBSPOT, [each])
    events = count_rows(session, "events")
    for each in way(reps):
        hear(Kind.HUBSPOT, [each])

    found = lead(session, "123")
    assert stages(session, "123") == ["New", "Demo", "Qualify"]
    assert (found.owner, found.stage.key if found.stage else "") == (reps[0], "qualify")
    # The owner's change came first and began the lead, as an event of its own.
    assert count_rows(session, "events") == events == 7
    assert count_kept(session) == {}


def test_reading_a_delivery_again_tells_nothing_twice(
    session: Session, hear: Read, reps: list[Rep], version: ProcessVersion, now: datetime
) -> None:
    first = hear(Kind.HUBSPOT, way(reps))

    again = inbox_reading.read(session, inbox.delivery(session, first.delivery_id), now=now)

    # The beginning of a lead that has begun is passed over.
    assert (again.accepted, again.repeated, again.passed) == (0, 5, 1)
    assert count_rows(session, "events") == 6


def test_a_stage_that_nobody_has_explained_waits_and_is_placed_when_it_is(
    session: Session, hear: Read, reps: list[Rep], version: ProcessVersion, now: datetime
) -> None:
    moved = change(9, 9, propertyName="dealstage", propertyValue="1199")
    early = hear(Kind.HUBSPOT, [moved])
    hear(Kind.HUBSPOT, way(reps))

    assert early.waiting == 1
    # It waited for its lead; now it waits for its stage.
    assert count_kept(session) == {(Kept.UNKNOWN_STAGE, "1199"): 1}
    assert map_word(session, version, "1199", "won", by=None, now=now) == 1
    assert stages(session, "123")[-1] == "Won"


def test_a_person_whom_the_crm_calls_by_a_number_is_explained_once(
    session: Session, hear: Read, reps: list[Rep], version: ProcessVersion
) -> None:
    session.add(RepWord(word="7", rep=reps[2]))
    session.flush()

    hear(Kind.PIPEDRIVE, pipedrive("create"))

    assert lead(session, "123").owner is reps[2]


def test_fields_that_a_crm_writes_in_the_moments_before_a_deals_creation_count_from_it(
    session: Session, hear: Read, reps: list[Rep], version: ProcessVersion
) -> None:
    created = change(1, 5, subscriptionType="deal.creation")
    owned = change(2, 5, propertyName="hubspot_owner_id", propertyValue=reps[0].external_id)
    staged = change(3, 5, propertyName="dealstage", propertyValue="New")
    staged["occurredAt"] -= 40

    reading = hear(Kind.HUBSPOT, [staged, created, owned])

    assert (reading.accepted, reading.faults) == (3, 0)
    assert lead(session, "123").stage_entered_at == lead(session, "123").created_at


def test_a_snapshot_that_says_what_stood_before_is_no_move(
    session: Session, hear: Read, reps: list[Rep], version: ProcessVersion
) -> None:
    def saved(mark: str, stage: str, minute: int, **more: str) -> bytes:
        at = f"2026-03-01T12:{minute:02}:00.000Z"
        fields = {
            "mark": mark,
            "Id": "006000000000001AAA",
            "CreatedDate": "2026-03-01T10:00:00.000Z",
            "StageName": stage,
            "OwnerId": reps[0].external_id,
            "LastModifiedDate": at,
        }
        return outbound(fields | more)

    # The second message comes after the third.
    hear(Kind.SALESFORCE, saved("n1", "New", 1))
    hear(Kind.SALESFORCE, saved("n3", "Demo", 3))
    hear(Kind.SALESFORCE, saved("n2", "New", 2, Name="Renamed"))
    again = hear(Kind.SALESFORCE, saved("n4", "Demo", 4))

    found = lead(session, "006000000000001AAA")
    assert stages(session, found.external_id) == ["New", "Demo"]
    assert found.stage_entered_at is not None
    assert found.stage_entered_at.minute == 3
    assert (again.accepted, again.passed) == (0, 3)
    assert count_kept(session) == {}


def test_an_opportunity_that_a_report_told_of_keeps_its_shorter_id(
    session: Session,
    hear: Read,
    reps: list[Rep],
    version: ProcessVersion,
    tell: Tell,
    now: datetime,
) -> None:
    short = "006000000000001"
    owner = reps[0].external_id
    ingest_events(session, [tell(short, day=-9, type="created", owner_id=owner)], now=now)

    hear(Kind.SALESFORCE, outbound({"mark": "n1", "Id": short + "AAA", "StageName": "Demo"}))

    assert stages(session, short) == ["Demo"]


def test_a_pipeline_says_which_process_its_new_leads_follow(
    session: Session,
    connect: Callable[..., Connection],
    version: ProcessVersion,
    reps: list[Rep],
    now: datetime,
) -> None:
    found = connect(Kind.HUBSPOT)
    connections.set_pipeline(session, found, "default", "discovery-first")
    begun = change(1, 0, subscriptionType="deal.creation")
    told = change(2, 1, propertyName="pipeline", propertyValue="default")

    for body in ([begun, told], [begun | {"objectId": 5}], [told | {"objectId": 5}]):
        stored = inbox.receive(session, found, json.dumps(body).encode(), now=now)
        inbox_reading.read(session, stored, now=now)

    # Told with the beginning, and after it.
    assert lead(session, "123").version is version
    assert lead(session, "5").version is version
    with pytest.raises(Refused, match="no process"):
        connections.set_pipeline(session, found, "x", "nothing")


def test_what_is_no_delivery_at_all_is_listed_and_can_be_read_again_or_set_aside(
    session: Session, hear: Read, now: datetime
) -> None:
    reading = hear(Kind.HUBSPOT, b"not json")
    found = inbox.delivery(session, reading.delivery_id)

    assert [str(each.problem) for each in reading.unclear] == ["body: This is not JSON in UTF-8."]
    assert inbox.state(session) == inbox.InboxState(1, now, 1)
    inbox.read_again(session, [found.id], now=now)
    assert inbox.state(session).waiting == 1
    inbox.set_aside(session, found, now=now)
    assert inbox.unclear_readings(session, limit=9) == []


def test_a_time_in_the_future_is_listed_and_read_again_when_it_has_come(
    session: Session, hear: Read, reps: list[Rep], version: ProcessVersion, now: datetime
) -> None:
    later = now + timedelta(hours=1)
    body = [
        *way(reps)[:2],
        hubspot_change(9, later.isoformat(), propertyName="dealstage", propertyValue="Demo"),
    ]
    reading = hear(Kind.HUBSPOT, body)
    assert [each.place for each in reading.unclear] == [3]

    again = inbox_reading.read(session, inbox.delivery(session, reading.delivery_id), now=later)

    assert (again.accepted, again.faults) == (1, 0)


def test_the_job_reads_what_waits_and_goes_on_behind_what_our_own_code_cannot_read(
    session: Session,
    connect: Callable[..., Connection],
    reps: list[Rep],
    version: ProcessVersion,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    found = connect(Kind.HUBSPOT)
    read = ADAPTERS[Kind.HUBSPOT].read

    def failing(message: Any) -> Any:
        if message.body == b"bad":
            raise RuntimeError("a bug")
        return read(message)

    broken = ADAPTERS | {Kind.HUBSPOT: type(ADAPTERS[Kind.HUBSPOT])(_prove, failing)}
    monkeypatch.setattr(inbox_reading, "ADAPTERS", broken)
    bad = inbox.receive(session, found, b"bad", now=now)
    inbox.receive(session, found, json.dumps(way(reps)).encode(), now=now)

    assert inbox_reading.read_due(OneSession(session), now) == 2

    assert stages(session, "123") == ["New", "Demo", "Qualify"]
    waiting = session.get(inbox.Turn, bad.id)
    assert waiting is not None
    assert (waiting.tries, waiting.due_at) == (1, now + inbox_reading.FIRST_PAUSE)
    assert "could not be read" in caplog.text
    assert [each.delivery_id for each in inbox.unclear_readings(session, limit=9)] == [bad.id]
    monkeypatch.undo()
    assert inbox_reading.read_due(OneSession(session), waiting.due_at) == 1
    assert inbox.state(session).waiting == 0


def _prove(*_: Any) -> None:
    return None


def test_a_record_whose_lead_began_on_another_server_meanwhile_is_placed(
    session: Session, hear: Read, reps: list[Rep], version: ProcessVersion, now: datetime
) -> None:
    hear(Kind.HUBSPOT, way(reps))
    # As two servers leave it that hear of the lead and of its move at the same moment.
    moved = session.scalars(select(Event).where(Event.stage_id.is_not(None))).all()[-1]
    payload = moved.payload.replace("Qualify", "Offer").replace(moved.source_ref, "other")
    kept = KeptRecord(source_id=moved.source_id, source_ref="other", digest="d", lead_ref="123")
    kept.why, kept.word, kept.payload, kept.recorded_at = Kept.UNKNOWN_LEAD, "123", payload, now
    session.add(kept)
    session.flush()

    assert kept_again.place_due(OneSession(session), now) == 1
    assert kept_again.place_due(OneSession(session), now) == 0
    assert "Offer" in stages(session, "123")


def test_a_connection_names_what_is_wrong_with_it(session: Session, company: Company) -> None:
    now = company.created_at

    def refused(kind: str, name: str, organization: str = "") -> str:
        with pytest.raises(Refused) as caught:
            connections.create(session, kind, name, organization=organization, by=None, now=now)
        return str(caught.value)

    connections.create(session, "hubspot", "Our CRM", secret="s", by=None, now=now)
    assert "Choose what is connected" in refused("odoo", "x")
    assert "There is a connection Our CRM already" in refused("pipedrive", "our-crm")
    assert "site's own" in refused("hubspot", "stagelift")
    assert "at most 60" in refused("hubspot", "!")
    assert "00D" in refused("salesforce", "sf", "123")


def test_a_secret_in_the_environment_stands_above_the_stored_one(
    session: Session, company: Company, now: datetime
) -> None:
    found, shown = connections.create(session, "hubspot", "Our CRM", secret="s", by=None, now=now)

    assert shown == ""
    assert connections.credentials_of(found, {}).secret == "s"
    held = {"STAGELIFT_SECRET_OUR_CRM": "e", "STAGELIFT_TOKEN_OUR_CRM": "t"}
    assert connections.credentials_of(found, held).secret == "e"
    assert connections.token_of(found, held) == "t"
    shown = connections.renew_secret(session, found, "", by=None, now=now)
    assert (shown, connections.credentials_of(found, {}).secret) == ("", "")
