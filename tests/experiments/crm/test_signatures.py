"""Each way by which a webhook proves where it comes from."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest

from experiments.crm.signatures import (
    BadSignature,
    check_basic,
    check_hubspot,
    check_key,
    check_standard,
    sign_standard,
)

# Computed by HubSpot's rule from a secret, the address and the body, of 2026-01-01T00:00:00Z.
AT = datetime(2026, 1, 1, tzinfo=UTC)
BODY = (
    b'[{"eventId":1,"subscriptionId":12345,"portalId":62515,"appId":54321,'
    b'"occurredAt":1767225600000,"subscriptionType":"deal.propertyChange","attemptNumber":0,'
    b'"objectId":123,"propertyName":"dealstage","propertyValue":"closedwon",'
    b'"changeSource":"CRM_UI","sourceId":"userId:7"}]'
)
URI = "https://example.com/webhooks/hubspot"
SIGNATURE = "IILwuV0aOwlZt0zA/ymXyaMJPvR2Xa26zrRHPwabmYE="
HEADERS = {
    "x-hubspot-signature-v3": SIGNATURE,
    "x-hubspot-request-timestamp": "1767225600000",
}
# The example of the specification of Standard Webhooks, section "Verifying webhook authenticity".
STANDARD_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
STANDARD_HEADERS = {
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}
STANDARD_BODY = b'{"test": 2432232314}'
STANDARD_AT = datetime.fromtimestamp(1614265330, UTC)


def hubspot(*, body: bytes = BODY, uri: str = URI, now: datetime = AT, **headers: str) -> None:
    changed = {name.replace("_", "-"): value for name, value in headers.items()}
    check_hubspot(
        "test-secret", method="POST", uri=uri, body=body, headers=HEADERS | changed, now=now
    )


def test_a_signature_made_as_hubspot_says_is_accepted() -> None:
    hubspot()


@pytest.mark.parametrize("minutes", [-5.1, 5.1])
def test_a_message_from_long_ago_or_from_the_future_is_refused(minutes: float) -> None:
    with pytest.raises(BadSignature):
        hubspot(now=AT + timedelta(minutes=minutes))
    with pytest.raises(BadSignature):
        check_standard(
            STANDARD_SECRET,
            body=STANDARD_BODY,
            headers=STANDARD_HEADERS,
            now=STANDARD_AT + timedelta(minutes=minutes),
        )


def test_another_body_or_address_is_refused() -> None:
    with pytest.raises(BadSignature):
        hubspot(body=BODY + b" ")
    with pytest.raises(BadSignature):
        hubspot(uri="http://internal:8000/webhooks/hubspot")


@pytest.mark.parametrize("stamp", ["", "now", "-1", "9" * 16, "9" * 400, "٣"])
def test_what_is_no_time_is_refused(stamp: str) -> None:
    with pytest.raises(BadSignature):
        hubspot(x_hubspot_request_timestamp=stamp)


@pytest.mark.parametrize("given", ["", "é", "\udcff", SIGNATURE[:-2] + "A="])
def test_a_signature_that_is_none_is_refused(given: str) -> None:
    with pytest.raises(BadSignature):
        hubspot(x_hubspot_signature_v3=given)


def test_the_standards_own_example_is_accepted_also_beside_other_signatures() -> None:
    several = {"webhook-signature": "v1a,other " + STANDARD_HEADERS["webhook-signature"]}
    for headers in (STANDARD_HEADERS, STANDARD_HEADERS | several):
        check_standard(STANDARD_SECRET, body=STANDARD_BODY, headers=headers, now=STANDARD_AT)


@pytest.mark.parametrize("name", sorted(STANDARD_HEADERS))
def test_a_standard_message_needs_all_its_headers(name: str) -> None:
    headers = {key: value for key, value in STANDARD_HEADERS.items() if key != name}
    with pytest.raises(BadSignature):
        check_standard(STANDARD_SECRET, body=STANDARD_BODY, headers=headers, now=STANDARD_AT)


def test_a_secret_that_is_no_base64_signs_nothing() -> None:
    with pytest.raises(BadSignature):
        sign_standard("whsec_§", message_id="m", stamp="1", body=b"")


def test_basic_needs_the_user_and_the_password() -> None:
    right = base64.b64encode(b"stagelift:s3cret").decode()
    check_basic("stagelift", "s3cret", headers={"authorization": f"Basic {right}"})
    for wrong in ("", f"Bearer {right}", "Basic", "Basic " + right[:-1], "Basic é"):
        with pytest.raises(BadSignature):
            check_basic("stagelift", "s3cret", headers={"authorization": wrong})


def test_the_key_in_an_address_must_be_whole() -> None:
    check_key("abc", "abc")
    for wrong in ("", "ab", "abcd", "é"):
        with pytest.raises(BadSignature):
            check_key("abc", wrong)
