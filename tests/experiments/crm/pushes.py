"""What CRMs push, as their documentation and published clients show it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

from experiments.crm.push import Message
from experiments.crm.signatures import sign_standard

HUBSPOT_SECRET = "test-secret"
STANDARD_SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()
PIPEDRIVE_SECRET = "stagelift:a long password"
ORGANIZATION = "00D000000000001EAA"
RECEIVED = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SOAP = (
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>'
    '<notifications xmlns="http://soap.sforce.com/2005/09/outbound"><OrganizationId>{org}'
    "</OrganizationId><ActionId>04k</ActionId><SessionId/><EnterpriseUrl/><PartnerUrl/>{each}"
    "</notifications></soapenv:Body></soapenv:Envelope>"
)
NOTIFICATION = (
    '<Notification><Id>{mark}</Id><sObject xmlns:sf="urn:sobject.enterprise.soap.sforce.com" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="sf:{kind}">{fields}'
    "</sObject></Notification>"
)


def millis(at: str) -> int:
    """A time as HubSpot counts it."""
    return int(datetime.fromisoformat(at).timestamp() * 1000)


def hubspot_change(event: int, at: str, **changed: Any) -> dict[str, Any]:
    """One change, in the older form; a property's unless `subscriptionType` says otherwise."""
    return {
        "eventId": event,
        "subscriptionId": 12345,
        "portalId": 62515,
        "appId": 54321,
        "occurredAt": millis(at),
        "subscriptionType": "deal.propertyChange",
        "attemptNumber": 0,
        "objectId": 123,
        "changeSource": "CRM_UI",
        "sourceId": "userId:7",
    } | changed


def hubspot_signed(uri: str, body: bytes, at: datetime) -> dict[str, str]:
    """The headers by which HubSpot proves itself."""
    stamp = str(int(at.timestamp() * 1000))
    signed = b"POST" + uri.encode() + body + stamp.encode()
    digest = hmac.new(HUBSPOT_SECRET.encode(), signed, hashlib.sha256).digest()
    return {
        "X-HubSpot-Signature-v3": base64.b64encode(digest).decode(),
        "X-HubSpot-Request-Timestamp": stamp,
    }


def standard_signed(body: bytes, at: datetime, *, message_id: str = "msg_1") -> dict[str, str]:
    """The headers of Standard Webhooks."""
    stamp = str(int(at.timestamp()))
    signature = sign_standard(STANDARD_SECRET, message_id=message_id, stamp=stamp, body=body)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": stamp,
        "webhook-signature": signature,
    }


def basic(secret: str = PIPEDRIVE_SECRET) -> dict[str, str]:
    """HTTP Basic."""
    return {"Authorization": "Basic " + base64.b64encode(secret.encode()).decode()}


def pipedrive(action: str = "change", previous: Any = None, **deal: Any) -> dict[str, Any]:
    """A webhook of version 2."""
    return {
        "meta": {
            "action": action,
            "entity": "deal",
            "version": "2.0",
            "id": "0b1a",
            "entity_id": 123,
            "company_id": 1,
            "user_id": 1,
            "timestamp": "2026-03-01T15:39:01.000Z",
            "attempt": 1,
        },
        "data": {
            "id": 123,
            "title": "Deal 01",
            "value": 100,
            "currency": "EUR",
            "status": "open",
            "stage_id": 2,
            "pipeline_id": 1,
            "owner_id": 7,
            "add_time": "2026-03-01T14:57:34Z",
            "stage_change_time": "2026-03-01T15:39:01Z",
            "won_time": None,
            "lost_time": None,
            "lost_reason": None,
        }
        | deal,
        "previous": previous,
    }


def outbound(*notifications: dict[str, str], kind: str = "Opportunity") -> bytes:
    """A SOAP message; each notification is its `mark` and the fields of the record."""
    each = [
        NOTIFICATION.format(
            mark=fields["mark"],
            kind=kind,
            fields="".join(f"<sf:{k}>{v}</sf:{k}>" for k, v in fields.items() if k != "mark"),
        )
        for fields in notifications
    ]
    return SOAP.format(org=ORGANIZATION, each="".join(each)).encode()


def message(body: Any, **changed: Any) -> Message:
    """A stored delivery; what is not bytes goes as JSON."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Message(raw, RECEIVED, "crm", "EUR", **changed)
