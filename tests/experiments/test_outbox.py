"""What connected programs are told: written with the change, sent until it is taken."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from experiments import life, process_draft
from experiments.company import Company
from experiments.crm.adapters import Kind
from experiments.crm.answers import LONGEST_PAUSE, MOST_TRIES, Answered, next_try
from experiments.crm.signatures import check_standard
from experiments.enrolment import Enrolment
from experiments.exchange import connections, outbox, outbox_notes, outbox_telling
from experiments.exchange.connections import Connection, Telling
from experiments.exchange.outbox import OutboxMessage, Topic
from experiments.exchange.outbox_sending import sending
from experiments.experiment import Experiment
from experiments.ingest import ingest_events
from experiments.leads import lead
from experiments.people import Rep, RepWord
from experiments.problem import NotFound
from experiments.process import ProcessVersion
from tests.experiments.conftest import PROCESS, Tell
from tests.experiments.crm.pushes import ORGANIZATION, STANDARD_SECRET
from tests.experiments.crm.stand_in import Answer, Asked, StandIn, standing_in
from tests.experiments.test_inbox import OneSession

LATER = datetime(2026, 3, 6, tzinfo=UTC)
Connect = Callable[..., Connection]


@pytest.fixture
def server() -> Iterator[StandIn]:
    """Somebody's API."""
    with standing_in() as made:
        yield made


@pytest.fixture
def connect(session: Session, company: Company, server: StandIn, now: datetime) -> Connect:
    """Connects a program that the stand-in is, and says what it is told."""

    def make(kind: Kind, *, name: str = "crm", tasks: bool = False) -> Connection:
        made, _ = connections.create(
            session,
            kind,
            name,
            secret=STANDARD_SECRET if kind is Kind.STANDARD else "",
            organization=ORGANIZATION,
            by=None,
            now=now,
        )
        telling = Telling(server.url + "/", "t0ken", "" if tasks else "lift_variant", tasks)
        connections.set_telling(session, made, telling, by=None, now=now)
        return made

    return make


def enrolled(session: Session, reps: list[Rep], tell: Tell, lead_id: str = "7") -> str:
    """A lead that enters the running test; returns its variant's name."""
    event = tell(lead_id, day=2, type="created", owner_id=reps[0].external_id)
    assert ingest_events(session, [event], now=LATER).rejected == []
    [message] = [m for m in messages(session) if m.said.get("lead_id") == lead_id]
    name: str = message.said["variant_name"]
    return name


def messages(session: Session) -> list[OutboxMessage]:
    return list(session.scalars(select(OutboxMessage).order_by(OutboxMessage.id)))


def send(session: Session, now: datetime = LATER, *, seconds: float = 5.0) -> int:
    job = sending({}, lambda: httpx2.Client(timeout=seconds))
    done = job.run(OneSession(session), now)
    session.expire_all()
    return done


def test_the_variant_of_a_lead_is_written_with_its_enrolment_and_sent_once(
    session: Session,
    connect: Connect,
    server: StandIn,
    running: Experiment,
    reps: list[Rep],
    tell: Tell,
) -> None:
    connect(Kind.HUBSPOT)
    name = enrolled(session, reps, tell)

    assert send(session) == 1
    assert send(session) == 0

    [asked] = server.asked
    assert (asked.method, asked.path) == ("PATCH", "/crm/v3/objects/deals/7")
    assert asked.headers["authorization"] == "Bearer t0ken"
    assert asked.json == {"properties": {"lift_variant": name}}
    [message] = messages(session)
    assert (message.taken_at, message.due_at, message.tries) == (LATER, None, 1)


def test_what_is_undone_is_not_told(
    session: Session, connect: Connect, running: Experiment, reps: list[Rep], tell: Tell
) -> None:
    connect(Kind.HUBSPOT)
    with session.begin_nested() as undo:
        enrolled(session, reps, tell)
        undo.rollback()

    assert messages(session) == []


