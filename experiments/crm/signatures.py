"""Whether a webhook comes from whom it says: pure functions, one a way of proving it.

Each raises `BadSignature` and tells the sender nothing that helps to forge one.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta

from experiments.store.columns import EPOCH

# Both HubSpot and Standard Webhooks let a message be five minutes old.
TOLERANCE = timedelta(minutes=5)
STANDARD_PREFIX = "whsec_"


class BadSignature(Exception):
    """The request is not proved to come from the source; nothing of it may be stored."""


def check_hubspot(
    secret: str,
    *,
    method: str,
    uri: str,
    body: bytes,
    headers: Mapping[str, str],
    now: datetime,
) -> None:
    """Check HubSpot's signature of version 3.

    Args:
        uri: The address that HubSpot was given, whatever a proxy made of it.
        headers: By name in lower case.
    """
    stamp = headers.get("x-hubspot-request-timestamp", "")
    _refuse_old(stamp, timedelta(milliseconds=1), now)
    signed = method.encode() + uri.encode() + body + stamp.encode()
    expected = base64.b64encode(_sha256(secret.encode(), signed))
    _compare(headers.get("x-hubspot-signature-v3", ""), expected)


def check_standard(secret: str, *, body: bytes, headers: Mapping[str, str], now: datetime) -> None:
    """Check a signature as Standard Webhooks has it; one of several is enough.

    Args:
        secret: `whsec_` and the key in base64.
    """
    stamp, message_id = headers.get("webhook-timestamp", ""), headers.get("webhook-id", "")
    _refuse_old(stamp, timedelta(seconds=1), now)
    if not message_id:
        raise BadSignature
    expected = sign_standard(secret, message_id=message_id, stamp=stamp, body=body).encode()
    given = headers.get("webhook-signature", "").split()
    if not any(hmac.compare_digest(each.encode(errors="replace"), expected) for each in given):
        raise BadSignature


def sign_standard(secret: str, *, message_id: str, stamp: str, body: bytes) -> str:
    """The signature of a message of ours: `v1,` and the base64 of its HMAC."""
    try:
        key = base64.b64decode(secret.removeprefix(STANDARD_PREFIX), validate=True)
    except ValueError:
        raise BadSignature from None
    signed = f"{message_id}.{stamp}.".encode() + body
    return "v1," + base64.b64encode(_sha256(key, signed)).decode()


def check_basic(user: str, password: str, *, headers: Mapping[str, str]) -> None:
    """Check HTTP Basic, which is all that Pipedrive can prove."""
    scheme, _, given = headers.get("authorization", "").partition(" ")
    if scheme.casefold() != "basic":
        raise BadSignature
    _compare(given.strip(), base64.b64encode(f"{user}:{password}".encode()))


def check_key(secret: str, given: str) -> None:
    """Check the unguessable part of an address, which is all that Salesforce can prove."""
    _compare(given, secret.encode())


def _sha256(key: bytes, message: bytes) -> bytes:
    return hmac.new(key, message, hashlib.sha256).digest()


def _compare(given: str, expected: bytes) -> None:
    if not hmac.compare_digest(given.encode(errors="replace"), expected):
        raise BadSignature


def _refuse_old(stamp: str, unit: timedelta, now: datetime) -> None:
    # Sixteen digits are beyond any date; more would overflow.
    if not (stamp.isascii() and stamp.isdecimal() and len(stamp) <= 16):
        raise BadSignature
    try:
        age = now - (EPOCH + int(stamp) * unit)
    except OverflowError:
        raise BadSignature from None
    if abs(age) > TOLERANCE:
        raise BadSignature
