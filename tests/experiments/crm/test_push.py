"""What each CRM pushes, and what is made of it: what it means, and what nobody understands."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from experiments.crm import hubspot_push, pipedrive_push, salesforce_push, standard_push
from experiments.crm.adapters import ADAPTERS, Kind
from experiments.crm.push import Arrival, Credentials, Heard
from experiments.problem import Refused
from tests.experiments.crm.pushes import (
    ORGANIZATION,
    RECEIVED,
    hubspot_change,
    message,
    outbound,
    pipedrive,
)

AT = "2026-03-01T12:00:00+00:00"


def told(heard: Heard, *names: str) -> list[tuple[Any, ...]]:
    return [tuple(each.event.get(name) for name in names) for each in heard.said]


def test_hubspot_tells_of_stages_owners_and_amounts_and_of_the_pipeline() -> None:
    heard = hubspot_push.read(
        message(
            [
                hubspot_change(1, AT, subscriptionType="deal.creation"),
                hubspot_change(2, AT, propertyName="dealstage", propertyValue="closedwon"),
                hubspot_change(3, AT, propertyName="hubspot_owner_id", propertyValue="77"),
                hubspot_change(4, AT, propertyName="amount", propertyValue="1200.50"),
                hubspot_change(5, AT, propertyName="pipeline", propertyValue="default"),
                hubspot_change(6, AT, propertyName="dealname", propertyValue="Acme"),
            ]
        )
    )

    assert told(heard, "type", "stage", "owner_id", "value") == [
        ("created", None, None, None),
        ("stage_entered", "closedwon", None, None),
        ("owner_changed", None, "77", None),
        ("value_changed", None, None, {"amount": "1200.50", "currency": "EUR"}),
    ]
    assert {each.event["occurred_at"] for each in heard.said} == {AT}
    assert heard.pipelines == {"123": "default"}
    assert (heard.passed, heard.faults) == (2, [])


def test_hubspots_newer_form_means_the_same() -> None:
    change = {"propertyName": "dealstage", "propertyValue": "closedwon"}
    newer = {"subscriptionType": "object.propertyChange", "objectTypeId": "0-3"}
    contact = newer | {"objectTypeId": "0-1"}

    heard = hubspot_push.read(
        message([hubspot_change(1, AT, **change, **newer), hubspot_change(2, AT, **contact)])
    )

    assert told(heard, "stage", "lead_id") == [("closedwon", "123")]
    assert heard.passed == 1


def test_a_second_attempt_of_hubspots_is_the_same_event() -> None:
    change = {"propertyName": "dealstage", "propertyValue": "closedwon"}
    both = [hubspot_change(1, AT, **change, attemptNumber=attempt) for attempt in (0, 1)]

    heard = hubspot_push.read(message(both))

    assert len({each.event["source_id"] for each in heard.said}) == 1


def test_an_event_id_that_hubspot_used_twice_is_two_events() -> None:
    change = {"propertyName": "dealstage", "propertyValue": "closedwon"}
    both = [hubspot_change(1, AT, objectId=lead, **change) for lead in (1, 2)]

    heard = hubspot_push.read(message(both))

    assert len({each.event["source_id"] for each in heard.said}) == 2


@pytest.mark.parametrize(
    "change",
    [
        {"subscriptionType": "deal.deletion"},
        {"subscriptionType": "deal.merge"},
        {"subscriptionType": "deal.turnedGreen"},
        {"propertyName": "dealstage", "propertyValue": ["closedwon"]},
        {"propertyName": "dealstage", "propertyValue": "won", "occurredAt": "tomorrow"},
        {"propertyName": "dealstage", "propertyValue": "won", "objectId": None},
    ],
)
def test_what_hubspot_says_and_nobody_understands_is_listed_beside_the_rest(
    change: dict[str, Any],
) -> None:
    good = hubspot_change(1, AT, propertyName="dealstage", propertyValue="closedwon")

    heard = hubspot_push.read(message([hubspot_change(9, AT, **change), good]))

    assert [fault.place for fault in heard.faults] == [1]
    assert [each.place for each in heard.said] == [2]


def test_a_new_deal_of_pipedrives_begins_with_its_owner_stage_and_value() -> None:
    heard = pipedrive_push.read(message(pipedrive("create", org_id={"value": 9})))

    assert told(heard, "type", "occurred_at", "owner_id", "stage", "account_id") == [
        ("created", "2026-03-01T14:57:34+00:00", "7", None, "9"),
        ("stage_entered", "2026-03-01T15:39:01+00:00", None, "2", None),
        ("value_changed", "2026-03-01T15:39:01+00:00", None, None, None),
    ]
    assert heard.pipelines == {"123": "1"}


def test_pipedrive_tells_only_what_changed() -> None:
    moved = pipedrive_push.read(message(pipedrive(previous={"stage_id": 1})))
    handed = pipedrive_push.read(message(pipedrive(previous={"owner_id": 1})))
    renamed = pipedrive_push.read(message(pipedrive(previous={"title": "Old"})))

    assert told(moved, "type", "stage") == [("stage_entered", "2")]
    assert told(handed, "type", "owner_id") == [("owner_changed", "7")]
    assert (told(renamed, "type"), renamed.passed) == ([], 1)


def test_won_lost_and_open_again_are_stages_beside_pipedrives_own() -> None:
    previous = {"status": "open"}
    won = pipedrive(previous=previous, status="won", won_time="2026-03-02 08:00:00")
    lost = pipedrive(
        previous=previous, status="lost", lost_time="2026-03-02T08:00:00Z", lost_reason="price"
    )
    again = pipedrive(previous={"status": "lost"})

    said = [told(pipedrive_push.read(message(b)), "stage", "reason") for b in (won, lost, again)]

    assert said == [[("won", "")], [("lost", "price")], [("2", None)]]


def test_version_1_of_pipedrives_webhooks_is_understood() -> None:
    body = {
        "v": 1,
        "meta": {"v": 1, "action": "added", "object": "deal", "id": 5, "timestamp": 1772379541},
        "current": {"id": 5, "title": "T", "stage_id": 3, "user_id": {"id": 7, "value": 7}},
        "previous": None,
    }

    heard = pipedrive_push.read(message(body))

    assert told(heard, "type", "lead_id", "owner_id", "occurred_at") == [
        ("created", "5", "7", "2026-03-01T15:39:01+00:00"),
        ("stage_entered", "5", None, "2026-03-01T15:39:01+00:00"),
    ]


def test_other_things_of_pipedrives_are_passed_over_and_a_deleted_deal_is_listed() -> None:
    person = pipedrive()
    person["meta"]["entity"] = "person"

    assert pipedrive_push.read(message(person)).passed == 1
    assert len(pipedrive_push.read(message(pipedrive("delete"))).faults) == 1


def test_a_notification_of_salesforces_is_a_snapshot() -> None:
    fields = {
        "mark": "04l1",
        "Id": "006000000000001AAA",
        "Name": "Acme &amp; Sons",
        "StageName": "Proposal",
        "OwnerId": "005A",
        "Amount": "1200.5",
        "CreatedDate": "2026-03-01T10:00:00.000Z",
        "LastModifiedDate": "2026-03-01T12:00:00.000Z",
        "RecordTypeId": "012X",
    }

    heard = salesforce_push.read(message(outbound(fields)))

    assert told(heard, "source_id", "type", "occurred_at") == [
        ("deal:006000000000001AAA:created", "created", "2026-03-01T10:00:00+00:00"),
        ("04l1:owner", "owner_changed", AT),
        ("04l1:stage", "stage_entered", AT),
        ("04l1:value", "value_changed", AT),
    ]
    assert heard.said[0].event["name"] == "Acme & Sons"
    assert heard.pipelines == {"006000000000001AAA": "012X"}


def test_the_date_of_the_last_move_makes_the_move_of_two_snapshots_one() -> None:
    entered = "2026-02-28T09:00:00.000Z"
    both = [
        {"mark": m, "Id": "006A", "StageName": "Proposal", "LastStageChangeDate": entered}
        for m in ("04l1", "04l2")
    ]

    heard = salesforce_push.read(message(outbound(*both)))

    assert len({each.event["source_id"] for each in heard.said}) == 1


def test_a_notification_of_something_else_is_passed_over() -> None:
    body = outbound({"mark": "04l1", "Id": "001A"}, kind="Account")

    assert salesforce_push.read(message(body)).passed == 1


BOMB = b"""<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>
<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/">&b;</soapenv:Envelope>"""