def test_a_crm_is_told_of_its_own_leads_and_another_program_of_all_and_of_reps(
    session: Session, connect: Connect, reps: list[Rep], running: Experiment, tell: Tell
) -> None:
    connect(Kind.PIPEDRIVE, name="other")
    connect(Kind.STANDARD, name="program")
    event = tell("7", day=2, type="created", owner_id=reps[0].external_id)
    ingest_events(session, [event], now=LATER)

    told = [(m.connection.name, m.topic) for m in messages(session)]

    assert told == [("program", Topic.LEAD_VARIANT)]
    outbox_notes.tell_assigned(
        session, running, [(reps[0].external_id, running.variants[0].id)], now=LATER
    )
    assert messages(session)[-1].said["rep_id"] == reps[0].external_id


def test_a_launch_tells_which_variant_each_rep_follows(
    session: Session, connect: Connect, plan: dict[str, Any], reps: list[Rep], now: datetime
) -> None:
    from experiments import experiment_draft

    connect(Kind.STANDARD)
    draft = experiment_draft.create(session, experiment_draft.checked(plan), by=None, now=now)
    life.launch(session, draft, seed=7, by=None, now=now)

    told = {m.said["rep_id"] for m in messages(session) if m.topic is Topic.REP_VARIANT}
    assert told == {rep.external_id for rep in reps}


def test_salesforce_pipedrive_and_another_program_are_told_in_their_own_way(
    session: Session,
    connect: Connect,
    server: StandIn,
    running: Experiment,
    reps: list[Rep],
    tell: Tell,
) -> None:
    connect(Kind.SALESFORCE)
    name = enrolled(session, reps, tell)
    send(session)
    salesforce = server.asked[-1]
    assert (salesforce.method, salesforce.json) == ("PATCH", {"lift_variant": name})
    assert salesforce.path == "/services/data/v62.0/sobjects/Opportunity/7"

    messages(session)[0].connection.kind = Kind.PIPEDRIVE
    enrolled(session, reps, tell, "8")
    send(session)
    assert (server.asked[-1].method, server.asked[-1].path) == ("PATCH", "/api/v2/deals/8")
    assert server.asked[-1].headers["x-api-token"] == "t0ken"
    assert "lift_variant" in server.asked[-1].json["custom_fields"]


def test_another_program_gets_a_signed_message_whose_id_stays_when_it_is_sent_again(
    session: Session,
    connect: Connect,
    server: StandIn,
    running: Experiment,
    reps: list[Rep],
    tell: Tell,
) -> None:
    connect(Kind.STANDARD)
    server.answers = [Answer(500), Answer(200)]
    enrolled(session, reps, tell)

    send(session)
    send(session, LATER + timedelta(minutes=1))

    first, second = server.asked
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    check_standard(STANDARD_SECRET, body=first.body, headers=first.headers, now=LATER)
    assert first.json["type"] == "lead.variant"
    assert first.json["data"]["lead_id"] == "7"


def _first(session: Session) -> OutboxMessage:
    session.expire_all()
    return messages(session)[0]


def test_a_server_that_is_busy_says_when_to_come_again(
    session: Session,
    connect: Connect,
    server: StandIn,
    running: Experiment,
    reps: list[Rep],
    tell: Tell,
) -> None:
    connect(Kind.HUBSPOT)
    server.answers = [Answer(429, headers={"Retry-After": "77"})]
    enrolled(session, reps, tell)

    send(session)

    message = _first(session)
    assert (message.due_at, message.tries) == (LATER + timedelta(seconds=77), 1)
    assert message.fault.startswith("429")
    send(session, LATER + timedelta(seconds=78))
    assert _first(session).taken_at is not None


def test_a_server_that_does_not_answer_is_tried_later_and_its_other_messages_wait(
    session: Session,
    connect: Connect,
    server: StandIn,
    running: Experiment,
    reps: list[Rep],
    tell: Tell,
) -> None:
    connect(Kind.HUBSPOT)
    server.answers = [Answer(after=2.0)]
    enrolled(session, reps, tell)
    enrolled(session, reps, tell, "8")

    assert send(session, seconds=0.1) == 2

    assert len(server.asked) == 1
    tried, waiting = messages(session)
    assert "Timeout" in tried.fault
    assert tried.due_at is not None
    assert tried.due_at > LATER
    assert (waiting.tries, waiting.fault) == (0, "")


