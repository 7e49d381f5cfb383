"""Salesforce's outbound messages: SOAP with up to 100 notifications, each how a deal stands.

Nothing is signed: the address cannot be guessed, and the message must name the organisation.
It is sent again for a day until an acknowledgement in an envelope of its own comes back.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from experiments.crm.push import (
    Acknowledgement,
    Adapter,
    Arrival,
    Credentials,
    Heard,
    Message,
    moment_of,
    needed,
    text_of,
    value_of,
)
from experiments.crm.signatures import check_key
from experiments.problem import Refused, problem

_SOAP = "{http://schemas.xmlsoap.org/soap/envelope/}"
_OUTBOUND = "{http://soap.sforce.com/2005/09/outbound}"
_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
# Salesforce writes an id with 15 characters, or with three more that only repeat their case.
SHORT_ID = 15

ACKNOWLEDGED = (
    b'<?xml version="1.0" encoding="UTF-8"?>'
    b'<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>'
    b'<notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound">'
    b"<Ack>true</Ack></notificationsResponse></soapenv:Body></soapenv:Envelope>"
)


def prove(credentials: Credentials, arrival: Arrival, _now: datetime) -> None:
    """Check the organisation that the message names; its address was checked before."""
    named = _notifications(arrival.body).findtext(f"{_OUTBOUND}OrganizationId") or ""
    check_key(credentials.organization[:SHORT_ID], named.strip()[:SHORT_ID])


def read(message: Message) -> Heard:
    """What the notifications say. Raises Refused where it is no outbound message."""
    heard = Heard()
    found = _notifications(message.body).findall(f"{_OUTBOUND}Notification")
    for place, notification in enumerate(found, 1):
        try:
            _hear(heard, place, notification, message)
        except Refused as refusal:
            heard.doubt(place, refusal)
    return heard


def _notifications(body: bytes) -> Element:
    try:
        root = fromstring(body, forbid_dtd=True)
    except DefusedXmlException:
        text = "The XML defines entities or a document type: no outbound message does."
        raise Refused(problem("body", text)) from None
    except (ParseError, ValueError, LookupError):
        raise Refused(problem("body", "This is not XML.")) from None
    found = root.find(f"{_SOAP}Body/{_OUTBOUND}notifications")
    if found is None:
        raise Refused(problem("body", "This is no outbound message of Salesforce."))
    return found


def _hear(heard: Heard, place: int, notification: Element, message: Message) -> None:
    record = notification.find(f"{_OUTBOUND}sObject")
    if record is None:
        raise Refused(problem("sObject", "The notification holds no record."))
    if not record.get(_TYPE, "").endswith(":Opportunity"):
        heard.passed += 1
        return
    told = {each.tag.rpartition("}")[2]: (each.text or "").strip() for each in record}
    mark = (notification.findtext(f"{_OUTBOUND}Id") or "").strip() or needed(told, "Id")
    tell_opportunity(heard, place, told, mark=mark, message=message)


def tell_opportunity(
    heard: Heard, place: int, told: Mapping[str, Any], *, mark: str, message: Message
) -> None:
    """Add what an opportunity's fields say.

    Args:
        mark: What makes the events of this snapshot theirs: the notification's id.
    """
    lead = needed(told, "Id")
    saved = moment_of(told, "LastModifiedDate") or moment_of(told, "SystemModstamp")
    at = saved or message.received_at.isoformat()
    common = {"source": message.source, "lead_id": lead, "origin": dict(told)}
    if process := text_of(told, "RecordTypeId"):
        heard.pipelines[lead] = process
    owner = text_of(told, "OwnerId") or None
    if created := moment_of(told, "CreatedDate"):
        heard.tell(
            place,
            type="created",
            source_id=f"deal:{lead}:created",
            occurred_at=created,
            name=text_of(told, "Name")[:200],
            account_id=text_of(told, "AccountId") or None,
            **common,
        )
    if owner:
        _tell(heard, place, common, f"{mark}:owner", at, type="owner_changed", owner_id=owner)
    if stage := text_of(told, "StageName"):
        entered = moment_of(told, "LastStageChangeDate")
        # The date of the last move makes the same move the same event in every snapshot.
        name = f"deal:{lead}:stage:{stage}:{entered}" if entered else f"{mark}:stage"
        _tell(heard, place, common, name, entered or at, type="stage_entered", stage=stage)
    if amount := text_of(told, "Amount"):
        value = value_of(amount, text_of(told, "CurrencyIsoCode") or message.currency)
        _tell(heard, place, common, f"{mark}:value", at, type="value_changed", value=value)


def _tell(
    heard: Heard, place: int, common: Mapping[str, Any], name: str, at: str, **said: Any
) -> None:
    heard.tell(place, source_id=name[:200], occurred_at=at, **common, **said)


ADAPTER = Adapter(
    prove=prove,
    read=read,
    acknowledgement=Acknowledgement(ACKNOWLEDGED, "text/xml"),
    snapshots=True,
)