@pytest.mark.parametrize(
    "body",
    [BOMB, BOMB.replace(b'"ha"', b'SYSTEM "file:///etc/passwd"'), b"<a", b"", b"<a/>", b"\xff"],
)
def test_xml_that_is_no_outbound_message_is_refused(body: bytes) -> None:
    with pytest.raises(Refused):
        salesforce_push.read(message(body))


def test_standard_webhooks_bring_events_or_one_in_its_envelope() -> None:
    event = {"source_id": "e1", "lead_id": "L1", "stage": "Demo", "occurred_at": AT}
    envelope = {
        "type": "lead.stage_entered",
        "timestamp": AT,
        "data": {"lead_id": "L1", "stage": "Demo"},
    }

    several = standard_push.read(message({"events": [event, "no event"]}))
    one = standard_push.read(message(envelope, id="msg_7"))

    assert told(several, "source", "source_id") == [("crm", "e1")]
    assert [fault.place for fault in several.faults] == [2]
    assert told(one, "source", "source_id", "type", "occurred_at") == [
        ("crm", "msg_7:1", "stage_entered", AT)
    ]


def test_nobody_speaks_for_another_source() -> None:
    event = {"source": "stagelift", "source_id": "e1", "lead_id": "L1"}

    heard = standard_push.read(message({"events": [event]}))

    assert told(heard, "source") == [("crm",)]


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=12,
)
CHANGE_FIELDS = (
    *("subscriptionType", "objectId", "propertyName", "propertyValue", "occurredAt"),
    *("eventId", "objectTypeId", "portalId"),
)
DEAL_FIELDS = (
    *("id", "stage_id", "status", "owner_id", "user_id", "value", "currency", "org_id"),
    *("title", "add_time", "won_time", "stage_change_time", "lost_reason"),
)