def test_what_a_program_refuses_is_given_up_at_once_and_tried_again_when_a_person_says_so(
    session: Session,
    connect: Connect,
    server: StandIn,
    running: Experiment,
    reps: list[Rep],
    tell: Tell,
) -> None:
    connect(Kind.HUBSPOT)
    server.answers = [Answer(404, {"message": "no such property"})]
    enrolled(session, reps, tell)
    send(session)

    assert outbox.state(session) == outbox.OutboxState(0, 1)
    [message] = outbox.given_up(session, limit=9)
    assert "no such property" in message.fault
    assert outbox.try_again(session, [message.id], now=LATER) == 1
    with pytest.raises(NotFound):
        outbox.try_again(session, [message.id], now=LATER)
    send(session)
    assert _first(session).taken_at is not None


def test_a_worker_that_dies_after_sending_sends_again_when_its_lease_is_over(
    session: Session,
    connect: Connect,
    server: StandIn,
    running: Experiment,
    reps: list[Rep],
    tell: Tell,
) -> None:
    connect(Kind.HUBSPOT)
    enrolled(session, reps, tell)

    def dying() -> httpx2.Client:
        raise SystemExit

    with pytest.raises(SystemExit):
        sending({}, dying).run(OneSession(session), LATER)
    assert send(session) == 0
    assert send(session, LATER + timedelta(minutes=10)) == 1
    assert _first(session).taken_at is not None


def test_a_connection_without_its_token_gives_up_and_says_so(
    session: Session,
    connect: Connect,
    server: StandIn,
    running: Experiment,
    reps: list[Rep],
    tell: Tell,
) -> None:
    connect(Kind.HUBSPOT).token = ""
    enrolled(session, reps, tell)

    send(session)

    assert server.asked == []
    assert "no token" in _first(session).fault


def test_salesforce_is_asked_for_an_access_token_once_a_portion(
    session: Session,
    connect: Connect,
    server: StandIn,
    running: Experiment,
    reps: list[Rep],
    tell: Tell,
) -> None:
    connect(Kind.SALESFORCE).token = "app:s3cret"
    server.by_path = {"/services/oauth2/token": Answer(body={"access_token": "00Dx!y"})}
    enrolled(session, reps, tell)
    enrolled(session, reps, tell, "8")

    send(session)

    asked: list[Asked] = server.asked
    assert [each.path for each in asked].count("/services/oauth2/token") == 1
    assert b"grant_type=client_credentials" in asked[0].body
    assert {each.headers["authorization"] for each in asked[1:]} == {"Bearer 00Dx!y"}


def test_salesforce_that_gives_no_access_token_is_given_up(
    session: Session,
    connect: Connect,
    server: StandIn,
    running: Experiment,
    reps: list[Rep],
    tell: Tell,
) -> None:
    connect(Kind.SALESFORCE).token = "app:wrong"
    server.by_path = {"/services/oauth2/token": Answer(400, {"error": "invalid_client"})}
    enrolled(session, reps, tell)

    send(session)

    assert "invalid_client" in _first(session).fault


@pytest.fixture
def dated(session: Session, company: Company, now: datetime) -> ProcessVersion:
    """A process whose call is due two working days after the stage is entered."""
    stages = [dict(each) for each in PROCESS["stages"]]
    call = {"name": "Discovery call", "kind": "call", "after_days": 2, "instructions": "Why now?"}
    demo = {"name": "Show it", "kind": "demo", "after_days": 1}
    stages[1] = stages[1] | {"actions": [call, demo]}
    draft = process_draft.checked(PROCESS | {"stages": stages})
    return process_draft.create(session, draft, now=now)


def test_the_next_step_becomes_a_task_of_the_crms_and_the_one_after_it_when_it_is_done(
    session: Session,
    connect: Connect,
    server: StandIn,
    dated: ProcessVersion,
    reps: list[Rep],
    tell: Tell,
) -> None:
    connect(Kind.HUBSPOT, tasks=True)
    session.add(RepWord(word="77", rep=reps[0]))
    begun = tell("7", day=2, type="created", owner_id=reps[0].external_id, name="Acme")
    ingest_events(session, [begun, tell("7", "Qualify", day=2)], now=LATER)
    send(session)
    done = tell("7", day=3, type="action_done", action="Discovery call")
    ingest_events(session, [done], now=LATER)
    ingest_events(session, [done], now=LATER)
    send(session)

    first, second = [each.json for each in server.asked]
    assert first["properties"] == {
        "hs_timestamp": "2026-03-06T16:00:00Z",
        "hs_task_subject": "Discovery call",
        "hs_task_body": "Why now?",
        "hs_task_status": "NOT_STARTED",
        "hs_task_type": "CALL",
        "hubspot_owner_id": "77",
    }
    assert first["associations"][0]["to"] == {"id": "7"}
    assert second["properties"]["hs_task_subject"] == "Show it"


@pytest.mark.parametrize(
    ("kind", "path", "owner"),
    [
        (Kind.SALESFORCE, "/services/data/v62.0/sobjects/Task", ("OwnerId", "005A")),
        (Kind.PIPEDRIVE, "/api/v2/activities", ("owner_id", 77)),
    ],
)
def test_a_task_is_written_as_each_crm_has_it(
    session: Session,
    connect: Connect,
    server: StandIn,
    dated: ProcessVersion,
    reps: list[Rep],
    tell: Tell,
    kind: Kind,
    path: str,
    owner: tuple[str, Any],
) -> None:
    connect(kind, tasks=True)
    session.add(RepWord(word=str(owner[1]), rep=reps[0]))
    begun = tell("7", day=2, type="created", owner_id=reps[0].external_id)
    ingest_events(session, [begun, tell("7", "Qualify", day=2)], now=LATER)
    send(session)

    [asked] = server.asked
    assert (asked.method, asked.path) == ("POST", path)
    assert asked.json[owner[0]] == owner[1]
    assert "2026-03-06" in asked.json.values()


def test_what_was_to_be_done_weeks_ago_is_nobodys_task(
    session: Session, connect: Connect, dated: ProcessVersion, reps: list[Rep], tell: Tell
) -> None:
    connect(Kind.HUBSPOT, tasks=True)
    begun = tell("7", day=2, type="created", owner_id=reps[0].external_id)

    ingest_events(session, [begun, tell("7", "Qualify", day=2)], now=LATER + timedelta(days=30))

    assert messages(session) == []


def test_a_program_connected_later_is_told_of_all_that_takes_part(
    session: Session, connect: Connect, running: Experiment, reps: list[Rep], tell: Tell
) -> None:
    event = tell("7", day=2, type="created", owner_id=reps[0].external_id)
    ingest_events(session, [event], now=LATER)
    assert session.scalar(select(Enrolment.lead_id)) == lead(session, "7").id
    later = connect(Kind.HUBSPOT)

    assert outbox_telling.tell_all(session, later, now=LATER) == 1
    assert outbox_telling.tell_all(session, later, now=LATER) == 0
    assert json.loads(messages(session)[0].payload)["lead_id"] == "7"
    later.variant_field = ""
    assert outbox_telling.tell_all(session, later, now=LATER) == 0


def test_pauses_double_to_six_hours_and_chance_takes_up_to_half_of_each() -> None:
    failed = Answered(503)
    pauses = [next_try(failed, tries, chance=0.5, now=LATER) for tries in range(1, MOST_TRIES)]
    seconds = [(at - LATER).total_seconds() / 0.75 for at in pauses if at]

    assert seconds[:4] == [30, 60, 120, 240]
    assert max(seconds) == LONGEST_PAUSE.total_seconds()
    assert next_try(failed, 1, chance=0, now=LATER) == LATER + timedelta(seconds=15)
    assert next_try(failed, MOST_TRIES, chance=0, now=LATER) is None


def test_retry_after_is_read_as_seconds_and_as_a_date_and_believed_up_to_a_day() -> None:
    def at(said: str) -> Any:
        answered = replace(Answered(429), headers={"retry-after": said})
        return next_try(answered, 1, chance=0, now=LATER)

    assert at("120") == LATER + timedelta(seconds=120)
    assert at("Fri, 06 Mar 2026 00:05:00 GMT") == LATER + timedelta(minutes=5)
    assert at("Fri, 06 Mar 2020 00:05:00 GMT") == LATER
    assert at("999999") == LATER + timedelta(days=1)
    assert at("soon") == LATER + timedelta(seconds=15)
    assert next_try(Answered(422), 1, chance=0, now=LATER) is None