def understood(kind: Kind, body: bytes) -> None:
    """Whatever comes, it is read or refused; nothing else may happen."""
    try:
        heard = ADAPTERS[kind].read(message(body, id="m"))
    except Refused:
        return
    for each in heard.said:
        assert each.event["source"] == "crm"
        json.dumps(dict(each.event["origin"]) if "origin" in each.event else {})


@given(st.binary(max_size=300), st.sampled_from(list(Kind)))
@example(b"[" * 100_000, Kind.HUBSPOT)
@example(b'["\\ud800"]', Kind.HUBSPOT)
@example(b"[NaN]", Kind.HUBSPOT)
@example(b"[" + b"9" * 5000 + b"]", Kind.HUBSPOT)
def test_no_bytes_break_an_adapter(body: bytes, kind: Kind) -> None:
    understood(kind, body)


@given(anything, st.sampled_from([Kind.HUBSPOT, Kind.PIPEDRIVE, Kind.STANDARD]))
def test_no_json_breaks_an_adapter(value: Any, kind: Kind) -> None:
    understood(kind, json.dumps(value).encode())


@given(st.dictionaries(st.sampled_from(CHANGE_FIELDS), anything, max_size=6))
def test_no_change_breaks_hubspots_adapter(changed: dict[str, Any]) -> None:
    change = hubspot_change(1, AT, propertyName="dealstage", propertyValue="x") | changed
    understood(Kind.HUBSPOT, json.dumps([change]).encode())


@given(
    st.dictionaries(st.sampled_from(DEAL_FIELDS), anything, max_size=6),
    st.sampled_from(["create", "change", "added", "delete"]),
    anything,
)
def test_no_deal_breaks_pipedrives_adapter(
    changed: dict[str, Any], action: str, previous: Any
) -> None:
    understood(Kind.PIPEDRIVE, json.dumps(pipedrive(action, previous, **changed)).encode())


@given(
    st.dictionaries(
        st.sampled_from(["Id", "StageName", "CreatedDate", "Amount", "LastModifiedDate"]),
        st.text(st.characters(codec="utf-8", exclude_characters="<&"), max_size=30),
    )
)
def test_no_record_breaks_salesforces_adapter(record: dict[str, str]) -> None:
    understood(Kind.SALESFORCE, outbound({"mark": "04l"} | record))


def test_the_organisation_is_the_same_with_15_and_18_characters() -> None:
    body = outbound().replace(ORGANIZATION.encode(), ORGANIZATION[:15].encode())
    assert ORGANIZATION.encode() not in body

    arrival = Arrival("POST", "", body, {})
    salesforce_push.prove(Credentials("", ORGANIZATION), arrival, RECEIVED)
